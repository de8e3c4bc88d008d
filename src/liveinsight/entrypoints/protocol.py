"""Uvicorn's HTTP protocol with limits for who asks or reads too slowly, and a short way for events.

Uvicorn has no such limits: a header without an end would be gathered until memory is full, and
what nobody reads would be held for ever.
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from liveinsight.entrypoints.heads import Fields, Heads
from liveinsight.http.exchange import Headers, Request, Response, Tell
from liveinsight.http.routes import ANY_ORIGIN

MAX_HEAD_BYTES = 65_536
# A head that takes longer is somebody holding the connection, as one does that never begins.
SLOWEST_HEAD_S = 30.0
# A reader that takes nothing at all of what waits for them for so long is let go.
SLOWEST_READ_S = 30.0
TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
REFUSAL = (
    f"HTTP/1.1 {TOO_LARGE} {TOO_LARGE.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
).encode()
EVENTS_PATH = "/api/events"
EVENTS_URL = EVENTS_PATH.encode()
# Java's client and `curl --http2` offer HTTP/2 like this. Not to hear it is an answer, but the parser
# hears it, and takes the body for the other protocol.
OFFER = b"\r\nUpgrade: h2c\r\n"
OFFERED_WITHIN = 512

Take = Callable[[Request, Tell], None]


class LimitedProtocol(HttpToolsProtocol):
    """Lets go of who sends fields over the limit, or a head too slowly, of who asks nothing any
    more, and of who does not read at all.
    """

    _is_heard = False  # whether the last packet brought more than fields
    _fields_bytes = 0
    _waits_until: float | None = None  # for a head, or for its begin
    _in_head = False
    _unread_since: float | None = None
    _unread_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # theirs takes no other either
        """Somebody is there, and is expected to ask."""
        self._waits_until = self.loop.time() + SLOWEST_HEAD_S
        super().connection_made(transport)

    def let_go_if_slow(self, now: float) -> None:
        """Called now and then: a timer for each head, answer or message would cost all of them."""
        if self._is_deaf(now) or self._is_mute(now):
            self.transport.abort()

    def _is_deaf(self, now: float) -> bool:
        before, self._unread_bytes = self._unread_bytes, self.transport.get_write_buffer_size()
        if not self._unread_bytes:
            self._unread_since = None
            return False
        if self._unread_since is None or self._unread_bytes < before:
            self._unread_since = now
        return now - self._unread_since > SLOWEST_READ_S

    def _is_mute(self, now: float) -> bool:
        """Who still reads an answer need not ask yet."""
        is_late = self._waits_until is not None and now > self._waits_until
        return is_late and (self._in_head or self._unread_since is None)

    def data_received(self, data: bytes) -> None:
        """Bytes came. Of fields, which are a head or come after a body, only so many are read."""
        self._is_heard = False
        if self._waits_until is not None and data.find(OFFER, 0, OFFERED_WITHIN) > 0:
            data = data.replace(OFFER, b"\r\n", 1)
        super().data_received(data)
        if self._is_heard:
            self._fields_bytes = 0
            return
        self._fields_bytes += len(data)
        if self._fields_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(REFUSAL)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._begin()
        super().on_message_begin()

    def _begin(self) -> None:
        self._is_heard = self._in_head = True
        self._waits_until = self.loop.time() + SLOWEST_HEAD_S

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._end_head()
        super().on_headers_complete()
        self.headers = []  # what comes after the body is no part of the head

    def _end_head(self) -> None:
        self._is_heard, self._in_head, self._waits_until = True, False, None

    def on_body(self, body: bytes) -> None:
        """A part of the body is here."""
        self._is_heard = True
        super().on_body(body)

    def _unsupported_upgrade_warning(self) -> None:
        """Another protocol is wanted. What follows may be of that one, so it is not read."""
        self.flow.pause_reading()
        self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        """All was said. Uvicorn would now set a timer, for each answer, until the next head."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        if not self._in_head:
            self._waits_until = self.loop.time() + self.timeout_keep_alive


