"""The server's skin: one ASGI application around the doors, with no framework between.

It reads bodies within their limit, hands whole requests to the front, and writes whole answers
or streams. Nothing here knows what the doors do.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

from liveinsight.domain.errors import TooSlow
from liveinsight.http.exchange import Handler, Request, Response, Stream
from liveinsight.http.problems import problem
from liveinsight.http.wire import MAX_BODY_BYTES, too_large

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# A body that takes longer than this to arrive is somebody holding the connection.
SLOWEST_BODY_S = 30.0

BODILESS = frozenset({204, 304})


class Gone(Exception):
    """The client hung up before its request was whole."""


class App:
    """The ASGI application."""

    def __init__(self, front: Handler) -> None:
        self._front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await _close_other(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        peer = scope["client"]
        request = Request(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            headers,
            peer=peer[0] if peer else "",
            gone=partial(_disconnected, receive),
        )
        try:
            request.body = await _body(headers, receive)
            answer = await self._front(request)
        except Gone:
            return
        except Exception as error:  # noqa: BLE001 - a body over the limit, or one that never ends
            answer = problem(error)
        if isinstance(answer, Response):
            await _send_whole(answer, send, has_body=request.method != "HEAD")
        elif request.method == "HEAD":
            await send(
                {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
            )
            await send({"type": "http.response.body", "body": b""})
        else:
            await _send_stream(answer, receive, send)


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    length = headers.get(b"content-length")
    if length is not None and int(length) > MAX_BODY_BYTES:
        raise too_large()
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    if not message.get("more_body"):
        body: bytes = message["body"]
        return body
    try:
        async with asyncio.timeout(SLOWEST_BODY_S):
            return await _long_body(message, receive)
    except TimeoutError:
        raise TooSlow("The body did not arrive in time.") from None


async def _long_body(message: Message, receive: Receive) -> bytes:
    parts = [message["body"]]
    size = len(parts[0])
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            raise too_large()
    return b"".join(parts)


async def _send_whole(answer: Response, send: Send, *, has_body: bool) -> None:
    headers = list(answer.headers)
    if answer.status != 204 and answer.status != 304:  # noqa: PLR1714
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if has_body else b""})


async def _send_stream(answer: Stream, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    sending = asyncio.create_task(_send_chunks(answer, send))
    leaving = asyncio.create_task(_disconnected(receive))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send_chunks(answer: Stream, send: Send) -> None:
    try:
        async for chunk in answer.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        close = getattr(answer.chunks, "aclose", None)
        if close is not None:
            await close()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _close_other(scope: Scope, receive: Receive, send: Send) -> None:
    """There are no web sockets here; the lifespan is the wiring's."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000})
