"""For Django: `liveinsight.middleware.django.LiveInsightMiddleware` in `MIDDLEWARE`.

Works under WSGI and ASGI; its settings are `LIVEINSIGHT = {"url", "key", "site"}`, and as options
`proxies`, `params`, and what `Sender` takes.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from liveinsight.middleware.sender import Sender
from liveinsight.middleware.view import View, is_page, view_of
from liveinsight.middleware.wsgi import header_of

log = logging.getLogger(__name__)

_senders: dict[tuple[str, str], Sender] = {}


class LiveInsightMiddleware:
    """Counts the pages that views answer with."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        # Django is the site's own: this package runs without it.
        from asgiref.sync import iscoroutinefunction, markcoroutinefunction  # noqa: PLC0415
        from django.conf import settings  # noqa: PLC0415

        self._get_response = get_response
        told = dict(settings.LIVEINSIGHT)
        self._proxies = int(told.pop("proxies", 0))
        self._params = frozenset(told.pop("params", ()))
        self.sender = _sender(told)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        """One request: a response, or where Django is asynchronous, the promise of one."""
        if self._is_async:
            return self._answer_async(self._get_response(request), request)
        response = self._get_response(request)
        self._count(request, response)
        return response

    async def _answer_async(self, promised: Awaitable[Any], request: Any) -> Any:
        response = await promised
        self._count(request, response)
        return response

    def view(self, request: Any) -> View:
        """Who asks, and for what: for `Sender.track`."""
        return view_of(
            header_of(request.META),
            origin=f"{request.scheme}://{request.get_host()}",
            path=request.get_full_path_info().partition("?")[0],
            query=request.META.get("QUERY_STRING", ""),
            peer=request.META.get("REMOTE_ADDR", ""),
            proxies=self._proxies,
            params=self._params,
        )

    def _count(self, request: Any, response: Any) -> None:
        try:
            if is_page(
                header_of(request.META),
                method=request.method,
                status=response.status_code,
                content_type=response.get("Content-Type", ""),
            ):
                self.sender.view(self.view(request))
        except Exception:
            log.exception("a page could not be counted")


def _sender(told: dict[str, Any]) -> Sender:
    """One for a process, however often Django builds its chain."""
    about = (str(told["url"]), str(told["site"]))
    if about not in _senders:
        _senders[about] = Sender(**told)
    return _senders[about]
