"""What is happening now, counted from the live window's arrays, with or without a filter.

One way for every question: a mask over the last half hour's events, then counts of it.
A filter's tests are evaluated once for each distinct value, not for each event.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from typing import TypeVar

import msgspec
import numpy as np

from liveinsight.adapters import patterns
from liveinsight.adapters.local.arrays import Ints, Mask
from liveinsight.adapters.local.interner import Interner, Truth
from liveinsight.adapters.local.window import From, Thing, Window, With
from liveinsight.domain.dimension import prop_key
from liveinsight.domain.event import SILENT_TYPES, Scalar
from liveinsight.domain.filter import (
    And,
    Condition,
    Filter,
    Not,
    Or,
    matches,
    patterns_of,
)
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

V = TypeVar("V", bound=Hashable)
MAX_TRUTHS = 512
MINUTES = WINDOW_MS // MINUTE_MS


class Snapshots:
    """The port `Watching`: counts a window."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._is_counted = Truth(window.things, lambda thing: thing.type not in SILENT_TYPES)
        self._truths: dict[Condition, Callable[[Columns], Mask]] = {}

    def version(self, site: str) -> int:
        """Raised with each event of the site."""
        return self._window.changes.get(site, 0)

    def check(self, tree: Filter) -> None:
        """Refuse what cannot be answered, by name."""
        patterns.check(patterns_of(tree))

    def look(self, site: str, tree: Filter, now_ms: int) -> Live:
        """The site's last half hour, of the events that pass the filter."""
        window = self._window
        columns = Columns(window, site, now_ms)
        columns.keep(self._mask(tree, columns))
        is_view = window.is_view.table()[columns.thing]
        is_counted = self._is_counted.table()[columns.thing]
        is_live = columns.time_ms > now_ms - LIVE_MS
        active = _distinct(columns.person[is_live])
        return Live(
            active_users=len(active),
            current_pages=self._pages(active, columns),
            events_last_5min=int(np.count_nonzero(is_live & is_counted)),
            timestamp=now_ms,
            visitors_last_30min=len(_distinct(columns.person)),
            pageviews_last_30min=int(np.count_nonzero(is_view)),
            series=_series(columns, is_view, now_ms),
            top_sources=_top(columns, window.origins, columns.origin, lambda told: told.source),
            top_countries=_top(columns, window.clients, columns.client, lambda told: told.country),
            feed=self._feed(columns, is_counted),
        )

    def _mask(self, tree: Filter, columns: "Columns") -> Mask:
        match tree:
            case Condition():
                return self._condition(tree)(columns)
            case Not():
                return ~self._mask(tree.filter, columns)
            case And():
                mask = np.ones(len(columns.thing), np.bool_)
                for part in tree.filters:
                    mask &= self._mask(part, columns)
                return mask
            case Or():
                mask = np.zeros(len(columns.thing), np.bool_)
                for part in tree.filters:
                    mask |= self._mask(part, columns)
                return mask

    def _condition(self, condition: Condition) -> "Callable[[Columns], Mask]":
        test = self._truths.get(condition)
        if test is None:
            if len(self._truths) >= MAX_TRUTHS:
                self._truths.clear()
            test = self._truths[condition] = self._test(condition)
        return test

    def _test(self, condition: Condition) -> "Callable[[Columns], Mask]":
        window, dimension = self._window, condition.dimension
        home, column = _home(dimension)
        if home is Thing:
            truth_of_thing = Truth(
                window.things,
                lambda thing: _passes(condition, _told_by_thing(thing, dimension)),
            )
            absent = _passes(condition, None)
            return lambda columns: _looked_up(truth_of_thing, columns.of(column), absent=absent)
        if home is From:
            truth_of_origin = Truth(
                window.origins, lambda origin: _passes(condition, getattr(origin, dimension))
            )
            return lambda columns: truth_of_origin.table()[columns.origin]
        truth_of_client = Truth(
            window.clients, lambda client: _passes(condition, getattr(client, dimension))
        )
        return lambda columns: truth_of_client.table()[columns.client]

    def _pages(self, active: Ints, columns: "Columns") -> dict[str, int]:
        """Where the live visitors are: the page each saw last."""
        last_view = np.full(columns.persons, -1, np.int64)
        seen = self._window.is_view.table()[columns.thing]
        # In order of time, so that the last view of each visitor stays.
        order = np.argsort(columns.time_ms[seen], kind="stable")
        last_view[columns.person[seen][order]] = columns.thing[seen][order]
        codes, counts = np.unique(last_view[active], return_counts=True)
        pages: Counter[str] = Counter()
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            thing = self._window.things.values[code] if code >= 0 else None
            if thing is not None and thing.page is not None:
                pages[thing.page] += count
        return dict(sorted(pages.items(), key=lambda row: (-row[1], row[0]))[:PAGES_LENGTH])

    def _feed(self, columns: "Columns", is_counted: Mask) -> list[Glimpse]:
        # By when they happened; they stand as they came, which is nearly so.
        counted = np.flatnonzero(is_counted)
        newest = counted[np.argsort(columns.time_ms[counted], kind="stable")[-FEED_LENGTH:][::-1]]
        return [
            self._glimpse(*told)
            for told in zip(
                columns.time_ms[newest].tolist(),
                columns.thing[newest].tolist(),
                columns.origin[newest].tolist(),
                columns.client[newest].tolist(),
                strict=True,
            )
        ]

    def _glimpse(self, time_ms: int, thing: int, origin: int, client: int) -> Glimpse:
        what = self._window.things.values[thing]
        whence = self._window.origins.values[origin]
        who = self._window.clients.values[client]
        assert what is not None
        assert whence is not None
        assert who is not None
        return Glimpse(
            time=time_ms,
            event=what.type,
            page=what.page,
            title=what.title,
            hostname=what.hostname,
            source=whence.source,
            country=who.country,
            browser=who.browser,
            os=who.os,
            device=who.device,
        )


