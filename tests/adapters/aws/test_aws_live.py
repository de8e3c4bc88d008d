"""The live view of the AWS home: what a sandbox tells follows from the table and the moment alone."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from aws_events import Index, Throttled
from builders import NOON_MS, an_event
from liveinsight.adapters.aws.live import EVENTS_PER_MB, MOST_FIGURES, OWN_MB, DynamoLive
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.filter import EVERYTHING, parse
from oracle.live import MemoryWatching

SECOND_MS, MINUTE_MS = 1000, 60_000
FILTERS = [
    parse(raw)
    for raw in (
        [],
        ["is", "page", ["/a"]],
        ["is", "source", ["Google"]],
        ["is", "exit_page", ["/b"]],
        ["is_not", "entry_page", ["/a"]],
    )
]
IN_TIME_S, AHEAD_S, HOUR_S = 5, -20, 3600


class Table:
    """What was kept, beside what the definitions make of it."""

    def __init__(self, shards=1) -> None:
        self.index = Index(shards)
        self.plain = MemoryWatching()

    def keep(self, event, now_ms):
        self.index.keep(event, now_ms)
        self.plain.events.append(event)

    def a_sandbox(self, memory_mb=256):
        return DynamoLive(self.index.reader(), lambda: NOON_MS, lambda: 0, memory_mb=memory_mb)

    def check(self, sandbox, tree, now_ms):
        """A sandbox tells what the definitions tell."""
        told = sandbox.look("shop", tree, now_ms)
        assert asdict(told) == asdict(self.plain.look("shop", tree, now_ms))


def steps(lateness):
    """What happens, one after the other: seconds that pass, an event, who looks and how."""
    return st.lists(
        st.tuples(
            st.sampled_from([0, 0, 1, 7, 50, 200, 1500, 4000]),
            st.fixed_dictionaries(
                {
                    "late_s": lateness,
                    "visitor": st.integers(1, 4),
                    "prior": st.sampled_from([None, None, None, 1, 2]),
                    "session": st.sampled_from([None, None, 9]),
                    "type": st.sampled_from(
                        ["page_view", "page_view", "page_view", "engagement", "session_end", "Buy"]
                    ),
                    "page": st.sampled_from(["/", "/a", "/b", None]),
                    "source": st.sampled_from(["Direct", "Google"]),
                    "site": st.sampled_from(["shop", "shop", "shop", "blog"]),
                }
            ),
            st.sampled_from([None, 0, 0, 1]),
            st.sampled_from(FILTERS),
        ),
        max_size=40,
    )


def happen(table, sandboxes, told, *, compare):
    now_ms = NOON_MS
    for pause_s, about, who, tree in told:
        now_ms += pause_s * SECOND_MS
        fields = dict(about)
        time_ms = now_ms - fields.pop("late_s") * SECOND_MS
        table.keep(an_event(time_ms=time_ms, **fields), now_ms)
        if who is not None and compare:
            table.check(sandboxes[who], tree, now_ms)
        elif who is not None:
            sandboxes[who].look("shop", tree, now_ms)
    return now_ms


@settings(max_examples=150, deadline=None)
@given(steps(st.integers(AHEAD_S, IN_TIME_S)))
def test_what_comes_in_time_is_told_at_once(told):
    """Any events within seconds of their time, any looks of two sandboxes, any pauses between."""
    table = Table()
    happen(table, [table.a_sandbox(), table.a_sandbox()], told, compare=True)


@settings(max_examples=150, deadline=None)
@given(steps(st.integers(AHEAD_S, HOUR_S)), st.integers(10, 45))
def test_what_comes_late_is_told_within_two_minutes(told, every_s):
    """Up to an hour late, the event is in its visit and in the figures after two rounds of reading."""
    table = Table()
    sandboxes = [table.a_sandbox(), table.a_sandbox()]
    now_ms = happen(table, sandboxes, told, compare=False)
    for tree in FILTERS:
        table.check(table.a_sandbox(), tree, now_ms)
    for _ in range(2 * 60 // every_s + 2):
        now_ms += every_s * SECOND_MS
        for sandbox in sandboxes:
            sandbox.look("shop", EVERYTHING, now_ms)
    for sandbox in sandboxes:
        for tree in FILTERS:
            table.check(sandbox, tree, now_ms)


def test_it_is_told_in_many_shards():
    """A thousand events over shards, watched every three seconds, each kept when it happened."""
    table = Table(shards=3)
    sandbox = table.a_sandbox()
    chance = random.Random(6)
    now_ms = NOON_MS
    for number in range(1000):
        now_ms += chance.randrange(6000)
        visitor, page = chance.randrange(99), f"/{chance.randrange(5)}"
        table.keep(an_event(time_ms=now_ms, visitor=visitor, page=page), now_ms)
        if number % 25 == 0:
            table.check(sandbox, EVERYTHING, now_ms)


def test_little_is_read_again():
    """After the first look DynamoDB sends what is new and a few of late, not the hour each time."""
    table = Table()
    for number in range(3600):
        table.keep(an_event(time_ms=NOON_MS - number * SECOND_MS), NOON_MS - number * SECOND_MS)
    sandbox = table.a_sandbox()
    sandbox.look("shop", EVERYTHING, NOON_MS)
    assert table.index.sent == 3600
    table.index.sent = table.index.queries = 0
    for second in range(1, 61):
        table.keep(an_event(time_ms=NOON_MS + second * SECOND_MS), NOON_MS + second * SECOND_MS)
        sandbox.look("shop", EVERYTHING, NOON_MS + second * SECOND_MS)
    # Eleven seconds' worth each time, and what was kept in the minute before the round.
    assert table.index.sent < 60 * 12 + 100
    assert table.index.queries <= 60 * 5 + 15


def test_an_id_that_came_twice_is_the_first_that_happened():
    """Whoever read which of them first: two sandboxes tell the same."""
    table = Table()
    early, late = table.a_sandbox(), table.a_sandbox()
    table.index.keep(an_event(event_id=5, page="/late", visitor=8, time_ms=NOON_MS - 1000), NOON_MS)
    early.look("shop", EVERYTHING, NOON_MS)
    table.index.keep(an_event(event_id=5, page="/first", time_ms=NOON_MS - 3000), NOON_MS)
    now_ms = NOON_MS + SECOND_MS
    told = [sandbox.look("shop", EVERYTHING, now_ms).current_pages for sandbox in (early, late)]
    assert told == [{"/first": 1}, {"/first": 1}]


def test_a_read_that_fails_half_way_loses_nothing():
    """A table that is throttled at any query: the next look tells all that was kept."""
    for fails_at in range(1, 12):
        table = Table()
        sandbox = table.a_sandbox()
        table.keep(an_event(type="Buy"), NOON_MS)
        table.index.fails_at = fails_at
        now_ms = NOON_MS
        for second in (0, 30, 70):
            now_ms = NOON_MS + second * SECOND_MS
            table.keep(an_event(time_ms=now_ms, visitor=second), now_ms)
            table.keep(an_event(time_ms=now_ms - 40 * MINUTE_MS, visitor=second), now_ms)
            with contextlib.suppress(Throttled):
                sandbox.look("shop", EVERYTHING, now_ms)
        for _ in range(5):
            now_ms += 30 * SECOND_MS
            sandbox.look("shop", EVERYTHING, now_ms)
        table.check(sandbox, EVERYTHING, now_ms)


def test_a_long_visit_is_told_by_its_last_hour():
    """Whoever watched from its beginning tells of it what one tells who comes later."""
    table = Table()
    sandbox = table.a_sandbox()
    for number in range(12):
        now_ms = NOON_MS + number * 20 * MINUTE_MS
        table.keep(an_event(time_ms=now_ms, source=f"{number}"), now_ms)
        for later_s in (0, 3, 600):
            table.check(sandbox, EVERYTHING, now_ms + later_s * SECOND_MS)


def test_nothing_is_held_of_who_has_gone():
    """When the hour is over, events and visitors are forgotten."""
    table = Table()
    sandbox = table.a_sandbox()
    for number in range(50):
        table.keep(an_event(visitor=number, prior=number + 100), NOON_MS)
    sandbox.look("shop", EVERYTHING, NOON_MS)
    assert sandbox.held == (50, 100)
    sandbox.look("shop", EVERYTHING, NOON_MS + 60 * MINUTE_MS)
    assert sandbox.held == (0, 0)


def test_a_clock_that_is_put_back_begins_anew():
    """Time that runs backwards is no reason to tell anything wrong."""
    table = Table()
    sandbox = table.a_sandbox()
    table.keep(an_event(time_ms=NOON_MS), NOON_MS)
    for now_ms in (NOON_MS, NOON_MS - MINUTE_MS, NOON_MS + 1):
        table.check(sandbox, EVERYTHING, now_ms)


def test_figures_that_nobody_watches_are_forgotten():
    """However many filters are asked for, few are kept, and one asked for again is right."""
    table = Table()
    sandbox = table.a_sandbox()
    pages = [parse(["is", "page", [f"/{number}"]]) for number in range(3 * MOST_FIGURES)]
    for number, tree in enumerate(pages + pages):
        now_ms = NOON_MS + number * SECOND_MS
        table.keep(an_event(time_ms=now_ms, visitor=number, page=f"/{number % 9}"), now_ms)
        table.check(sandbox, tree, now_ms)
        assert sandbox.watched <= MOST_FIGURES
    sandbox.look("shop", EVERYTHING, now_ms + 2 * MINUTE_MS)
    assert sandbox.watched == 1


def test_too_much_is_told_by_name():
    """More than memory holds is refused, not cut short; it is tried again when it is less."""
    table = Table()
    sandbox = table.a_sandbox(memory_mb=OWN_MB + 1)
    for number in range(EVENTS_PER_MB + 1):
        table.keep(an_event(time_ms=NOON_MS + number), NOON_MS + number)
    with pytest.raises(Unavailable, match="realtime_memory_mb"):
        sandbox.look("shop", EVERYTHING, NOON_MS + EVENTS_PER_MB)
    later_ms = NOON_MS + 60 * MINUTE_MS + 2
    table.check(sandbox, EVERYTHING, later_ms)
