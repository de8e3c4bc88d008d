"""DuckDB in memory, with hot tables over the lake's files of one generation.

When somebody else changes the lake a new engine is made, and the old one goes when the last
question that reads from it is answered.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import duckdb
from msgspec import Struct

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.groups import Group
from liveinsight.adapters.local.journal import SqliteHotReader
from liveinsight.adapters.local.lake import SqliteLake
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.sql.hot_tables import Arrays, HotTables, Moment
from liveinsight.adapters.sql.memory import connect
from liveinsight.domain.event import Event
from liveinsight.domain.lake import LakeFile
from liveinsight.domain.period import local_day

# While catching up: all at once, as a visit that goes on in the next batch is judged again, whole.
# To judge takes some 1.5 kB an event: a small machine takes smaller batches and more time.
STAGED_EVENTS_PER_MB = 250  # of the limit
# Each thread leaves an unfinished group of rows a batch; where batches are no larger than such a
# group that is most of the memory.
FEW_EVENTS = 123_000
# As events come they take some 320 bytes each; settled, a tenth of that. It takes about a second for
# a million, so it is done for many at once, and sooner where memory is little.
LOOSE_EVENTS = 200_000
LOOSE_EVENTS_PER_MB = 500
# What is turned into columns at once is held as Python's objects until it is brought.
COLUMN_EVENTS = 20_000


class Staged(Struct, frozen=True):
    """What was put aside to be judged: the commit groups up to `seq`."""

    events: int
    drops: Counter[tuple[str, date, str]]
    seq: int
    goes_on: bool


class Engine:
    """Written by one thread, read by any number."""

    def __init__(self, lake: SqliteLake, control: SqliteControl, limits: Limits) -> None:
        self._lake = lake
        self._control = control
        files, generation, seq = lake.state()
        self._erased = lake.erased()
        self.db = connect(
            lake.root.parent / "spill", memory_mb=limits.memory_mb, threads=limits.fitting_threads
        )
        # What was needed for a moment is given back: a large batch takes some hundred MB.
        self.db.execute("SET GLOBAL allocator_background_threads = true")
        self._threads = limits.fitting_threads
        self._memory_mb = limits.memory_mb
        self.batch_events = limits.batch_events
        self.hot = HotTables(self.db, self._given_zone_of, files, seq=seq, generation=generation)
        self.hot.load_drops(lake.drops())
        self.unsealed_events = 0
        self._loose_events = 0  # rows that are not settled
        self._in_use: Counter[int] = Counter()
        self._counting = threading.Lock()

    @property
    def is_current(self) -> bool:
        """Whether it knows the lake as it is."""
        return self._lake.generation() == self.hot.moment.generation

    def zone_of(self, site: str) -> str:
        """The time zone in which the site's days are told here."""
        return self.hot.zone_of(site)

    def _given_zone_of(self, site: str) -> str:
        found = self._control.sites().by_name(site)
        return found.timezone if found else "UTC"

    def read(self, journal: SqliteHotReader) -> int:
        """Take in a batch of what the journal has since; how many events."""
        events: list[Event] = []
        drops: Counter[tuple[str, date, str]] = Counter()
        before = seq = self.hot.moment.seq
        for number, at_ms, group in journal.unsealed(before):
            seq = number
            events += self._unerased(group.events, seq)
            self._note(drops, at_ms, group)
            if len(events) >= self.batch_events:
                break
        if seq == before or not self.is_current:
            return 0  # what was read may lack what was sealed meanwhile
        self._control.refresh()
        self.hot.add(events, drops, seq)
        self.unsealed_events += len(events)
        self._loose_events += len(events)
        return max(1, len(events))

    def catch_up(
        self, journal: SqliteHotReader, told: Callable[[int], bool], until: int | None = None
    ) -> bool:
        """Take in what the journal has, or its groups up to `until`, as much at once as memory bears.

        `told` hears how many events were read, and says whether to go on; what it said.
        """
        first_epoch = self.hot.moment.epoch + 1
        most = self._memory_mb * STAGED_EVENTS_PER_MB
        with self._threads_for(most):
            while (journal.last_seq() if until is None else until) > self.hot.moment.seq:
                staged = self._stage(journal, most, told, until)
                if not staged.goes_on:
                    return False
                if staged.seq == self.hot.moment.seq:
                    break  # what is left cannot be read
                if not self.is_current:
                    break  # what was read may lack what was sealed meanwhile
                self.hot.add_staged(staged.drops, staged.seq)
                self.unsealed_events += staged.events
                self._loose_events += staged.events
        if self.hot.moment.epoch >= first_epoch:
            self.hot.tell_visits(first_epoch)
        return True

    def settle(self) -> None:
        """Have what is hot take little room, once there is much of it that does not. Where that
        fails it is tried again when as much has come once more, not each second.
        """
        if self._loose_events >= min(LOOSE_EVENTS, LOOSE_EVENTS_PER_MB * self._memory_mb):
            self._loose_events = 0
            self.hot.settle()

    def sealed(
        self, epoch: int, files: Iterable[LakeFile], generation: int, keep_from_ms: int
    ) -> int:
        """What batches up to `epoch` brought is in `files` now; how many rows stay, written anew."""
        self.hot.sealed(epoch, files, generation, keep_from_ms)
        self._loose_events = self.hot_events()
        return self._loose_events

    @contextmanager
    def _threads_for(self, events: int) -> Iterator[None]:
        threads = 1 if events <= FEW_EVENTS else self._threads
        self.db.execute(f"SET GLOBAL threads = {threads}")
        try:
            yield
        finally:
            self.db.execute(f"SET GLOBAL threads = {self._threads}")

    def _stage(
        self,
        journal: SqliteHotReader,
        most: int,
        told: Callable[[int], bool],
        until: int | None,
    ) -> Staged:
        """Read on, up to so many events."""
        # Here, since numpy is 10 MB and a tenth of a second that a start with nothing to read has not.
        from liveinsight.adapters.sql.columns import Columns  # noqa: PLC0415

        self._control.refresh()
        seq, count, goes_on = self.hot.moment.seq, 0, True
        drops: Counter[tuple[str, date, str]] = Counter()
        enough = min(COLUMN_EVENTS, self.batch_events)

        def batches() -> Iterator[Arrays]:
            nonlocal seq, count, goes_on
            columns = Columns()
            for number, at_ms, group in journal.unsealed(seq):
                seq = number
                count += len(group.events)
                columns.add(self._unerased(group.events, seq))
                self._note(drops, at_ms, group)
                if len(columns) >= enough:
                    yield columns.arrays(self.zone_of)
                    goes_on = told(len(columns))
                    columns = Columns()
                if count >= most or not goes_on or (until is not None and seq >= until):
                    break
            if len(columns):
                yield columns.arrays(self.zone_of)
                goes_on = told(len(columns))

        self.hot.stage(batches())
        return Staged(count, drops, seq, goes_on)

    def _note(self, drops: Counter[tuple[str, date, str]], at_ms: int, group: Group) -> None:
        for site, reason, n in group.drops:
            drops[site, local_day(at_ms, self.zone_of(site)).date, reason] += n

    def _unerased(self, events: Sequence[Event], seq: int) -> Sequence[Event]:
        gone = {site for site, limit in self._erased.items() if seq <= limit}
        return [event for event in events if event.place.site not in gone] if gone else events

    @contextmanager
    def cursor(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Moment]]:
        """A cursor in a transaction of its own, and the moment that it sees."""
        cursor, moment = self.db.cursor(), None
        try:
            moment = self.hot.snapshot(cursor)
            self._count_use(moment, 1)
            yield cursor, moment
        finally:
            cursor.close()
            if moment is not None:
                self._count_use(moment, -1)

    def _count_use(self, moment: Moment, change: int) -> None:
        with self._counting:  # one lost among threads would keep files and engine for ever
            self._in_use[moment.generation] += change

    def oldest_in_use(self) -> int | None:
        """The oldest generation of files that a question still reads."""
        with self._counting:
            return min((generation for generation, n in self._in_use.items() if n), default=None)

    def hot_events(self) -> int:
        """Rows in the hot tables."""
        cursor = self.db.cursor()
        try:
            (rows,) = cursor.execute("SELECT count(*) FROM hot_events").fetchone() or (0,)
            return int(rows)
        finally:
            cursor.close()
