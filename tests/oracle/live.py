"""The live view by its definitions: every figure counted anew from a plain list of events.

The port `Watching` as simply as it can be, beside which both homes' ways are held.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from msgspec import json

from liveinsight.adapters import patterns
from liveinsight.domain.dimension import prop_key
from liveinsight.domain.event import PAGE_VIEW, SILENT_TYPES, Event
from liveinsight.domain.filter import Filter, matches, patterns_of
from liveinsight.domain.live import (
    FEED_LENGTH,
    LIVE_MS,
    PAGES_LENGTH,
    TOP_LENGTH,
    WINDOW_MS,
    Count,
    Glimpse,
    Live,
    Minute,
)
from liveinsight.domain.period import MINUTE_MS
from liveinsight.domain.visit import GAP_MS, Step, ends, step

MINUTES = WINDOW_MS // MINUTE_MS


class Shown(NamedTuple):
    """An event with the first of its visit and the first and last page seen in it."""

    event: Event
    first: Event
    entry_page: str | None
    exit_page: str | None


class MemoryWatching:
    """The port `Watching` over events in memory, those of an hour."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def version(self, site: str) -> int:
        """Raised with each event."""
        return sum(event.site == site for event in self.events)

    def check(self, tree: Filter) -> None:
        """Refuse what cannot be answered, by name."""
        patterns.check(patterns_of(tree))

    def look(self, site: str, tree: Filter, now_ms: int) -> Live:
        """The site's last half hour, of the events that pass the filter."""
        own = [
            event
            for event in self.events
            if event.site == site
            and event.aside is None
            and now_ms - WINDOW_MS - GAP_MS < event.time_ms <= now_ms
        ]
        return count(own, tree, now_ms)


def count(events: Iterable[Event], tree: Filter, now_ms: int) -> Live:
    """The live figures of one site's events."""
    told = sorted(events, key=lambda event: (event.time_ms, event.event_id))
    shown = [row for row in in_visits(told) if row.event.time_ms > now_ms - WINDOW_MS]
    shown = [row for row in shown if matches(tree, partial(_value, row), patterns.find)]
    live = [row.event for row in shown if row.event.time_ms > now_ms - LIVE_MS]
    active = {event.visitor for event in live}
    return Live(
        active_users=len(active),
        current_pages=_pages(shown, active),
        events_last_5min=sum(event.type not in SILENT_TYPES for event in live),
        timestamp=now_ms,
        visitors_last_30min=len({row.event.visitor for row in shown}),
        pageviews_last_30min=sum(row.event.type == PAGE_VIEW for row in shown),
        series=_series(shown, now_ms),
        top_sources=_top((row.first.source, row.event.visitor) for row in shown),
        top_countries=_top((row.first.country, row.event.visitor) for row in shown),
        feed=_feed(shown),
    )


class _Visit:
    def __init__(self, first: Event) -> None:
        self.first = first
        self.last_ms = first.time_ms
        self.is_over = False
        self.views: list[str | None] = []


def in_visits(events: Iterable[Event]) -> list[Shown]:
    """Each event, in order of time, with its visit; those that have none are left out."""
    visits: dict[tuple[int, int | None], _Visit] = {}
    taken: list[tuple[Event, _Visit]] = []
    for event in events:
        visit = _visit_of(visits, event)
        last_ms = None if visit is None else visit.last_ms
        stepped = step(
            event.type, event.time_ms, last_ms, ended=visit is not None and visit.is_over
        )
        if stepped is Step.NO_VISIT:
            continue
        if stepped is Step.STARTS or visit is None:
            visit = _Visit(event)
            visits[event.visitor, event.session] = visit
        visit.last_ms = event.time_ms
        visit.is_over = ends(event.type)
        if event.type == PAGE_VIEW:
            visit.views.append(event.page)
        taken.append((event, visit))
    return [
        Shown(
            event,
            visit.first,
            visit.views[0] if visit.views else None,
            visit.views[-1] if visit.views else None,
        )
        for event, visit in taken
    ]


def _visit_of(visits: dict[tuple[int, int | None], _Visit], event: Event) -> _Visit | None:
    visit = visits.get((event.visitor, event.session))
    if visit is None and event.prior is not None:
        # After midnight the visit goes on under the new day's id.
        visit = visits.pop((event.prior, event.session), None)
        if visit is not None:
            visits[event.visitor, event.session] = visit
    return visit


_OF_EVENT = {"event": "type"}
_OF_EVENT_SAME = frozenset({"page", "hostname", "title"})


def _value(row: Shown, dimension: str) -> str | None:
    """A dimension's value: of the event itself, else of its visit, whose first event tells it."""
    key = prop_key(dimension)
    if key is not None:
        value = (row.event.props or {}).get(key)
        if value is None or isinstance(value, str):
            return value
        return json.encode(value).decode()
    told: str | None
    if dimension in {"entry_page", "exit_page"}:
        told = row.entry_page if dimension == "entry_page" else row.exit_page
        return told
    of = row.event if dimension in _OF_EVENT_SAME or dimension in _OF_EVENT else row.first
    told = getattr(of, _OF_EVENT.get(dimension, dimension))
    return told


def _pages(shown: list[Shown], active: set[int]) -> dict[str, int]:
    """Where the live visitors are: the page each saw last."""
    last = {row.event.visitor: row.event.page for row in shown if row.event.type == PAGE_VIEW}
    counts = Counter(page for visitor, page in last.items() if visitor in active and page)
    return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:PAGES_LENGTH])


def _series(shown: list[Shown], now_ms: int) -> list[Minute]:
    """Thirty bars of a minute of the clock; the last is the one that runs."""
    first_ms = (now_ms // MINUTE_MS - MINUTES + 1) * MINUTE_MS
    views: dict[int, int] = {}
    visitors: dict[int, set[int]] = defaultdict(set)
    for row in shown:
        event = row.event
        minute = (event.time_ms - first_ms) // MINUTE_MS
        visitors[minute].add(event.visitor)
        if event.type == PAGE_VIEW:
            views[minute] = views.get(minute, 0) + 1
    return [
        Minute(first_ms + number * MINUTE_MS, views.get(number, 0), len(visitors.get(number, ())))
        for number in range(MINUTES)
    ]


def _top(pairs: Iterable[tuple[str | None, int]]) -> list[Count]:
    """The names with the most visitors."""
    crowds: dict[str | None, set[int]] = {}
    for name, visitor in pairs:
        crowds.setdefault(name, set()).add(visitor)
    ranked = sorted(
        ((name, len(crowd)) for name, crowd in crowds.items()),
        key=lambda row: (-row[1], row[0] is None, row[0] or ""),
    )
    return [Count(name, visitors) for name, visitors in ranked[:TOP_LENGTH]]


def _feed(shown: list[Shown]) -> list[Glimpse]:
    newest = [row for row in shown if row.event.type not in SILENT_TYPES][-FEED_LENGTH:][::-1]
    return [
        Glimpse(
            time=row.event.time_ms,
            event=row.event.type,
            page=row.event.page,
            title=row.event.title,
            hostname=row.event.hostname,
            source=row.first.source,
            country=row.first.country,
            browser=row.first.browser,
            os=row.first.os,
            device=row.first.device,
        )
        for row in newest
    ]
