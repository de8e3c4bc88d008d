"""A commit group as bytes: its events with numbers for what they share, and that once behind them.

A page that a thousand events of a group tell of is written once. Until format 1 each event was
told whole; such rows are read for as long as there may be some.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import count, islice
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from liveinsight.domain.drop import Drop
from liveinsight.domain.event import Client, Event, Place, Row, Scalar

FORMAT = 2
WHOLE = 1  # the format of before

# A group's begin: five things, of which the first is its format and the next its events.
LIST = bytes([0xDD, 0, 0, 0, 0])  # and so many of whatever follows
HEAD = bytes([0x95, FORMAT]) + LIST

T = TypeVar("T", Place, Client)
Drops = Sequence[tuple[str, Drop, int]]

_encoder = msgspec.msgpack.Encoder()
_encode, _encode_into = _encoder.encode, _encoder.encode_into


class Damaged(Exception):
    """The bytes are no group that can be read."""


class Group(msgspec.Struct):
    """A commit group."""

    events: Sequence[Event]
    drops: Drops = ()


class Packing:
    """A group that is being filled.

    Events are encoded as they come, while the processor has them at hand, and let go: what they
    took is there for those that come next.
    """

    def __init__(self) -> None:
        self._body = bytearray(HEAD)
        self._places: _Shared[Place] = _Shared()
        self._clients: _Shared[Client] = _Shared()
        self.count = 0

    def add(self, events: Sequence[Event]) -> None:
        """These too: all or, where one cannot be encoded, none."""
        place, client = self._places.number, self._clients.number
        own = [
            (
                event.event_id,
                event.time_ms,
                place[event.place],
                event.visitor,
                event.prior,
                event.session,
                client[event.client],
                event.props,
                event.revenue_amount,
                event.revenue_currency,
                event.engaged_ms,
                event.scroll_depth,
                event.aside,
            )
            for event in events
        ]
        before = self._places.mark(), self._clients.mark()
        try:
            self._places.tell()
            self._clients.tell()
            _go_on(self._body, own)
        except Exception:
            self._places.undo(before[0])
            self._clients.undo(before[1])
            raise
        self.count += len(own)

    def body(self, drops: Drops) -> bytearray:
        """All of it; nothing is added any more."""
        body = self._body
        _tell_length(body, len(HEAD), self.count)
        body += _encode(drops)
        body += self._places.body()
        body += self._clients.body()
        return body


class _Shared(Generic[T]):
    """Things by number, in the order in which they come; each is told once."""

    def __init__(self) -> None:
        self.number: defaultdict[T, int] = defaultdict(count().__next__)
        self._body = bytearray(LIST)
        self._told = 0

    def tell(self) -> None:
        """Write down those that are new: they are the last."""
        new = len(self.number) - self._told
        if new:
            _go_on(self._body, list(islice(reversed(self.number), new))[::-1])
            self._told += new

    def mark(self) -> tuple[int, int]:
        """What `undo` goes back to."""
        return self._told, len(self._body)

    def undo(self, mark: tuple[int, int]) -> None:
        """Know and tell nothing that came since."""
        self._told, end = mark
        del self._body[end:]
        kept = islice(self.number.items(), self._told)
        self.number = defaultdict(count(self._told).__next__, kept)

    def body(self) -> bytearray:
        """All of them, as a list."""
        _tell_length(self._body, len(LIST), self._told)
        return self._body


def _go_on(body: bytearray, more: list[Any]) -> None:
    """Put more into a list at the end of the bytes, whose begin is there."""
    end = len(body)
    try:
        _encode_into(more, body, end)
    except Exception:
        del body[end:]
        raise
    # They came as a list of their own, so its begin is taken out: it is as long as their number is.
    length = len(more)
    del body[end : end + (1 if length < 1 << 4 else 3 if length < 1 << 16 else 5)]


def _tell_length(body: bytearray, end: int, length: int) -> None:
    """Write the length of a list into its begin, which ends there."""
    body[end - 4 : end] = length.to_bytes(4, "big")


Number = Annotated[int, msgspec.Meta(ge=0)]


class _Own(msgspec.Struct, array_like=True, gc=False):
    """What an event does not share, and the numbers of what it does."""

    event_id: int
    time_ms: int
    place: Number
    visitor: int
    prior: int | None
    session: int | None
    client: Number
    props: dict[str, Scalar] | None
    revenue_amount: str | None
    revenue_currency: str | None
    engaged_ms: int | None
    scroll_depth: int | None
    aside: str | None


class _Body(msgspec.Struct, array_like=True):
    """A group of either format, its events still as bytes."""

    format: int
    events: msgspec.Raw
    drops: list[tuple[str, Drop, int]] = []
    places: list[Place] = []
    clients: list[Client] = []


_decode = msgspec.msgpack.Decoder(_Body).decode
_decode_rows = msgspec.msgpack.Decoder(list[Row]).decode
_decode_own = msgspec.msgpack.Decoder(list[_Own]).decode


def pack(group: Group) -> bytearray:
    """A group as bytes."""
    packing = Packing()
    packing.add(group.events)
    return packing.body(group.drops)


def unpack(body: bytes) -> Group:
    """A group from its bytes."""
    try:
        told = _decode(body)
        if told.format == WHOLE:
            events = [row.event() for row in _decode_rows(told.events)]
        elif told.format == FORMAT:
            events = [_event(own, told) for own in _decode_own(told.events)]
        else:
            raise Damaged(f"is of format {told.format}, and {FORMAT} is the newest known here")
    except (msgspec.MsgspecError, UnicodeDecodeError, IndexError) as error:
        raise Damaged(str(error)) from None
    return Group(events, told.drops)


def told_whole(body: bytes) -> bytes:
    """A group as versions before this format read it; one that is damaged stays."""
    try:
        group = unpack(body)
    except Damaged:
        return body
    return _encode((WHOLE, [event.row() for event in group.events], group.drops))


def _event(own: _Own, body: _Body) -> Event:
    return Event(
        own.event_id,
        own.time_ms,
        body.places[own.place],
        own.visitor,
        own.prior,
        own.session,
        body.clients[own.client],
        own.props,
        own.revenue_amount,
        own.revenue_currency,
        own.engaged_ms,
        own.scroll_depth,
        own.aside,
    )
