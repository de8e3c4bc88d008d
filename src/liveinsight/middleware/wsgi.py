"""For Flask, Bottle, Pyramid and every other WSGI application."""

import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from liveinsight.middleware.sender import Sender
from liveinsight.middleware.view import Header, View, is_page, view_of

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
App = Callable[[Environ, StartResponse], Iterable[bytes]]


class WsgiMiddleware:
    """Counts the pages that the application answers with; changes nothing of the answer."""

    def __init__(
        self, app: App, sender: Sender, *, proxies: int = 0, params: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._sender = sender
        self._proxies = proxies
        self._params = frozenset(params)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""

        def watching(
            status: str, headers: list[tuple[str, str]], *more: Any
        ) -> Callable[[bytes], object]:
            write = start_response(status, headers, *more)
            self._count(environ, status, headers)
            return write

        return self._app(environ, watching)

    def view(self, environ: Environ) -> View:
        """Who asks, and for what: for `Sender.track`."""
        header = header_of(environ)
        host = header("host") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        return view_of(
            header,
            origin=f"{environ['wsgi.url_scheme']}://{host}",
            path=quote(path.encode("latin-1")),  # WSGI's text is bytes in disguise
            query=environ.get("QUERY_STRING", ""),
            peer=environ.get("REMOTE_ADDR", ""),
            proxies=self._proxies,
            params=self._params,
        )

    def _count(self, environ: Environ, status: str, headers: list[tuple[str, str]]) -> None:
        try:
            kinds = [value for name, value in headers if name.lower() == "content-type"]
            if is_page(
                header_of(environ),
                method=environ["REQUEST_METHOD"],
                status=int(status[:3]),
                content_type=kinds[0] if kinds else "",
            ):
                self._sender.view(self.view(environ))
        except Exception:
            log.exception("a page could not be counted")


def header_of(environ: Environ) -> Header:
    """Headers as WSGI keeps them."""

    def header(name: str) -> str:
        return str(environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

    return header
