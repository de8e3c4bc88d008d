"""Ids of late: what is sent again is known, and memory is bounded."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.seen import RecentIds


def test_ids_are_remembered_a_million_and_an_hour_back():
    """Sending again is found among the last ids and those of the last hour, 0 included."""
    clock = FixedClock(NOON_MS)
    seen = RecentIds(clock, room=1024)
    draw = random.Random(1)
    ids = [0, *(draw.getrandbits(64) for _ in range(6000))]
    assert seen.add(ids) == []
    assert seen.add(ids[-1024:]) == list(range(1024))
    assert seen.add(ids) == list(range(6001))


@pytest.mark.parametrize("most", [0, 2048, 3000, 3072, 4096, 6144, 10_000])
def test_ids_are_bounded_in_a_rush(most):
    """On a small machine tables stop growing and the oldest go; the last million stay in reach."""
    seen = RecentIds(FixedClock(NOON_MS), room=1024, most=most)
    draw = random.Random(1)
    ids = [draw.getrandbits(64) for _ in range(20_000)]
    for number, event_id in enumerate(ids):
        assert seen.add([event_id, ids[max(0, number - 1023)]]) == [1]
        assert sum(table.room for table in seen._tables) <= max(most, 2048)


@given(
    requests=st.lists(
        st.lists(
            st.integers(0, 40) | st.integers(0, 40).map(lambda low: low << 3 | 1 << 63),
            max_size=40,
        ),
        max_size=12,
    )
)
def test_ids_are_new_once_however_they_come(requests):
    """In requests of few and of many, with what was sent before and what is sent twice in one."""
    seen = RecentIds(FixedClock(NOON_MS), room=32)
    known: set[int] = set()
    for ids in requests:
        repeated = seen.add(ids)
        for index, event_id in enumerate(ids):
            assert (index in repeated) == ((event_id or 1) in known)
            known.add(event_id or 1)


def test_ids_come_by_the_thousand():
    """All of them are there afterwards, and so is one that came again among new ones."""
    seen = RecentIds(FixedClock(NOON_MS))
    draw = random.Random(1)
    ids = [draw.getrandbits(64) for _ in range(30_000)]
    assert [seen.add(ids[n : n + 5000]) for n in range(0, 25_000, 5000)] == [[]] * 5
    assert seen.add([*ids[25_000:], ids[7]]) == [5000]
    assert seen.add(ids) == [*range(30_000)]


def test_ids_of_long_ago_are_forgotten():
    """Memory is bounded: tables older than an hour go, but for the one filled last."""
    clock = FixedClock(NOON_MS)
    seen = RecentIds(clock, room=128)
    for number in range(1, 10_001):
        seen.add([number])
        clock.advance(60_000)
    assert seen.add([1, 9_950]) == [1]
