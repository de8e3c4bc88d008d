"""The live window: where each visit stands, and the events of the last half hour, in memory.

A visit is a row of plain arrays (about 110 bytes in all, no objects for the garbage collector),
an event is an entry of a trail. It is a view of the journal: at start it is rebuilt from there.
Answers are made from it in `snapshot.py`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import astuple

from liveinsight.adapters.local.arrays import Ints, Mask, Rows, Trail
from liveinsight.adapters.local.index import NOBODY, Index
from liveinsight.adapters.local.interner import Interner, Truth
from liveinsight.domain.event import PAGE_VIEW, Client, Event, Place, Scalar
from liveinsight.domain.forget import Doomed
from liveinsight.domain.lately import Lately
from liveinsight.domain.live import WINDOW_MS
from liveinsight.domain.period import MINUTE_MS
from liveinsight.domain.visit import GAP_MS, GOES_ON, NO_VISIT, Step, ends, step
from liveinsight.ports import Clock

SWEEP_EVERY_MS = 10_000
TOO_NEW_MS = 5 * MINUTE_MS  # what is taken from clocks that are a little fast
# So many distinct things are told apart in half an hour. Then titles and properties are left
# out, and at twice as many pages too: strangers write them, and memory is not theirs.
MAX_THINGS = 200_000
MANY = 128  # from so many on all at once is the cheaper way
# Places and clients of late whose numbers are told at once.
REMEMBERED = 4096


Props = tuple[tuple[str, Scalar], ...]


class Thing(NamedTuple):
    """What happened, of an event."""

    type: str
    hostname: str | None
    page: str | None
    title: str | None
    props: Props


class From(NamedTuple):
    """Where it came from, of a visit."""

    source: str | None
    channel: str
    referrer: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    utm_content: str | None
    utm_term: str | None


class With(NamedTuple):
    """With what and from where, of a visit."""

    country: str | None
    region: str | None
    city: str | None
    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    device: str
    screen: str | None
    language: str | None


class Window:
    """The port `Visits`, and what the live view is made of."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.clear()
        self.sites: Interner[str] = Interner()
        self.things: Interner[Thing] = Interner()
        self.origins: Interner[From] = Interner()
        self.clients: Interner[With] = Interner()
        self.is_view = Truth(self.things, lambda thing: thing.type == PAGE_VIEW)
        self._ends = Truth(self.things, lambda thing: ends(thing.type))
        # Of a place the numbers of the thing and the origin that it tells of.
        self._at: Lately[Place, tuple[int, int]] = Lately(REMEMBERED)
        self._by: Lately[Client, int] = Lately(REMEMBERED)
        self.changes: dict[str, int] = {}  # by site: how often it changed

    def clear(self) -> None:
        """Forget all, to be rebuilt from the journal."""
        self._free: list[int] = []
        self._swept_ms = self._clock.now_ms()
        self.rows = Rows()
        self._index = Index(self.rows.key)
        self.trail = Trail()

    def __len__(self) -> int:
        return len(self._index)

    def touch(self, events: Sequence[Event]) -> dict[int, Step]:
        """Take the events into their visits, tell who did not just go on, and show them live."""
        now_ms = self._swept()
        rows, find, known = self.rows, self._index.find, self._at.get
        is_open, last_ms, entry, exit_ = rows.is_open, rows.last_ms, rows.entry, rows.exit
        steps: dict[int, Step] = {}
        late_times, late_rows, late_things = self.trail.late
        changed, oldest_ms = None, now_ms - WINDOW_MS
        several = len(events) >= MANY
        for index in self._go_on_all(events, oldest_ms) if several else range(len(events)):
            event = events[index]
            time_ms, place, session = event.time_ms, event.place, event.session
            row = find(event.visitor if session is None else event.visitor ^ session)
            thing, origin = known(place) or self._know(place)
            if event.props:
                thing = self._thing(place, event.props)
            # Most are views that go on with a visit, and its newest: as by the rules below.
            if (
                row >= 0
                and is_open[row]
                and 0 <= time_ms - last_ms[row] <= GAP_MS
                and place.type == PAGE_VIEW
            ):
                last_ms[row] = time_ms
                exit_[row] = thing
                if entry[row] < 0:
                    entry[row] = thing
            else:
                row, taken = self._step(event, row, thing, origin)
                if taken is not GOES_ON:
                    steps[index] = taken
                if row < 0:
                    continue
            if time_ms > oldest_ms:
                late_times.append(time_ms)
                late_rows.append(row)
                late_things.append(thing)
                if place.site is not changed:
                    changed = place.site
                    self._change(changed)
        self.trail.settle_many()
        return steps

    def _go_on_all(self, events: Sequence[Event], oldest_ms: int) -> list[int]:
        """Take in at once whatever only goes on with a visit, as by far most does where there is
        much. The others, by their indices, are to be taken one by one.
        """
        known, know = self._at.get, self._know
        told = [(known(event.place) or know(event.place))[0] for event in events]
        for index, event in enumerate(events):
            if event.props:
                told[index] = self._thing(event.place, event.props)
        things = np.fromiter(told, np.int32, len(told))
        times = np.fromiter([event.time_ms for event in events], np.int64, len(events))
        row = self._rows_of(
            [
                event.visitor if event.session is None else event.visitor ^ event.session
                for event in events
            ]
        )
        goes_on = self._just_go_on(row, times, things)
        if not goes_on.all() or (np.diff(times) < 0).any():
            # What one by one is told of a visit, or of its visitor's before midnight, is told whole.
            strange = [events[index] for index in np.flatnonzero(row < 0).tolist()]
            prior = [
                _chain(event.prior, event.session) for event in strange if event.prior is not None
            ]
            apart = row[~goes_on], self._rows_of(prior), _with_one_too_late(row, times)
            goes_on &= ~np.isin(row, np.concatenate(apart))
        some = np.flatnonzero(goes_on)
        self._go_on_with(row[some], times[some], things[some])
        some = some[times[some] > oldest_ms]
        self.trail.add(times[some], row[some], things[some])
        sites = np.bincount(np.frombuffer(self.rows.site, np.int32)[row[some]])
        for code in np.flatnonzero(sites).tolist():
            self._change(self.sites.values[code])
        return np.flatnonzero(~goes_on).tolist()

    def _rows_of(self, chains: Sequence[int]) -> Ints:
        return self._index.find_all(np.fromiter(chains, np.uint64, len(chains)))

    def _just_go_on(self, row: Ints, times: Ints, things: Ints) -> Mask:
        """Whether each goes on with a visit that has a page, is the newest of it and not its end."""
        rows = self.rows
        since_ms = times - np.frombuffer(rows.last_ms, np.int64)[row]
        return (
            (row >= 0)
            & np.frombuffer(rows.is_open, np.bool_)[row]
            & (np.frombuffer(rows.entry, np.int32)[row] >= 0)
            & (since_ms >= 0)
            & (since_ms <= GAP_MS)
            & ~self._ends.table()[things]
        )

    def _go_on_with(self, row: Ints, times: Ints, things: Ints) -> None:
        # Of several of one visit the last one stays.
        np.frombuffer(self.rows.last_ms, np.int64)[row] = times
        views = self.is_view.table()[things]
        np.frombuffer(self.rows.exit, np.int32)[row[views]] = things[views]

    def _step(self, event: Event, row: int, thing: int, origin: int) -> tuple[int, Step]:
        """Take an event into its visit: which that is, if it is to be shown, and what it did."""
        rows, time_ms, kind = self.rows, event.time_ms, event.place.type
        if row < 0 and event.prior is not None:
            row = self._over_midnight(event)
        before_ms = None
        if row >= 0 and rows.is_open[row]:
            before_ms = rows.last_ms[row]
            if time_ms < before_ms and time_ms < rows.start_ms[row] - GAP_MS:
                # Of a visit long before this one: sealing will join it, here it is over.
                return NOBODY, step(kind, time_ms, None)
        taken = step(kind, time_ms, before_ms)
        if taken is NO_VISIT:
            return NOBODY, taken
        if taken is not GOES_ON:
            row = self._start(event, row, origin)
        self._go_on(kind, time_ms, row, thing)
        return row, taken

    def latest(self, visitor: int, session: int | None) -> int | None:
        """When the visitor was seen last, if it was not long ago."""
        row = self._index.find(_chain(visitor, session))
        return None if row < 0 else self.rows.last_ms[row]

    def forget(self, doomed: Doomed) -> None:
        """Take events out of the live view. Visits that they were in are over."""
        time_ms, row, _ = self.trail.columns()
        rows, length = self.rows, self.rows.length
        site = np.frombuffer(rows.site, np.int32)[:length]
        person = np.frombuffer(rows.person, np.int32)[:length]
        meant = site == self.sites.code(doomed.site)
        if doomed.visitor is not None:
            meant = meant & (person == self._index.find(doomed.visitor))
        in_span = (time_ms >= doomed.span.start_ms) & (time_ms < doomed.span.end_ms)
        gone = meant[row] & in_span
        for number in np.unique(row[gone]).tolist():
            rows.is_open[number] = 0
        self.trail.keep(~gone)
        self._change(doomed.site)

    def _change(self, site: str | None) -> None:
        assert site is not None, "it has a number"
        self.changes[site] = self.changes.get(site, 0) + 1

    def _over_midnight(self, event: Event) -> int:
        """After midnight a visit goes on under the new day's id."""
        assert event.prior is not None
        row = self._index.find(_chain(event.prior, event.session))
        if row >= 0:
            self._index.remove(row)
            self.rows.key[row] = _chain(event.visitor, event.session)
            self._index.put(row)
        return row

    def _start(self, event: Event, row: int, origin: int) -> int:
        if row < 0:
            row = self._add(_chain(event.visitor, event.session))
            person = row if event.session is None else self._person(event.visitor)
            self.rows.person[row] = person
        rows = self.rows
        rows.start_ms[row] = rows.last_ms[row] = event.time_ms
        rows.is_open[row] = 1
        rows.site[row] = self.sites.code(event.place.site)
        rows.origin[row] = origin
        rows.client[row] = self._client(event.client)
        rows.entry[row] = rows.exit[row] = -1
        return row

    def _go_on(self, kind: str, time_ms: int, row: int, thing: int) -> None:
        rows, last_ms = self.rows, self.rows.last_ms
        is_newest = time_ms >= last_ms[row]
        if kind == PAGE_VIEW:
            if is_newest or rows.exit[row] < 0:
                rows.exit[row] = thing
                if rows.entry[row] < 0:
                    rows.entry[row] = thing
        elif ends(kind):
            rows.is_open[row] = 0
        if is_newest:
            last_ms[row] = time_ms
        elif time_ms < rows.start_ms[row]:
            rows.start_ms[row] = time_ms

    def _person(self, visitor: int) -> int:
        row = self._index.find(visitor)
        if row < 0:
            row = self._add(visitor)
            self.rows.person[row] = row
            self.rows.is_open[row] = 0
            self.rows.last_ms[row] = 0
        return row

    def _add(self, key: int) -> int:
        row = self._free.pop() if self._free else self.rows.add()
        self.rows.key[row] = key
        self._index.put(row)
        self.rows.origin[row] = self.rows.client[row] = 0
        self.rows.entry[row] = self.rows.exit[row] = -1
        return row

    def _know(self, place: Place) -> tuple[int, int]:
        """The numbers of what happens at a place, and of whence its visitors come."""
        told = astuple(place)[5:]
        # A plain tuple finds what is known: only what is new becomes a `From`.
        origin = self.origins.known(told)
        if origin is None:
            origin = self.origins.code(From(*told))
        return self._at.keep(place, (self._thing(place), origin))

    def _thing(self, place: Place, props: Mapping[str, Scalar] | None = None) -> int:
        told = (*astuple(place)[1:5], tuple(props.items()) if props else ())
        known = self.things.known(told)
        return self._new_thing(*told) if known is None else known

    def _new_thing(
        self, kind: str, hostname: str | None, page: str | None, title: str | None, props: Props
    ) -> int:
        crowd = len(self.things)
        if crowd < MAX_THINGS:
            return self.things.code(Thing(kind, hostname, page, title, props))
        known_page = page if crowd < 2 * MAX_THINGS else None
        return self.things.code(Thing(kind, hostname, known_page, None, ()))

    def _client(self, client: Client) -> int:
        code = self._by.get(client)
        if code is None:
            code = self._by.keep(client, self.clients.code(With(*astuple(client))))
        return code

    def _swept(self) -> int:
        """The moment. What is over by now is forgotten, each time some seconds have passed."""
        now_ms = self._clock.now_ms()
        if now_ms - self._swept_ms > SWEEP_EVERY_MS:
            self.sweep(now_ms)
        return now_ms

    def sweep(self, now_ms: int) -> None:
        """Forget what is older than the window."""
        self._swept_ms = now_ms
        cutoff_ms = now_ms - WINDOW_MS
        self.trail.drop_before(cutoff_ms)
        rows = self.rows
        last_ms = np.frombuffer(rows.last_ms, np.int64)[: rows.length]
        used = np.ones(rows.length, np.bool_)
        used[self._free] = False
        # Far ahead is only what came while the clock was wrong: it would hide who comes now.
        ahead = used & (last_ms > now_ms + 2 * TOO_NEW_MS)
        if ahead.any():
            self.trail.keep(~ahead[self.trail.columns()[1]])
            last_ms[ahead] = 0
        stays = used & (last_ms >= cutoff_ms)
        # A visitor is told by a row of their own for as long as one of their visits is here.
        person = np.frombuffer(rows.person, np.int32)[: rows.length]
        stays[person[stays]] = True
        gone = np.flatnonzero(used & ~stays)
        del last_ms, person
        self._index.remove_all(gone)
        self._free.extend(gone.tolist())
        used[gone] = False
        self._sweep_values(used)

    def _sweep_values(self, used: Mask) -> None:
        """Forget values nobody has any more, once they are the larger part."""
        rows = self.rows
        self._at.clear()
        self._by.clear()
        if len(self.things) > 1024 and len(self.things) > len(self.trail):
            _, _, things = self.trail.columns()
            entries = np.frombuffer(rows.entry, np.int32)[: rows.length][used]
            exits = np.frombuffer(rows.exit, np.int32)[: rows.length][used]
            self.things.keep_only(_marked(len(self.things.values), things, entries, exits))
        crowd = int(used.sum())
        for interner, column in ((self.origins, rows.origin), (self.clients, rows.client)):
            if len(interner) > 1024 and len(interner) > crowd:
                codes = np.frombuffer(column, np.int32)[: rows.length][used]
                interner.keep_only(_marked(len(interner.values), codes))


def _with_one_too_late(row: Ints, times: Ints) -> Ints:
    """The rows of which one came after another that is newer."""
    order = np.argsort(row, kind="stable")
    row, times = row[order], times[order]
    late: Ints = row[1:][(row[1:] == row[:-1]) & (times[1:] < times[:-1])]
    return late


def _marked(length: int, *columns: Ints) -> Mask:
    marks = np.zeros(length, np.bool_)
    for codes in columns:
        marks[codes[codes >= 0]] = True
    return marks


def _chain(visitor: int, session: int | None) -> int:
    """One visitor's visits, apart for each session id where the sender gives them."""
    return visitor if session is None else visitor ^ session
