"""Our own exports, read back: DuckDB does it all, no event passes through Python."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from liveinsight.adapters.sql.export import TEXTS, as_it_was
from liveinsight.adapters.sql.fragments import EPOCH_DATE, RAW_TYPES, statements
from liveinsight.adapters.sql.relations import ONE_DAY, quoted
from liveinsight.domain.errors import Invalid
from liveinsight.domain.period import day_span, local_day

ROWS_AT_ONCE = 250_000
# What an export tells of each event; the rest is found out.
GIVEN = tuple(name for name in RAW_TYPES if name not in {"site", "day", "event_id", "prior"})


class Staged:
    """An export as a Parquet file of events, in parts that are the same each time."""

    def __init__(self, source: Path, folder: Path, site: str, zone: str) -> None:
        self._path = quoted(str(folder / "staged.parquet"))
        self._site = site
        self._zone = zone
        with duckdb.connect(config={"temp_directory": str(folder)}) as db:
            reader = _reader(source)
            self._check(db, reader)
            (stage,) = statements("hot", "stage")
            given = ", ".join(f"told.{name}" for name in GIVEN)
            db.execute(stage.format(source=reader, given=given, path=self._path))
            row = db.execute(
                f"SELECT count(*), min(time_ms), max(time_ms) FROM read_parquet({self._path})"
            ).fetchone()
        self.rows, self._first_ms, self._last_ms = row or (0, 0, 0)

    @staticmethod
    def _check(db: duckdb.DuckDBPyConnection, reader: str) -> None:
        try:
            found = {row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()}
        except duckdb.Error as error:
            raise Invalid("path", f"cannot be read as an export: {error}") from None
        missing = sorted({*GIVEN, "event_id", "visit"} - found)
        if missing:
            raise Invalid("path", f"is no export of ours: it lacks {', '.join(missing)}")

    def parts(self, done: int) -> Iterator[tuple[int, str]]:
        """SELECTs of what follows the first `done` rows, each with the row after its last."""
        while done < self.rows:
            end = min(done + ROWS_AT_ONCE, self.rows)
            yield end, self._select(done, end)
            done = end

    def _select(self, first: int, end: int) -> str:
        return (
            f"SELECT staged.*, {quoted(self._site)} AS site, calendar.day\n"
            f"FROM read_parquet({self._path}, file_row_number = true) AS staged\n"
            f"ASOF JOIN (VALUES {self._calendar()}) AS calendar(start_ms, day)\n"
            "ON staged.time_ms >= calendar.start_ms\n"
            f"WHERE staged.file_row_number >= {first} AND staged.file_row_number < {end}"
        )

    def _calendar(self) -> str:
        day = local_day(self._first_ms, self._zone).date
        last = local_day(self._last_ms, self._zone).date
        rows = []
        while day <= last:
            rows.append(f"({day_span(day, self._zone).start_ms}, {(day - EPOCH_DATE).days})")
            day += ONE_DAY
        return ", ".join(rows)


def _reader(source: Path) -> str:
    path = quoted(str(source))
    if source.suffix == ".parquet":
        return f"read_parquet({path})"
    types = {name: RAW_TYPES[name] for name in (*GIVEN, "event_id")} | {"visit": "UBIGINT"}
    told = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    plain = ", ".join(as_it_was(name) for name in TEXTS)
    return f"(SELECT * REPLACE ({plain}) FROM read_csv({path}, header = true, types = {{{told}}}))"
