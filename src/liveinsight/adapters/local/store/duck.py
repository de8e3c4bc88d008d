"""DuckDB in memory over journal and lake: what the store process is inside, without a process.

The CLI and notebooks use it too, to read beside a running server; only the store seals.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
from msgspec import Struct, structs

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.journal import SqliteHotReader
from liveinsight.adapters.local.lake import Publication, SqliteLake
from liveinsight.adapters.sql.hot_tables import HotTables, Moment
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.seal import Change, Sealing, month_span
from liveinsight.domain.event import Event
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import MINUTE_MS, local_day
from liveinsight.domain.visit import GAP_MS
from liveinsight.ports import Clock

# Events of one batch: enough that DuckDB's fixed cost is small, little enough to stay in memory.
BATCH_EVENTS = 50_000
# Groups stay this long in the journal, sealed or not: the live window is rebuilt from them.
KEEP_GROUPS_MS = 45 * MINUTE_MS
# Visits stay hot a little longer than they can go on, so that seldom one has to be lifted.
KEEP_VISITS_MS = GAP_MS + 5 * MINUTE_MS
# Events come up to a day late; a month is put together when that is over everywhere.
COMPACT_AFTER = timedelta(days=3)


class Limits(Struct, frozen=True):
    """What DuckDB may use."""

    memory_mb: int = 1024
    threads: int = 2


class DuckStore:
    """One thread tails and seals; any number read."""

    def __init__(
        self,
        folder: Folder,
        clock: Clock,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._limits = limits
        self._lake = SqliteLake(folder, at)
        self._reader = SqliteHotReader(folder)
        self._control = SqliteControl(folder)
        self._writing = threading.RLock()
        self._in_use: Counter[int] = Counter()
        self._open()

    def _open(self) -> None:
        """Begin with what the files hold; the journal is read by `tail`."""
        files, generation, seq = self._lake.state()
        self._control.refresh()
        self._erased = self._lake.erased()
        self._db = _connect(self._folder.path / "spill", self._limits)
        self._hot = HotTables(self._db, self._zone_of, files, seq=seq, generation=generation)
        self._hot.load_drops(self._lake.drops())

    def close(self) -> None:
        """Let everything go."""
        with self._writing:
            self._db.close()
            self._reader.close()
            self._control.close()
            self._lake.close()

    def clean(self) -> None:
        """Remove what a crash left behind; for the one who seals, at the start."""
        self._lake.clean()

    @property
    def moment(self) -> Moment:
        """What can be read now."""
        return self._hot.moment

    def backlog(self) -> int:
        """Commit groups that are not read yet."""
        return max(0, self._reader.last_seq() - self._hot.moment.seq)

    def hot_events(self) -> int:
        """Rows in the hot tables."""
        cursor = self._db.cursor()
        try:
            (rows,) = cursor.execute("SELECT count(*) FROM hot_events").fetchone() or (0,)
            return int(rows)
        finally:
            cursor.close()

    def tail(self) -> int:
        """Take in what the journal has since, one batch; how many events."""
        with self._writing:
            if self._lake.generation() != self._hot.moment.generation:
                self._reopen()
            events: list[Event] = []
            drops: Counter[tuple[str, date, str]] = Counter()
            before = seq = self._hot.moment.seq
            for number, at_ms, group in self._reader.unsealed(before):
                seq = number
                events += self._unerased(group.events, seq)
                for site, reason, n in group.drops:
                    drops[site, local_day(at_ms, self._zone_of(site)).date, reason] += n
                if len(events) >= BATCH_EVENTS:
                    break
            if self._lake.generation() != self._hot.moment.generation:
                return self.tail()  # what was read may lack what was sealed meanwhile
            if seq > before:
                self._control.refresh()
                self._hot.add(events, drops, seq)
            return len(events)

    def _reopen(self) -> None:
        """Somebody else changed the lake (an import does): begin again from the files."""
        old = self._db
        self._open()
        while self.tail():
            pass
        old.close()

    def _unerased(self, events: list[Event], seq: int) -> list[Event]:
        gone = {site for site, limit in self._erased.items() if seq <= limit}
        return [event for event in events if event.site not in gone] if gone else events

    def _zone_of(self, site: str) -> str:
        found = self._control.sites().by_name(site)
        return found.timezone if found else "UTC"

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Everything as it is now, for one question."""
        cursor = self._db.cursor()
        try:
            moment = self._hot.snapshot(cursor)
            self._in_use[moment.generation] += 1
            try:
                yield Reading(cursor, moment.relations, moment.seq, self._clock.now_ms())
            finally:
                self._in_use[moment.generation] -= 1
        finally:
            cursor.close()

    def seal(self) -> int:
        """Write all that is hot into files; how many files."""
        with self._lake.sealing() as generation:
            if self._lake.generation() != self._hot.moment.generation:
                self.tail()
                return 0
            cursor = self._db.cursor()
            try:
                moment = self._hot.snapshot(cursor)
                publication = self._publication(cursor, moment, generation)
            finally:
                cursor.close()
            self._publish(publication, moment.epoch, generation)
            return len(publication.new)

    def _publish(self, publication: Publication, epoch: int, generation: int) -> None:
        settled = self._lake.settle(publication.new)
        with self._writing:
            files = self._lake.publish(structs.replace(publication, new=settled))
            keep_from_ms = self._clock.now_ms() - KEEP_VISITS_MS
            self._hot.sealed(epoch, files, generation, keep_from_ms)

    def _publication(
        self, cursor: duckdb.DuckDBPyConnection, moment: Moment, generation: int
    ) -> Publication:
        change = Change([], [])
        for site, days in sorted(self._hot.dirty_days(cursor).items()):
            part = self._sealing(cursor, moment, site, generation).days(days)
            change.new += part.new
            change.gone += part.gone
        counted = cursor.execute(
            "SELECT site, day, reason, sum(n) FROM drops WHERE epoch > 0 GROUP BY ALL"
        ).fetchall()
        return Publication(
            new=tuple(change.new),
            gone=tuple(change.gone),
            sealed_seq=moment.seq,
            drops={(site, day, reason): int(n) for site, day, reason, n in counted},
        )

    def _sealing(
        self, cursor: duckdb.DuckDBPyConnection, moment: Moment, site: str, generation: int
    ) -> Sealing:
        return Sealing(
            cursor,
            moment.relations,
            site,
            self._zone_of(site),
            generation=generation,
            place=self._lake.place,
        )

    def compact(self) -> int:
        """Put the day files of months that are over together; how many months."""
        due = list(self._months_to_compact())
        for site, month in due:
            with self._lake.sealing() as generation:
                cursor = self._db.cursor()
                try:
                    moment = self._hot.snapshot(cursor)
                    change = self._sealing(cursor, moment, site, generation).month(month)
                finally:
                    cursor.close()
                publication = Publication(tuple(change.new), tuple(change.gone))
                self._publish(publication, self._hot.sealed_epoch, generation)
        return len(due)

    def _months_to_compact(self) -> Iterator[tuple[str, date]]:
        relations = self._hot.moment.relations
        for site in sorted(relations.sites()):
            today = local_day(self._clock.now_ms(), self._zone_of(site)).date
            months = {
                file.first_day.replace(day=1)
                for file in relations.files(site)
                if file.relation is not Relation.ROLLUP and not file.period_is_month
            }
            for month in sorted(months):
                if month_span(month)[1] + COMPACT_AFTER < today:
                    yield site, month

    def tidy(self) -> bool:
        """Remove a little of what is not needed any more; whether there may be more."""
        in_use = [generation for generation, n in self._in_use.items() if n]
        self._lake.remove_gone(min(in_use, default=None))
        return self._lake.forget_groups(self._clock.now_ms() - KEEP_GROUPS_MS)


def _connect(spill: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(
        config={
            "memory_limit": f"{limits.memory_mb}MB",
            "threads": limits.threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    db.execute("SET parquet_metadata_cache = true")
    return db
