"""The live window counts what a plain loop over the same events counts."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON_MS, an_event
from live_house import HALF_HOUR_MS, MINUTE_MS, a_window
from liveinsight.adapters import patterns
from liveinsight.adapters.local.interner import Interner, Truth
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import SILENT_TYPES
from liveinsight.domain.filter import EVERYTHING, matches, parse


def naive(events, now_ms, keep=lambda event: True):
    """The live figures by the definitions, for visits without sessions and gaps."""
    events = [event.row() for event in events]
    first = {}
    for event in events:
        first.setdefault(event.visitor, event)
    shown = [
        event
        for event in events
        if now_ms - HALF_HOUR_MS < event.time_ms <= now_ms and keep(event, first[event.visitor])
    ]
    live = [event for event in shown if event.time_ms > now_ms - 5 * MINUTE_MS]
    last_page = {}
    for event in sorted(shown, key=lambda event: event.time_ms):
        if event.type == "page_view":
            last_page[event.visitor] = event.page
    active = {event.visitor for event in live}
    pages = defaultdict(int)
    for visitor in active & set(last_page):
        pages[last_page[visitor]] += 1
    sources = defaultdict(set)
    for event in shown:
        sources[first[event.visitor].source].add(event.visitor)
    return {
        "active_users": len(active),
        "current_pages": dict(pages),
        "events_last_5min": sum(event.type not in SILENT_TYPES for event in live),
        "visitors_last_30min": len({event.visitor for event in shown}),
        "pageviews_last_30min": sum(event.type == "page_view" for event in shown),
        "top_sources": {name: len(visitors) for name, visitors in sources.items()},
    }


def counted(live):
    return {
        "active_users": live.active_users,
        "current_pages": live.current_pages,
        "events_last_5min": live.events_last_5min,
        "visitors_last_30min": live.visitors_last_30min,
        "pageviews_last_30min": live.pageviews_last_30min,
        "top_sources": {row.name: row.visitors for row in live.top_sources},
    }


some_events = st.lists(
    st.tuples(
        st.integers(0, 25 * MINUTE_MS),
        st.integers(1, 6),
        st.sampled_from(["page_view", "page_view", "engagement", "Signup"]),
        st.sampled_from(["/", "/a", "/b"]),
        st.sampled_from(["Direct", "Google", "Naver"]),
        st.sampled_from([None, "KR", "US"]),
    ),
    max_size=40,
)


def in_order(told):
    events = [
        an_event(
            time_ms=NOON_MS + at, visitor=visitor, type=kind, page=page, source=source, country=land
        )
        for at, visitor, kind, page, source, land in sorted(told, key=lambda row: row[0])
    ]
    begun = set()
    for event in events:
        if event.place.type != "engagement" or event.visitor in begun:
            begun.add(event.visitor)
            yield event


@given(some_events, st.integers(0, 40 * MINUTE_MS))
def test_every_figure_is_that_of_a_plain_loop(told, later):
    """Unfiltered figures equal a naive count, at any later moment."""
    clock, window, snapshots = a_window()
    events = list(in_order(told))
    for event in events:
        clock._now_ms = event.time_ms
        window.touch([event])
    now_ms = NOON_MS + later
    assert counted(snapshots.look("shop", EVERYTHING, now_ms)) == naive(
        events, now_ms, lambda event, first: True
    )


filters = st.recursive(
    st.one_of(
        st.tuples(
            st.sampled_from(["is", "is_not"]),
            st.sampled_from(["page", "event", "source", "country"]),
            st.lists(
                st.sampled_from(["/", "/a", "KR", "kr", "google", "Signup", None]), min_size=1
            ),
        ).map(list),
        st.tuples(
            st.sampled_from(["contains", "contains_not", "matches"]),
            st.sampled_from(["page", "source", "country"]),
            st.lists(st.sampled_from(["a", "K", "^/b?$", "oo"]), min_size=1, max_size=2),
        )
        .map(list)
        .filter(lambda row: row[0] == "matches" or "^/b?$" not in row[2]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: ["and", parts]),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: ["or", parts]),
        inner.map(lambda part: ["not", part]),
    ),
    max_leaves=5,
)


@settings(max_examples=60)
@given(some_events, filters)
def test_a_filter_keeps_what_the_definition_keeps(told, raw):
    """Visit dimensions are those of the visit's first event, event dimensions each event's own."""
    clock, window, snapshots = a_window()
    events = list(in_order(told))
    for event in events:
        clock._now_ms = event.time_ms
        window.touch([event])
    tree = parse(raw)
    now_ms = NOON_MS + 26 * MINUTE_MS

    def keep(event, first):
        told = {"page": event.page, "event": event.type}
        told |= {"source": first.source, "country": first.country}
        return matches(tree, told.get, patterns.find)

    assert counted(snapshots.look("shop", tree, now_ms)) == naive(events, now_ms, keep)


def test_a_source_counts_visitors_however_many_visits_they_have():
    """A visitor with two sessions and a visit without one counts once for each source."""
    _, window, snapshots = a_window()
    for session, source in ((1, "Google"), (2, "Google"), (None, "Google"), (3, "Naver")):
        window.touch([an_event(visitor=7, session=session, source=source)])
    window.touch([an_event(visitor=8, session=4, source="Google")])
    top = snapshots.look("shop", EVERYTHING, NOON_MS).top_sources
    assert [(row.name, row.visitors) for row in top] == [("Google", 2), ("Naver", 1)]


def test_sites_do_not_see_each_other():
    """Each site's figures are its own."""
    _, window, snapshots = a_window()
    window.touch([an_event(site="shop", visitor=1)])
    window.touch([an_event(site="blog", visitor=2)])
    window.touch([an_event(site="blog", visitor=3)])
    found = [
        snapshots.look(site, EVERYTHING, NOON_MS).active_users for site in ("shop", "blog", "none")
    ]
    assert found == [1, 2, 0]


