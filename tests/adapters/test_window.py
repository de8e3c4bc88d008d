"""Visits in the live window: what goes on with one, what begins one, and what is over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import NOON_MS, an_event
from live_house import HALF_HOUR_MS, MINUTE_MS, a_window
from liveinsight.domain.filter import EVERYTHING, parse
from liveinsight.domain.visit import Step


@pytest.mark.parametrize(
    ("gap_ms", "does"),
    [
        (30 * MINUTE_MS - 1000, {}),
        (30 * MINUTE_MS, {}),
        (30 * MINUTE_MS + 1, {0: Step.STARTS}),
    ],
)
def test_a_visit_ends_after_half_an_hour(gap_ms, does):
    """A gap of exactly thirty minutes is still one visit."""
    clock, window, _ = a_window()
    assert window.touch([an_event(time_ms=NOON_MS)]) == {0: Step.STARTS}
    clock.advance(gap_ms)
    assert window.touch([an_event(time_ms=NOON_MS + gap_ms)]) == does


def test_each_step_is_told_of_its_event():
    """By its index; of those that just go on nothing is told."""
    _, window, _ = a_window()
    events = [
        an_event(visitor=1),
        an_event(visitor=1),
        an_event(visitor=2, type="engagement"),
        an_event(visitor=3),
    ]
    assert window.touch(events) == {0: Step.STARTS, 2: Step.NO_VISIT, 3: Step.STARTS}
    assert window.touch(events) == {2: Step.NO_VISIT}


def test_a_visit_goes_on_past_midnight():
    """The new day's id finds the visit of the day before."""
    _, window, snapshots = a_window()
    window.touch([an_event(visitor=1, time_ms=NOON_MS)])
    assert window.touch([an_event(visitor=2, prior=1, time_ms=NOON_MS + 1)]) == {}
    assert window.touch([an_event(visitor=2, time_ms=NOON_MS + 2)]) == {}
    assert snapshots.look("shop", EVERYTHING, NOON_MS + 3).active_users == 1


def test_sessions_of_one_visitor_are_visits_of_their_own():
    """Two session ids are two visits, and one visitor."""
    _, window, snapshots = a_window()
    assert window.touch([an_event(session=1)]) == {0: Step.STARTS}
    assert window.touch([an_event(session=2)]) == {0: Step.STARTS}
    assert window.touch([an_event()]) == {0: Step.STARTS}
    assert window.touch([an_event(session=1)]) == {}
    assert snapshots.look("shop", EVERYTHING, NOON_MS).active_users == 1


def test_an_ended_session_begins_anew():
    """After session_end the next view starts a visit, and engagement has none."""
    _, window, _ = a_window()
    assert window.touch([an_event(type="session_start")]) == {0: Step.NO_VISIT}
    assert window.touch([an_event()]) == {0: Step.STARTS}
    assert window.touch([an_event(type="session_end")]) == {}
    assert window.touch([an_event(type="engagement")]) == {0: Step.NO_VISIT}
    assert window.touch([an_event()]) == {0: Step.STARTS}


def a_course(told):
    """Events that mostly follow one another, each some minutes after the one before; of those of
    one moment it is not told which was the last.
    """
    at_ms = NOON_MS - 20 * MINUTE_MS
    for number, (minutes, event) in enumerate(told):
        at_ms += minutes * MINUTE_MS
        yield replace(event, time_ms=at_ms + number)


all_events = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 1, 1, 1, 2, -1, -2, 31, -29]),
        st.builds(
            an_event,
            visitor=st.sampled_from([1, 1, 1, 2, 3]),
            # Spread as hashes are: sessions are kept by their difference to the visitor.
            session=st.sampled_from([None] * 4 + [0x9E3779B97F4A7C15]),
            prior=st.sampled_from([None] * 9 + [1, 2]),
            type=st.sampled_from(
                ["page_view"] * 6 + ["engagement", "session_end", "Signup", "Signup"]
            ),
            page=st.sampled_from(["/", "/a", "/b"]),
            source=st.sampled_from(["Direct", "Google"]),
            props=st.sampled_from([None, None, {"plan": "pro"}]),
        ),
    ),
    min_size=10,
    max_size=40,
).map(lambda told: list(a_course(told)))


