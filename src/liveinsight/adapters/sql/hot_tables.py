"""The hot tables: what is kept but not sealed, judged as it comes, beside the files it touches.

A batch is judged together with whatever lies within half an hour of it and is the same person's:
hot rows are taken out and judged again, sealed ones are lifted (read back, and masked in their
files). So the tables hold at every moment what sealing would write, in whatever order events come.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from datetime import date

from duckdb import DuckDBPyConnection, OutOfMemoryException, TransactionException
from msgspec import Struct

from liveinsight.adapters.sql.conditions import filter_sql
from liveinsight.adapters.sql.fragments import statements
from liveinsight.adapters.sql.judging import HotSql, Judging
from liveinsight.adapters.sql.parameters import Given, Parameters
from liveinsight.adapters.sql.relations import ONE_DAY, Relations, over
from liveinsight.domain.drop import Drop
from liveinsight.domain.event import Event
from liveinsight.domain.filter import Filter
from liveinsight.domain.forget import Doomed
from liveinsight.domain.lake import LakeFile, Relation

# Drops whose events are kept: they are counted from `aside`, which knows better.
KEPT_APART = frozenset({Drop.BOT, Drop.SPAM_REFERRER, Drop.NO_VISIT})
Drops = Mapping[tuple[str, date, str], int]  # (site, day, reason) -> how often
Arrays = Mapping[str, object]  # numpy's, by the names of an event's fields


class Moment(Struct, frozen=True):
    """What can be read at one moment: batches up to `epoch`, commit groups up to `seq`, files of
    the lake's `generation`.
    """

    relations: Relations
    epoch: int
    seq: int
    generation: int


class HotTables:
    """Written by one thread; read by any number, each through `snapshot`."""

    def __init__(
        self,
        db: DuckDBPyConnection,
        zone_of: Callable[[str], str],
        files: Iterable[LakeFile] = (),
        *,
        seq: int = 0,
        generation: int = 0,
    ) -> None:
        self._db = db
        self._sql = HotSql(db)
        self._judging = Judging(self._sql)
        self._given_zone_of = zone_of
        self._zones: dict[str, str] = {}
        self._files = tuple(files)
        self._lock = threading.Lock()
        self.sealed_epoch = 0
        self._emptied: dict[str, set[date]] = {}  # days that may have nothing hot to tell of them
        db.execute("SET GLOBAL pandas_analyze_sample = 0")  # object columns are text, always
        for statement in statements("hot", "tables"):
            db.execute(statement)
        self._moment = Moment(Relations(self._files), 0, seq, generation)

    def zone_of(self, site: str) -> str:
        """The time zone in which the site's days are told here: that of its files, and the same as
        long as these tables are, also when the site is given another. Then its files are redated,
        and there are new tables.
        """
        zone = self._zones.get(site)
        if zone is None:
            zone = self._moment.relations.zone(site) or self._given_zone_of(site)
            self._zones[site] = zone
        return zone

    @property
    def moment(self) -> Moment:
        """What has come so far."""
        return self._moment

    def snapshot(self, cursor: DuckDBPyConnection) -> Moment:
        """Open a transaction on the cursor that sees the tables as they are now."""
        with self._lock:
            cursor.execute("BEGIN TRANSACTION")
            # DuckDB takes its view of the tables when the first of them is looked at.
            cursor.execute("SELECT count(*) FROM masked").fetchall()
            return self._moment

    def load_drops(self, rows: Sequence[tuple[str, str, str, int]]) -> None:
        """What is known of earlier drops: (site, day, reason, n)."""
        if rows:
            self._db.executemany("INSERT INTO drops VALUES (?, CAST(? AS DATE), ?, ?, 0)", rows)

    def add(self, events: Sequence[Event], drops: Drops, seq: int) -> None:
        """Take in a batch in order of arrival, the commit groups up to `seq`.

        All of it or, when it fails, nothing.
        """
        epoch = self._moment.epoch + 1
        with self._changing(epoch, seq, self._moment.generation):
            if events:
                self._sql.run("begin")
                with self._brought(events):
                    self._sql.run("arrive")
                self._judging.judge(epoch, self._files)
                self._sql.run("visits", from_epoch=epoch)
            self._count(drops, epoch)

    def stage(self, batches: Iterable[Arrays]) -> None:
        """Put batches where `add_staged` finds them; nothing that can be read changes."""
        moment = self._moment
        with self._changing(moment.epoch, moment.seq, moment.generation):
            self._sql.run("begin")
            for arrays in batches:
                with self._registered(arrays):
                    self._sql.run("arrive")

    def add_staged(self, drops: Drops, seq: int) -> None:
        """Take in what was staged as one batch: large ones cost less for each event.

        What they are visits of is told by `tell_visits`, before anything is read.
        """
        epoch = self._moment.epoch + 1
        with self._changing(epoch, seq, self._moment.generation):
            self._judging.judge(epoch, self._files)
            self._count(drops, epoch)

    def tell_visits(self, from_epoch: int) -> None:
        """Make the visits of what was staged and taken in from that batch on."""
        moment = self._moment
        with self._changing(moment.epoch, moment.seq, moment.generation):
            self._sql.run("visits", from_epoch=from_epoch)

    def settle(self) -> None:
        """Have what stays take little room: a checkpoint compresses what is in memory, and lets go
        of rows that were taken out. Who reads goes on reading what they saw.
        """
        # Where somebody is in the way, or there is no room to do it, it is done the next time.
        with suppress(TransactionException, OutOfMemoryException):
            self._sql.run("settle")

    def add_rows(self, select: str) -> None:
        """The same for events that DuckDB can read by itself: a SELECT of an event's columns,
        with `day` as days since 1970.
        """
        epoch, seq = self._moment.epoch + 1, self._moment.seq
        with self._changing(epoch, seq, self._moment.generation):
            self._db.execute(f"CREATE OR REPLACE TEMP VIEW arrived AS {select}")
            self._sql.run("begin")
            self._sql.run("arrive")
            self._db.execute("DROP VIEW arrived")
            self._judging.judge(epoch, self._files)
            self._sql.run("visits", from_epoch=epoch)

    def add_judged(self, select: str) -> None:
        """The same for whole visits that nothing here is near to (`is_alone`): they stay as they
        are, with `visit` and `view`.
        """
        epoch, seq = self._moment.epoch + 1, self._moment.seq
        with self._changing(epoch, seq, self._moment.generation):
            self._db.execute(f"CREATE OR REPLACE TEMP VIEW arrived AS {select}")
            self._sql.run("arrive_judged", epoch=epoch)
            self._db.execute("DROP VIEW arrived")
            self._sql.run("visits", from_epoch=epoch)

    def is_alone(self, site: str, first_day: date, last_day: date, but: AbstractSet[str]) -> bool:
        """Whether there is nothing of the site on these days and those next to them, but what is
        in the files so named.
        """
        first_day, last_day = first_day - ONE_DAY, last_day + ONE_DAY
        return not self._sql.number("SELECT count(*) FROM hot_events") and not any(
            file.site == site
            and file.relation in (Relation.EVENTS, Relation.ASIDE)
            and file.first_day <= last_day
            and first_day <= file.last_day
            and file.name not in but
            for file in self._files
        )

    def take_back(self, site: str, reason: str, first_day: date, last_day: date) -> int:
        """Judge what was set aside for that reason as if it had not been; how many events."""
        epoch, seq = self._moment.epoch + 1, self._moment.seq
        pieces = self._moment.relations.pieces(site, first_day, last_day)
        with self._changing(epoch, seq, self._moment.generation):
            told = {"site": site, "rows": over(pieces, Relation.ASIDE)}
            self._sql.run("take_back", told, reason=reason, epoch=epoch)
            events = self._sql.number("SELECT count(*) FROM work")
            if events:
                self._judging.gather(epoch, self._files)
                self._sql.run("judge", epoch=epoch)
                self._sql.run("visits", from_epoch=epoch)
        return events

    def forget(self, doomed: Doomed) -> int:
        """Take out what is doomed, and judge anew what was near it; how many events went."""
        is_doomed = _is_doomed(doomed)
        with self._without(doomed, is_doomed) as gone:
            epoch = self._moment.epoch + 1
            self._sql.run("drop_asides", self._told(doomed, is_doomed), epoch=epoch)
            gone.append(self._sql.number("SELECT count(*) FROM taken_aside"))
            self._sql.run("forget_doomed", {"is_doomed": is_doomed})
        return sum(gone)

    def set_aside(self, meant: Doomed, tree: Filter, reason: str) -> int:
        """Keep apart what was counted, and judge anew what was near it; how many events."""
        parameters = Parameters()
        where = f"{_is_doomed(meant)} AND {filter_sql(tree, parameters)}"
        with self._without(meant, where, parameters.values) as gone:
            self._sql.run("move_aside", reason=reason, epoch=self._moment.epoch + 1)
        return sum(gone)

    @contextmanager
    def _without(
        self, meant: Doomed, where: str, values: Mapping[str, Given] | None = None
    ) -> Iterator[list[int]]:
        """Events that are meant stand in `work` with all within their reach; who asked takes them
        out, then the rest is judged. Gives a list that holds how many were meant.
        """
        epoch, seq = self._moment.epoch + 1, self._moment.seq
        with self._changing(epoch, seq, self._moment.generation):
            self._seek(meant, where, values or {})
            gone = [self._sql.number("SELECT count(*) FROM work")]
            if gone[0]:
                self._judging.gather(epoch, self._files)
            yield gone
            days = self._db.execute("SELECT DISTINCT day FROM emptied").fetchall()
            self._emptied = {meant.site: {day for (day,) in days}}
            if self._sql.number("SELECT count(*) FROM work"):
                self._sql.run("judge", epoch=epoch)
                self._sql.run("visits", from_epoch=epoch)

    def _seek(self, meant: Doomed, where: str, values: Mapping[str, Given]) -> None:
        told = self._told(meant, where)
        for statement in statements("hot", "seek_doomed"):
            text = statement.format_map(told)
            named = {key: value for key, value in values.items() if f"${key}" in text}
            self._db.execute(text, named)

    def _told(self, meant: Doomed, where: str) -> dict[str, str]:
        known = self._moment.relations.days(meant.site)
        pieces = self._moment.relations.pieces(meant.site, *known) if known else ()
        return {
            "site": meant.site,
            "events": over(pieces, Relation.EVENTS),
            "asides": over(pieces, Relation.ASIDE),
            "is_doomed": where,
        }

    def dirty_days(self, cursor: DuckDBPyConnection) -> dict[str, list[date]]:
        """The days that were written to since the last seal, as the cursor sees it."""
        (query,) = statements("hot", "dirty")
        days = {site: set(emptied) for site, emptied in self._emptied.items() if emptied}
        for site, day in cursor.execute(query, {"epoch": self.sealed_epoch}).fetchall():
            days.setdefault(site, set()).add(day)
        return {site: sorted(found) for site, found in days.items()}

    def new_drops(self, cursor: DuckDBPyConnection) -> dict[tuple[str, date, str], int]:
        """How often something was not kept since the last seal, as the cursor sees it."""
        counted = cursor.execute(
            "SELECT site, day, reason, sum(n) FROM drops WHERE epoch > 0 GROUP BY ALL"
        ).fetchall()
        return {(site, day, reason): int(n) for site, day, reason, n in counted}

    def sealed(
        self, epoch: int, files: Iterable[LakeFile], generation: int, keep_from_ms: int
    ) -> None:
        """What batches up to `epoch` brought is in `files` now.

        Visits that were going on at `keep_from_ms` stay as they are, hot and masked, so that what
        goes on needs no lifting.
        """
        self._files = tuple(files)
        self._emptied = {}
        with self._changing(self._moment.epoch, self._moment.seq, generation):
            self._sql.run("prune", epoch=epoch, keep_from_ms=keep_from_ms)
        self.sealed_epoch = epoch

    @contextmanager
    def _changing(self, epoch: int, seq: int, generation: int) -> Iterator[None]:
        """A transaction; what can be read changes with its commit, at once."""
        self._db.execute("BEGIN TRANSACTION")
        try:
            yield
            relations = Relations(self._files, self._live_days())
            with self._lock:
                self._db.execute("COMMIT")
                self._moment = Moment(relations, epoch, seq, generation)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _brought(self, events: Sequence[Event]) -> Iterator[None]:
        """Have DuckDB know the batch as `arrived`."""
        # Here, since a home without numpy brings its batches in another way.
        from liveinsight.adapters.sql.columns import Columns  # noqa: PLC0415

        columns = Columns()
        columns.add(events)
        with self._registered(columns.arrays(self.zone_of)):
            yield

    @contextmanager
    def _registered(self, arrays: Arrays) -> Iterator[None]:
        self._db.register("arrived", arrays)
        yield
        self._db.unregister("arrived")

    def _live_days(self) -> dict[str, frozenset[date]]:
        days = {site: set(emptied) for site, emptied in self._emptied.items()}
        for table in ("hot_events", "hot_visits", "hot_aside"):
            for site, day in self._db.execute(f"SELECT DISTINCT site, day FROM {table}").fetchall():
                days.setdefault(site, set()).add(day)
        return {site: frozenset(found) for site, found in days.items()}

    def _count(self, drops: Drops, epoch: int) -> None:
        rows = [
            (site, day, reason, n, epoch)
            for (site, day, reason), n in drops.items()
            if reason not in KEPT_APART
        ]
        if rows:
            self._db.executemany("INSERT INTO drops VALUES (?, ?, ?, ?, ?)", rows)


def _is_doomed(doomed: Doomed) -> str:
    """A condition on events of its site; numbers alone."""
    parts = [f"time_ms >= {doomed.span.start_ms} AND time_ms < {doomed.span.end_ms}"]
    if doomed.visitor is not None:
        parts.append(f"visitor = {doomed.visitor}")
    return " AND ".join(parts)