def test_the_feed_tells_the_newest_first_and_nothing_personal():
    """The last fifty counted events, without ids."""
    clock, window, snapshots = a_window()
    for number in range(60):
        clock._now_ms = NOON_MS + number
        window.touch(
            [an_event(time_ms=NOON_MS + number, page=f"/{number}", title="T", country="KR")]
        )
    window.touch([an_event(type="engagement", time_ms=NOON_MS + 60)])
    feed = snapshots.look("shop", EVERYTHING, NOON_MS + 61).feed
    assert [glimpse.page for glimpse in feed] == [f"/{number}" for number in range(59, 9, -1)]
    assert not {"visitor", "event_id", "session"} & set(feed[0].__struct_fields__)


def test_bars_are_minutes_of_the_clock():
    """Thirty bars end with the minute that runs, and hold distinct visitors."""
    _, window, snapshots = a_window()
    window.touch([an_event(visitor=1, time_ms=NOON_MS - MINUTE_MS)])
    window.touch([an_event(visitor=1, time_ms=NOON_MS)])
    window.touch([an_event(visitor=1, time_ms=NOON_MS)])
    window.touch([an_event(visitor=2, time_ms=NOON_MS)])
    series = snapshots.look("shop", EVERYTHING, NOON_MS).series
    assert len(series) == 30
    assert [(bar.pageviews, bar.visitors) for bar in series[-2:]] == [(1, 1), (3, 2)]
    assert [bar.time % MINUTE_MS for bar in series] == [0] * 30


def test_properties_can_be_filtered_live():
    """`prop:` looks at the event's own properties."""
    _, window, snapshots = a_window()
    window.touch([an_event(visitor=1, type="Buy", props={"plan": "pro", "seats": 3})])
    window.touch([an_event(visitor=2, type="Buy", props={"plan": "free"})])
    window.touch([an_event(visitor=3)])

    def active(raw):
        return snapshots.look("shop", parse(raw), NOON_MS).active_users

    assert active(["is", "prop:plan", ["pro"]]) == 1
    assert active(["is", "prop:seats", ["3"]]) == 1
    assert active(["is_not", "prop:plan", ["pro"]]) == 2
    assert active(["is", "prop:plan", [None]]) == 1


def test_numbers_given_again_do_not_fool_a_filter():
    """A filter sees the new value where an old value's number was given again."""
    interner = Interner()
    truth = Truth(interner, lambda value: value.startswith("k"))
    codes = [interner.code(value) for value in ("kept", "gone", "kilo")]
    assert truth.table()[codes].tolist() == [True, False, True]
    interner.keep_only(np.array([True, False, False]))
    fresh = interner.code("kite")
    other = interner.code("x")
    assert truth.table()[[codes[0], fresh, other]].tolist() == [True, True, False]


def test_a_wrong_pattern_is_named():
    """A filter that RE2 cannot read is refused with the field's name."""
    _, _, snapshots = a_window()
    with pytest.raises(Invalid, match=r"no RE2 pattern"):
        snapshots.check(parse(["matches", "page", ["(?=look)"]]))
