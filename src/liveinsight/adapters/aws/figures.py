"""The live figures of one site and filter, kept while the half hour moves on.

Each shown event is counted once when it comes and taken out once when it goes, and again when it
stops being of the last five minutes: asking costs what happened since, not what there is.
"""

from bisect import bisect_left, bisect_right, insort
from functools import partial
from heapq import nsmallest
from typing import Generic, TypeVar

from msgspec import json

from liveinsight.adapters import patterns
from liveinsight.adapters.aws.visits import Shown
from liveinsight.domain.dimension import prop_key
from liveinsight.domain.event import PAGE_VIEW, SILENT_TYPES, Client
from liveinsight.domain.filter import EVERYTHING, Filter, matches
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

MINUTES = WINDOW_MS // MINUTE_MS

Name = TypeVar("Name", bound=str | int | None)
Placed = tuple[int, int, Shown]  # time, id, and what is there


class Crowd(dict[int, int]):
    """Visitors, and how many events each has here: who has none left is gone."""

    def come(self, visitor: int) -> None:
        """One event more."""
        self[visitor] = self.get(visitor, 0) + 1

    def go(self, visitor: int) -> None:
        """One event less."""
        left = self[visitor] - 1
        if left:
            self[visitor] = left
        else:
            del self[visitor]


class Crowds(dict[Name, Crowd], Generic[Name]):
    """Crowds by name; one that all have left is gone."""

    def come(self, name: Name, visitor: int) -> None:
        """One event more."""
        crowd = self.get(name)
        if crowd is None:
            crowd = self[name] = Crowd()
        crowd.come(visitor)

    def go(self, name: Name, visitor: int) -> None:
        """One event less."""
        crowd = self[name]
        crowd.go(visitor)
        if not crowd:
            del self[name]