class Columns:
    """A site's events of the last half hour, one array for each thing known of them."""

    def __init__(self, window: Window, site: str, now_ms: int) -> None:
        rows = window.rows
        self._rows = rows
        time_ms, row, thing = window.trail.columns()
        # Ahead of now are only clocks that are fast: they count when their time has come.
        keep = (time_ms > now_ms - WINDOW_MS) & (time_ms <= now_ms)
        keep &= np.frombuffer(rows.site, np.int32)[row] == window.sites.code(site)
        self.persons = rows.length
        self.time_ms, self.row, self.thing = time_ms[keep], row[keep], thing[keep]
        self.person, self.origin, self.client = (
            np.frombuffer(column, np.int32)[self.row]
            for column in (rows.person, rows.origin, rows.client)
        )

    def keep(self, mask: Mask) -> None:
        """Leave only the events of the mask."""
        for name in ("time_ms", "row", "thing", "person", "origin", "client"):
            setattr(self, name, getattr(self, name)[mask])

    def of(self, column: str) -> Ints:
        """The things that a test looks at: each event's own, or its visit's first or last."""
        if column == "thing":
            return self.thing
        told: Ints = np.frombuffer(getattr(self._rows, column), np.int32)[self.row]
        return told


def _home(dimension: str) -> tuple[type[Thing | From | With], str]:
    """Where a dimension is told: by the event's thing, or by its visit's origin or client."""
    if dimension in {"entry_page", "exit_page"}:
        return Thing, dimension.removesuffix("_page")
    if dimension in From._fields:
        return From, "origin"
    if dimension in With._fields:
        return With, "client"
    return Thing, "thing"


def _told_by_thing(thing: Thing, dimension: str) -> str | None:
    key = prop_key(dimension)
    if key is not None:
        value = dict(thing.props).get(key)
        return None if value is None else prop_text(value)
    field = {"event": "type", "entry_page": "page", "exit_page": "page"}.get(dimension, dimension)
    told: str | None = getattr(thing, field)
    return told


def prop_text(value: Scalar) -> str:
    """A property's value as a dimension tells it: as JSON writes it, text without quotes."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _passes(condition: Condition, value: str | None) -> bool:
    return matches(condition, lambda _: value, patterns.find)


def _looked_up(truth: Truth[Thing], codes: Ints, *, absent: bool) -> Mask:
    table = truth.table()
    if not len(table):
        return np.full(len(codes), absent)
    found: Mask = np.where(codes >= 0, table[codes], absent)
    return found


def _distinct(codes: Ints) -> Ints:
    """The distinct codes, without sorting."""
    if not len(codes):
        return codes
    seen = np.zeros(int(codes.max()) + 1, np.bool_)
    seen[codes] = True
    return np.flatnonzero(seen)


def _firsts(codes: Ints) -> Ints:
    """The place of the first of each distinct code, without sorting."""
    place = np.full(int(codes.max(initial=-1)) + 1, -1, np.int64)
    place[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    found: Ints = place[place >= 0]
    return found


def _series(columns: Columns, is_view: Mask, now_ms: int) -> list[Minute]:
    """Thirty bars of a minute of the clock; the last is the one that runs."""
    first_ms = (now_ms // MINUTE_MS - MINUTES + 1) * MINUTE_MS
    minute = (columns.time_ms - first_ms) // MINUTE_MS
    inside = minute >= 0
    minute, person = minute[inside], columns.person[inside]
    views = np.bincount(minute[is_view[inside]], minlength=MINUTES)
    crowd = _distinct(person)
    place = np.searchsorted(crowd, person)
    present = np.zeros((MINUTES, len(crowd)), np.bool_)
    present[minute, place] = True
    visitors = present.sum(axis=1)
    return [
        Minute(first_ms + number * MINUTE_MS, int(views[number]), int(visitors[number]))
        for number in range(MINUTES)
    ]


def _top(
    columns: Columns, interner: Interner[V], codes: Ints, name_of: Callable[[V], str | None]
) -> list[Count]:
    """The names with the most visitors. Names are few, so they are numbered in Python."""
    numbers: dict[str | None, int] = {}
    number_of = np.zeros(len(interner.values), np.int64)
    for code in _distinct(codes).tolist():
        value = interner.values[code]
        assert value is not None
        number_of[code] = numbers.setdefault(name_of(value), len(numbers))
    # A visit tells its name once, however many events it has; mostly it is its visitor's only one.
    first = _firsts(columns.row)
    number, person = number_of[codes[first]], columns.person[first]
    alone = columns.row[first] == person
    several = set(zip(number[~alone].tolist(), person[~alone].tolist(), strict=True))
    counts = np.bincount(number[alone], minlength=len(numbers))
    own = {*zip(number[alone].tolist(), person[alone].tolist(), strict=True)} if several else set()
    for name, _ in several - own:
        counts[name] += 1
    ranked = sorted(
        ((name, int(counts[number])) for name, number in numbers.items()),
        key=lambda row: (-row[1], row[0] is None, row[0] or ""),
    )
    return [Count(name, visitors) for name, visitors in ranked[:TOP_LENGTH]]
