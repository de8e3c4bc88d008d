"""Our own exports, read back: DuckDB does it all, no event passes through Python."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
from msgspec import Struct

from liveinsight.adapters.sql.export import TEXTS, as_it_was
from liveinsight.adapters.sql.fragments import EPOCH_DATE, RAW_TYPES, statements
from liveinsight.adapters.sql.redate import APART
from liveinsight.adapters.sql.relations import quoted
from liveinsight.adapters.sql.wall_clock import day_number
from liveinsight.domain.errors import Invalid
from liveinsight.domain.period import day_span
from liveinsight.domain.range import Span

# A part is of whole days, so that each is written once; a day that has more is one part.
ROWS_AT_ONCE = 500_000
# What an export tells of each event; the rest is found out.
GIVEN = tuple(name for name in RAW_TYPES if name not in {"site", "day", "event_id", "prior"})
NEEDED = frozenset({*GIVEN, "event_id", "visit", "view"})


class PartOf(Struct, frozen=True):
    """Rows up to `end`: a SELECT of them, and the days on which they lie."""

    end: int
    select: str
    first_day: date
    last_day: date

    def select_in(self, zone: str) -> str:
        """The rows under the days of that zone, which the site may have been given meanwhile."""
        first = day_span(self.first_day - APART, zone).start_ms
        span = Span(first, day_span(self.last_day + APART, zone).end_ms)
        day = f"CAST({day_number('time_ms', span, zone)} AS INTEGER) AS day"
        return f"SELECT * REPLACE ({day})\nFROM ({self.select})"


class Staged:
    """An export as a Parquet file of events, in parts that are the same each time.

    `is_judged` where every visit is there from its beginning, and no event twice: then each part
    holds visits whole, as they were exported.
    """

    def __init__(self, source: Path, folder: Path, site: str, zone: str) -> None:
        self._path = quoted(str(folder / "staged.parquet"))
        self._site = site
        with duckdb.connect(config={"temp_directory": str(folder)}) as db:
            path = _parquet(db, source, folder)
            reader = f"read_parquet({path}, file_row_number = true)"
            self._check(db, reader)
            (stage,) = statements("hot", "stage")
            given = ", ".join(f"told.{name}" for name in GIVEN)
            day = _day(db, path, zone)
            db.execute(stage.format(source=reader, given=given, path=self._path, day=day))
            self._days: list[tuple[int, int, int]] = db.execute(
                f"SELECT start_day, max(day), count(*) FROM read_parquet({self._path})"
                " GROUP BY start_day ORDER BY start_day"
            ).fetchall()
            judged = db.execute(
                "SELECT bool_and(is_whole) AND count(*) = count(DISTINCT event_id)"
                f" FROM read_parquet({self._path})"
            ).fetchone()
        self.rows = sum(rows for *_, rows in self._days)
        self.is_judged = bool(judged and judged[0])

    @staticmethod
    def _check(db: duckdb.DuckDBPyConnection, reader: str) -> None:
        found = {row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()}
        missing = sorted(NEEDED - found)
        if missing:
            raise Invalid("path", f"is no export of ours: it lacks {', '.join(missing)}")

    def parts(self, done: int) -> Iterator[PartOf]:
        """What follows the first `done` rows."""
        end = begin = 0
        first = last = None
        for number, (start_day, last_day, rows) in enumerate(self._days, start=1):
            end += rows
            first = start_day if first is None else first
            last = last_day if last is None else max(last, last_day)
            if end - begin >= ROWS_AT_ONCE or number == len(self._days):
                if end > done:
                    yield self._part(max(begin, done), end, first, last)
                begin, first, last = end, None, None

    def _part(self, begin: int, end: int, first: int, last: int) -> PartOf:
        select = (
            f"SELECT *, {quoted(self._site)} AS site\n"
            f"FROM read_parquet({self._path}, file_row_number = true)\n"
            f"WHERE file_row_number >= {begin} AND file_row_number < {end}"
        )
        days = [EPOCH_DATE + timedelta(days=day) for day in (first, last)]
        return PartOf(end, select, *days)


def _parquet(db: duckdb.DuckDBPyConnection, source: Path, folder: Path) -> str:
    """The source itself, or what a CSV file holds."""
    path = quoted(str(source))
    types = {name: RAW_TYPES[name] for name in (*GIVEN, "event_id")}
    types |= {"visit": "UBIGINT", "view": "UINTEGER"}
    told = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    try:
        if source.suffix == ".parquet":
            db.execute(f"SELECT * FROM read_parquet({path}) LIMIT 0")
            return path
        written = quoted(str(folder / "told.parquet"))
        plain = ", ".join(as_it_was(name) for name in TEXTS)
        rows = (
            f"SELECT * REPLACE ({plain}) FROM read_csv({path}, header = true, types = {{{told}}})"
        )
        db.execute(f"COPY ({rows}) TO {written} (FORMAT parquet, COMPRESSION lz4_raw)")
    except duckdb.Error as error:
        raise Invalid("path", f"cannot be read as an export: {error}") from None
    return written


def _day(db: duckdb.DuckDBPyConnection, path: str, zone: str) -> str:
    """The local day of `time_ms` as days since 1970."""
    row = db.execute(f"SELECT min(time_ms), max(time_ms) FROM read_parquet({path})").fetchone()
    first, last = row if row and row[0] is not None else (0, 0)
    return f"CAST({day_number('time_ms', Span(first, last + 1), zone)} AS INTEGER)"