@settings(max_examples=200)
@given(all_events, st.integers(1, 20))
def test_many_at_once_are_as_one_by_one(events, together):
    """Visits of any kind, in any order, with gaps, ends and midnights: the same steps and figures."""
    _, one_by_one, plain = a_window()
    _, window, snapshots = a_window()
    for begin in range(0, len(events), together):
        some = events[begin : begin + together]
        steps = {}
        for index, event in enumerate(some):
            steps |= {index: told[0]} if (told := one_by_one.touch([event])) else {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("liveinsight.adapters.local.window.MANY", 1)
            assert window.touch(some) == steps
    assert len(window) == len(one_by_one)
    for event in events:
        who = event.visitor, event.session
        assert window.latest(*who) == one_by_one.latest(*who)
    pages = (parse(["is", which, ["/a"]]) for which in ("entry_page", "exit_page"))
    for tree in pages:
        for now_ms in {event.time_ms for event in events}:
            assert snapshots.look("shop", tree, now_ms) == plain.look("shop", tree, now_ms)
    assert set(window.changes) == set(one_by_one.changes)


def test_midnight_in_the_midst_of_many(monkeypatch):
    """Whose visit went on under another id begins anew under the old one, as one by one."""
    monkeypatch.setattr("liveinsight.adapters.local.window.MANY", 1)
    _, window, _ = a_window()
    window.touch([an_event(visitor=1)])
    told = [an_event(visitor=1), an_event(visitor=2, prior=1), an_event(visitor=1)]
    assert window.touch(told) == {2: Step.STARTS}


def test_what_is_over_is_forgotten_and_its_room_used_again():
    """After the window has passed nothing is left, and memory does not grow with traffic."""
    clock, window, snapshots = a_window()
    for round_ in range(5):
        for number in range(3000):
            window.touch(
                [
                    an_event(
                        visitor=round_ * 10_000 + number + 1,
                        time_ms=clock.now_ms(),
                        page=f"/{round_}/{number}",
                        referrer=f"r{round_}/{number}",
                    )
                ]
            )
        clock.advance(HALF_HOUR_MS + 11_000)
    window.sweep(clock.now_ms())
    assert len(window) == 0
    assert len(window.trail) == 0
    assert window.rows.capacity <= 8192
    assert len(window.things.values) <= 8192
    assert snapshots.look("shop", EVERYTHING, clock.now_ms()).visitors_last_30min == 0


def test_a_visitor_stays_with_the_last_of_their_visits():
    """Sweeping leaves no visit whose visitor is somebody else by then."""
    clock, window, snapshots = a_window()
    window.touch([an_event(visitor=1, session=1, time_ms=NOON_MS)])
    clock.advance(20 * MINUTE_MS)
    window.touch([an_event(visitor=1, session=2, time_ms=clock.now_ms())])
    clock.advance(20 * MINUTE_MS)
    window.sweep(clock.now_ms())
    window.touch([an_event(visitor=2, time_ms=clock.now_ms())])
    window.touch([an_event(visitor=1, session=3, time_ms=clock.now_ms())])
    assert snapshots.look("shop", EVERYTHING, clock.now_ms()).visitors_last_30min == 2
    clock.advance(HALF_HOUR_MS + 1)
    window.sweep(clock.now_ms())
    assert len(window) == 0


def test_a_clock_that_was_wrong_does_not_mix_visitors_up():
    """What came while it was ahead is gone; whose it was is still who is here now."""
    clock, window, snapshots = a_window()
    clock.advance(24 * 60 * MINUTE_MS)
    window.touch([an_event(visitor=1, time_ms=clock.now_ms())])
    clock._now_ms = NOON_MS
    window.touch([an_event(visitor=1, session=1, time_ms=NOON_MS)])
    window.sweep(NOON_MS)
    window.touch([an_event(visitor=2, time_ms=NOON_MS)])
    told = snapshots.look("shop", EVERYTHING, NOON_MS)
    assert (told.visitors_last_30min, told.active_users) == (2, 2)
    assert window.touch([an_event(visitor=1, time_ms=NOON_MS)]) == {0: Step.STARTS}


def test_strangers_cannot_fill_memory_with_titles(monkeypatch):
    """Beyond a bound titles and properties are left out, and the page stays right."""
    monkeypatch.setattr("liveinsight.adapters.local.window.MAX_THINGS", 10)
    _, window, snapshots = a_window()
    for number in range(500):
        window.touch([an_event(visitor=number + 1, page="/", title=f"t{number}")])
    assert len(window.things) <= 21
    assert snapshots.look("shop", EVERYTHING, NOON_MS).current_pages == {"/": 500}
