"""For Starlette, FastAPI, Litestar, Quart, Django's ASGI and every other ASGI application."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from liveinsight.middleware.sender import Sender
from liveinsight.middleware.view import Header, View, is_page, view_of

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class AsgiMiddleware:
    """Counts the pages that the application answers with.

    Passes every message on as it is. At the application's shutdown what waits is sent.
    """

    def __init__(
        self, app: App, sender: Sender, *, proxies: int = 0, params: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._sender = sender
        self._proxies = proxies
        self._params = frozenset(params)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._closing(send))
        elif scope["type"] == "http" and scope["method"] == "GET":
            await self._app(scope, receive, self._watching(scope, send))
        else:
            await self._app(scope, receive, send)

    def view(self, scope: Scope) -> View:
        """Who asks, and for what: for `Sender.track`."""
        header = _header(scope)
        host = header("host") or ":".join(map(str, scope.get("server") or ("localhost",)))
        client = scope.get("client")
        return view_of(
            header,
            origin=f"{scope.get('scheme', 'http')}://{host}",
            path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1").split("?")[0],
            query=scope.get("query_string", b"").decode("latin-1"),
            peer=client[0] if client else "",
            proxies=self._proxies,
            params=self._params,
        )

    def _watching(self, scope: Scope, send: Send) -> Send:
        async def watching(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                self._count(scope, message)

        return watching

    def _count(self, scope: Scope, message: Message) -> None:
        try:
            kinds = [value for name, value in message.get("headers", ()) if name == b"content-type"]
            content_type = bytes(kinds[0]).decode("latin-1") if kinds else ""
            if is_page(
                _header(scope),
                method=scope["method"],
                status=message["status"],
                content_type=content_type,
            ):
                self._sender.view(self.view(scope))
        except Exception:
            log.exception("a page could not be counted")

    def _closing(self, send: Send) -> Send:
        async def closing(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                await asyncio.to_thread(self._sender.close)
            await send(message)

        return closing


def _header(scope: Scope) -> Header:
    told = {bytes(name).lower(): bytes(value) for name, value in scope["headers"]}

    def header(name: str) -> str:
        return told.get(name.encode(), b"").decode("latin-1")

    return header
