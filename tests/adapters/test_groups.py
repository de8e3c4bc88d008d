"""Commit groups as bytes: read back as they were, and what events share written once."""

from collections.abc import Iterable
from contextlib import suppress
from typing import get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import an_event
from liveinsight.adapters.local.groups import (
    FORMAT,
    WHOLE,
    Damaged,
    Group,
    Packing,
    pack,
    told_whole,
    unpack,
)
from liveinsight.domain.drop import Drop
from liveinsight.domain.event import Client, Event, Place, Row, Scalar

encode = msgspec.msgpack.encode

TEXTS, IDS = st.text(max_size=40), st.integers(0, 2**64 - 1)
NUMBERS = st.integers(-(2**63), 2**64 - 1)
SCALARS = TEXTS | NUMBERS | st.booleans() | st.floats(allow_nan=False)
FIELDS = {
    str: TEXTS,
    str | None: st.none() | TEXTS,
    int: IDS,
    int | None: st.none() | IDS,
    dict[str, Scalar] | None: st.none() | st.dictionaries(TEXTS, SCALARS, max_size=20),
}


def any_of(kind, **own):
    fields = {name: FIELDS[told] for name, told in get_type_hints(kind).items() if name not in own}
    return st.builds(kind, **fields, **own)


PLACES = st.lists(any_of(Place), min_size=1, max_size=20)
CLIENTS = st.lists(any_of(Client), min_size=1, max_size=20)
BATCHES = st.tuples(PLACES, CLIENTS).flatmap(
    lambda shared: st.lists(
        st.lists(
            any_of(Event, place=st.sampled_from(shared[0]), client=st.sampled_from(shared[1])),
            max_size=20,
        ),
        max_size=4,
    )
)
DROPS = st.lists(st.tuples(TEXTS, st.sampled_from(Drop), NUMBERS), max_size=20)


def rows(events: Iterable[Event]) -> list[Row]:
    return [event.row() for event in events]


def packed(*batches, drops=()) -> bytes:
    packing = Packing()
    for batch in batches:
        packing.add(batch)
    return bytes(packing.body(drops))


@given(BATCHES, DROPS)
def test_what_is_packed_is_read_the_same(batches, drops):
    """Field for field, in its order, whatever events share and in how many pieces they come."""
    events = [event for batch in batches for event in batch]
    for body in (packed(*batches, drops=drops), bytes(pack(Group(events, drops)))):
        group = unpack(body)
        assert (rows(group.events), group.drops) == (rows(events), drops)


@given(st.lists(any_of(Row), max_size=20), DROPS)
def test_a_group_of_before_is_read_the_same(told, drops):
    """Its events are told whole; the drops of the first ones are not there."""
    group = unpack(encode((WHOLE, told, drops)))
    assert (rows(group.events), group.drops) == (told, drops)
    group = unpack(encode((WHOLE, told)))
    assert (rows(group.events), group.drops) == (told, [])


@given(BATCHES, DROPS)
def test_told_whole_it_is_what_versions_before_read(batches, drops):
    """Byte for byte what they wrote, and one that is so already stays."""
    events = [event for batch in batches for event in batch]
    before = encode((WHOLE, rows(events), drops))
    assert told_whole(packed(*batches, drops=drops)) == told_whole(before) == before


@pytest.mark.parametrize("body", [b"", b"\x93", b"\x93\xa1\xff", encode((3, [], [], [], []))])
def test_damaged_bytes_stay(body):
    """What cannot be read is not made less."""
    assert told_whole(body) == body


def test_what_events_share_is_written_once():
    """However many tell of it, at once or one after the other, and read it is one again."""
    event = an_event(page="/shared-page", city="shared-city")
    more = [replace(event, event_id=number) for number in range(1000)]
    once = packed([event])
    body = packed(more, [event], [event])
    assert [once.count(text) for text in (b"/shared-page", b"shared-city")] == [1, 1]
    assert [body.count(text) for text in (b"/shared-page", b"shared-city")] == [1, 1]
    told = unpack(body).events
    assert rows(told) == rows([*more, event, event])
    assert len({event.place for event in told}) == len({event.client for event in told}) == 1


WRONG = [
    {"props": {"what": object()}},
    {"title": "\ud800"},
    {"city": "\ud800"},
    {"title": "\ud800", "city": "\ud800"},
    {"event_id": 2**64},
]


@pytest.mark.parametrize("about", WRONG)
def test_where_one_cannot_be_encoded_none_of_them_is_kept(about):
    """Those that came before are, those that come later too, and the good ones if they come again."""
    first, good, last = (an_event(page=page) for page in ("/first", "/good", "/last"))
    packing = Packing()
    packing.add([first])
    with pytest.raises((TypeError, UnicodeEncodeError, OverflowError)):
        packing.add([good, an_event(**about), first])
    assert packing.count == 1
    packing.add([last, first])
    packing.add([good])
    assert packing.count == 4
    assert rows(unpack(bytes(packing.body(()))).events) == rows([first, last, first, good])


@pytest.mark.parametrize("about", WRONG)
def test_no_byte_of_what_is_refused_stays(about):
    """The group is as if it had never come."""
    first, last = an_event(page="/first"), an_event(page="/last", city="Seoul")
    packing = Packing()
    packing.add([first])
    with pytest.raises((TypeError, UnicodeEncodeError, OverflowError)):
        packing.add([an_event(page="/refused", city="Refused"), an_event(**about)])
    packing.add([last])
    assert bytes(packing.body(())) == packed([first], [last])


def test_an_unknown_format_is_damage():
    """It says which it is, and which is the newest."""
    with pytest.raises(Damaged, match=f"format 3, and {FORMAT} "):
        unpack(encode((3, [], [], [], [])))


@pytest.mark.parametrize(("place", "client"), [(1, 0), (0, 1), (2**40, 0), (-1, 0), (0, -1)])
def test_a_number_of_nothing_is_damage(place, client):
    """An event whose place or client is not there is not given another's."""
    event = an_event()
    own = (1, 1, place, 7, None, None, client, *(None,) * 6)
    with pytest.raises(Damaged):
        unpack(encode((FORMAT, [own], [], [event.place], [event.client])))


SMALL = packed([an_event(event_id=1, props={"plan": "pro"})], drops=[("shop", Drop.BOT, 2)])


@pytest.mark.parametrize("body", [SMALL, told_whole(SMALL)], ids=["now", "before"])
def test_bytes_that_are_cut_off_are_damage(body):
    """Wherever they end."""
    assert unpack(body).drops
    for end in range(len(body)):
        with pytest.raises(Damaged):
            unpack(body[:end])


@given(st.dictionaries(st.integers(0, len(SMALL) - 1), st.integers(0, 255), max_size=4))
def test_changed_bytes_are_read_or_are_damage(changes):
    """Nothing else comes of them, whatever they are."""
    body = bytearray(SMALL)
    for place, byte in changes.items():
        body[place] = byte
    with suppress(Damaged):
        unpack(bytes(body))
