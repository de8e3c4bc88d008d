"""The live view by its definitions: every figure counted anew from a plain list of events.

The port `Watching` as simply as it can be, beside which both homes' ways are held.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import partial

from liveinsight.adapters import patterns
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
from liveinsight.domain.visit import GAP_MS
from oracle.naive import Happened, happened, value

MINUTES = WINDOW_MS // MINUTE_MS


class MemoryWatching:
    """The port `Watching` over events in memory, those of an hour."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def version(self, site: str) -> int:
        """Raised with each event."""
        return sum(event.place.site == site for event in self.events)

    def check(self, tree: Filter) -> None:
        """Refuse what cannot be answered, by name."""
        patterns.check(patterns_of(tree))

    def look(self, site: str, tree: Filter, now_ms: int) -> Live:
        """The site's last half hour, of the events that pass the filter."""
        own = [
            event
            for event in self.events
            if event.place.site == site
            and event.aside is None
            and now_ms - WINDOW_MS - GAP_MS < event.time_ms <= now_ms
        ]
        return count(own, tree, now_ms)


def count(events: Iterable[Event], tree: Filter, now_ms: int) -> Live:
    """The live figures of one site's events."""
    rows = sorted(happened(events), key=lambda row: (row.event.time_ms, row.event.event_id))
    shown = [row for row in rows if row.event.time_ms > now_ms - WINDOW_MS]
    shown = [row for row in shown if matches(tree, partial(value, row), patterns.find)]
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
        top_sources=_top((row.visit.first.source, row.event.visitor) for row in shown),
        top_countries=_top((row.visit.first.country, row.event.visitor) for row in shown),
        feed=_feed(shown),
    )


def _pages(shown: list[Happened], active: set[int]) -> dict[str, int]:
    """Where the live visitors are: the page each saw last."""
    last = {row.event.visitor: row.event.page for row in shown if row.event.type == PAGE_VIEW}
    counts = Counter(page for visitor, page in last.items() if visitor in active and page)
    return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:PAGES_LENGTH])


def _series(shown: list[Happened], now_ms: int) -> list[Minute]:
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


def _feed(shown: list[Happened]) -> list[Glimpse]:
    newest = [row for row in shown if row.event.type not in SILENT_TYPES][-FEED_LENGTH:][::-1]
    return [
        Glimpse(
            time=row.event.time_ms,
            event=row.event.type,
            page=row.event.page,
            title=row.event.title,
            hostname=row.event.hostname,
            source=row.visit.first.source,
            country=row.visit.first.country,
            browser=row.visit.first.browser,
            os=row.visit.first.os,
            device=row.visit.first.device,
        )
        for row in newest
    ]