class EventsProtocol(LimitedProtocol):
    """Hands posted events to `take` at once, without a task and an application between.

    That is most of what a server does, and the ordinary way costs as much as judging the event.
    It goes only for a request that lies here whole, on a connection where none is under way;
    any other, one whose body is still coming too, takes the ordinary way.
    """

    take: Take
    heads: Heads
    _is_between = True  # requests: the next byte begins one
    _parsed: tuple[Fields, bytes] | None = None  # the last that was handed over
    _posted: bytes | None = None  # the body of the request that is being read, if it may go
    _head: list[tuple[bytes, bytes]]  # and its headers

    def on_message_begin(self) -> None:
        """A head begins. What an application wants to be told is made when it is to go there."""
        self._begin()
        self._is_between = False
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def data_received(self, data: bytes) -> None:
        """Bytes came: one request with a head that is known, or whatever the parser finds in them. If
        they end within a body, the ordinary way waits for the rest.
        """
        is_alone = self._is_between and self._is_free()
        if is_alone:
            known = self.heads.read(data)
            if known is not None:
                self._unset_keepalive_if_required()
                self._fields_bytes, self._waits_until = 0, None
                self._hand_over(*known)
                return
        super().data_received(data)
        parsed, self._parsed = self._parsed, None
        if is_alone and parsed is not None:
            self.heads.remember(data, *parsed)
        body, self._posted = self._posted, None
        if body is not None and not self.transport.is_closing():
            self.headers = self._head
            self._go_on()
            super().on_body(body)

    def on_headers_complete(self) -> None:
        """The head is whole: the way is chosen."""
        if self._may_go():
            self._end_head()
            self._posted = b""
            self._head, self.headers = self.headers, []
        else:
            self._go_on()

    def _go_on(self) -> None:
        """Make up for what was put off, and go the ordinary way."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body is here."""
        if self._posted is None:
            super().on_body(body)
        else:
            self._is_heard = True
            self._posted += body

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._is_between = not self.parser.should_upgrade()
        body, self._posted = self._posted, None
        if body is None:
            super().on_message_complete()
            return
        headers = dict(self._head)
        headers.pop(b"content-length", None)  # the same head may come with another
        self._parsed = headers, body
        self._hand_over(headers, body)

    def _hand_over(self, headers: Fields, body: bytes) -> None:
        peer = self.client[0] if self.client else ""
        taken = _Taken(self)
        self.cycle = taken  # type: ignore[assignment] # has all that is asked of a cycle here
        self.take(Request("POST", EVENTS_PATH, "", headers, body, peer), taken.tell)

    def _is_free(self) -> bool:
        """Whether none is under way; who reads no answers is waited for on the ordinary way."""
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered and not self.flow.write_paused

    def _may_go(self) -> bool:
        parser = self.parser
        return (
            self.url == EVENTS_URL
            and parser.get_method() == b"POST"
            and self._is_free()
            and parser.should_keep_alive()
            and parser.get_http_version() == "1.1"
            and not self.expect_100_continue
            and not parser.should_upgrade()
        )


class _Taken:
    """What uvicorn sees in the place of its own cycle while events are judged and kept."""

    __slots__ = ("_protocol", "disconnected", "keep_alive", "message_event", "response_complete")

    def __init__(self, protocol: EventsProtocol) -> None:
        self._protocol = protocol
        self.disconnected = False
        self.keep_alive = True
        self.response_complete = False
        self.message_event = _UNHEARD

    def tell(self, answer: Response) -> None:
        """Send the answer, and go on with what came after."""
        protocol = self._protocol
        # Not every end is told here: a request that came after may have taken this one's place.
        if self.disconnected or protocol.transport.is_closing():
            return
        parts = [_head(answer.status, answer.headers)]
        for name, value in protocol.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        if not self.keep_alive:
            parts.append(b"connection: close\r\n")
        parts += (b"content-length: %d\r\n\r\n" % len(answer.body), answer.body)
        protocol.transport.write(b"".join(parts))
        self.response_complete = True
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


class _Unheard:
    """An event for which nobody waits."""

    def set(self) -> None:
        """Nothing happens."""


_UNHEARD = _Unheard()


@lru_cache(maxsize=64)
def _head(status: int, headers: Headers) -> bytes:
    lines = (b"%s: %s\r\n" % header for header in headers + ANY_ORIGIN)
    return b"".join((STATUS_LINE[status], *lines))


def protocol_for(take: Take) -> type[EventsProtocol]:
    """The protocol of a server whose events are taken by `take`."""
    return type("Protocol", (EventsProtocol,), {"take": staticmethod(take), "heads": Heads()})