class Figures:
    """What passes the filter, of the half hour before `now_ms`."""

    def __init__(self, tree: Filter, now_ms: int) -> None:
        self._tree = tree
        self._after_ms = now_ms - WINDOW_MS
        self._live_after_ms = now_ms - LIVE_MS
        self._rows: list[Placed] = []
        self._views_of: dict[int, list[Placed]] = {}  # by visitor, oldest first
        self._here = Crowd()
        self._live = Crowd()
        self._live_events = 0
        self._minutes: Crowds[int] = Crowds()
        self._views: Crowd = Crowd()  # by minute
        self._sources: Crowds[str | None] = Crowds()
        self._countries: Crowds[str | None] = Crowds()

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, row: Shown) -> None:
        """Count a row, if it is meant."""
        event = row.event
        if event.time_ms <= self._after_ms or not self._is_meant(row):
            return
        placed = (*row.order, row)
        insort(self._rows, placed)
        minute = event.time_ms // MINUTE_MS
        self._here.come(event.visitor)
        self._minutes.come(minute, event.visitor)
        self._sources.come(row.first.place.source, event.visitor)
        self._countries.come(row.first.client.country, event.visitor)
        if event.place.type == PAGE_VIEW:
            self._views.come(minute)
            insort(self._views_of.setdefault(event.visitor, []), placed)
        if event.time_ms > self._live_after_ms:
            self._live.come(event.visitor)
            self._live_events += event.place.type not in SILENT_TYPES

    def take(self, row: Shown) -> None:
        """Undo a row's count, if it was counted and did not go since."""
        place = bisect_left(self._rows, row.order)
        if place == len(self._rows) or self._rows[place][:2] != row.order:
            return
        del self._rows[place]
        if row.event.time_ms > self._live_after_ms:
            self._stop_living(row)
        self._uncount(row)

    def slide(self, now_ms: int) -> None:
        """Let go what is too old by now."""
        live_after_ms = now_ms - LIVE_MS
        first, end = self._after(self._live_after_ms), self._after(live_after_ms)
        for _, _, row in self._rows[first:end]:
            self._stop_living(row)
        self._live_after_ms = live_after_ms
        self._after_ms = now_ms - WINDOW_MS
        end = self._after(self._after_ms)
        for _, _, row in self._rows[:end]:
            self._uncount(row)
        del self._rows[:end]

    def told(self, now_ms: int) -> Live:
        """The figures at this moment."""
        self.slide(now_ms)
        return Live(
            active_users=len(self._live),
            current_pages=self._pages(),
            events_last_5min=self._live_events,
            timestamp=now_ms,
            visitors_last_30min=len(self._here),
            pageviews_last_30min=sum(map(len, self._views_of.values())),
            series=self._series(now_ms),
            top_sources=_top(self._sources),
            top_countries=_top(self._countries),
            feed=self._feed(),
        )

    def _is_meant(self, row: Shown) -> bool:
        # Asked of each event, the filter that lets all through would take a third of the time.
        tree = self._tree
        return tree == EVERYTHING or matches(tree, partial(_value, row), patterns.find)

    def _after(self, time_ms: int) -> int:
        return bisect_right(self._rows, (time_ms + 1,))

    def _stop_living(self, row: Shown) -> None:
        self._live.go(row.event.visitor)
        self._live_events -= row.event.place.type not in SILENT_TYPES

    def _uncount(self, row: Shown) -> None:
        event = row.event
        minute = event.time_ms // MINUTE_MS
        self._here.go(event.visitor)
        self._minutes.go(minute, event.visitor)
        self._sources.go(row.first.place.source, event.visitor)
        self._countries.go(row.first.client.country, event.visitor)
        if event.place.type == PAGE_VIEW:
            self._views.go(minute)
            views = self._views_of[event.visitor]
            del views[bisect_left(views, row.order)]
            if not views:
                del self._views_of[event.visitor]

    def _pages(self) -> dict[str, int]:
        """Where the live visitors are: the page each saw last."""
        counts: dict[str, int] = {}
        for visitor in self._live:
            views = self._views_of.get(visitor)
            if views and (page := views[-1][2].event.place.page):
                counts[page] = counts.get(page, 0) + 1
        return dict(nsmallest(PAGES_LENGTH, counts.items(), key=lambda row: (-row[1], row[0])))

    def _series(self, now_ms: int) -> list[Minute]:
        """Thirty bars of a minute of the clock; the last is the one that runs."""
        last = now_ms // MINUTE_MS
        return [
            Minute(
                minute * MINUTE_MS, self._views.get(minute, 0), len(self._minutes.get(minute, ()))
            )
            for minute in range(last - MINUTES + 1, last + 1)
        ]

    def _feed(self) -> list[Glimpse]:
        newest: list[Glimpse] = []
        for _, _, row in reversed(self._rows):
            if len(newest) == FEED_LENGTH:
                break
            if row.event.place.type not in SILENT_TYPES:
                newest.append(_glimpse(row))
        return newest


def _top(crowds: Crowds[str | None]) -> list[Count]:
    """The names with the most visitors."""
    ranked = nsmallest(
        TOP_LENGTH,
        ((-len(crowd), name is None, name or "") for name, crowd in crowds.items()),
    )
    return [Count(None if is_none else name, -less) for less, is_none, name in ranked]


def _glimpse(row: Shown) -> Glimpse:
    place, client = row.event.place, row.first.client
    return Glimpse(
        time=row.event.time_ms,
        event=place.type,
        page=place.page,
        title=place.title,
        hostname=place.hostname,
        source=row.first.place.source,
        country=client.country,
        browser=client.browser,
        os=client.os,
        device=client.device,
    )


_OF_EVENT = {"event": "type", "page": "page", "hostname": "hostname", "title": "title"}
_OF_CLIENT = frozenset(Client.__struct_fields__)


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
    if dimension in _OF_EVENT:
        told = getattr(row.event.place, _OF_EVENT[dimension])
    else:
        told = getattr(row.first.client if dimension in _OF_CLIENT else row.first.place, dimension)
    return told
