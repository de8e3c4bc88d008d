"""Sealing: the relations of some days, written as they stand into new Parquet files.

Nothing is computed here that was not judged before: a file holds what a question would have
read at that moment, so it may be written twice, late, or after a crash, and holds the same.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection
from msgspec import Struct

from liveinsight.adapters.sql.figures import FIGURES, Figures
from liveinsight.adapters.sql.fragments import statements
from liveinsight.adapters.sql.relations import (
    EVENT_COLUMNS,
    ONE_DAY,
    Relations,
    over,
    quoted,
    read,
)
from liveinsight.domain.lake import FORMAT, LakeFile, Relation, file_name
from liveinsight.domain.period import day_span

Place = Callable[[str], str]  # a file's name -> the path at which it is to be written
KEPT_AS = (Relation.EVENTS, Relation.VISITS, Relation.ASIDE)
# Rows that are sorted or counted at once, for each MB of the engine's limit: at twice as many it
# found no room.
ROWS_PER_MB = 700
VISIT_IDS = 2**64
EVENT_FIELDS = {"event_fields": ", ".join(EVENT_COLUMNS)}
MB_OF = {"bytes": 1 / 2**20, "KiB": 1 / 2**10, "MiB": 1, "GiB": 2**10, "TiB": 2**20}
ROWS_PER_GROUP = {Relation.ROLLUP: 30_720}


class Change(Struct):
    """Files that come (written, not yet published) and files that they replace."""

    new: list[LakeFile]
    gone: list[LakeFile]


class Sealing:
    """Seals one site, as `relations` show it within the cursor's transaction."""

    def __init__(
        self,
        cursor: DuckDBPyConnection,
        relations: Relations,
        site: str,
        zone: str,
        *,
        generation: int,
        place: Place,
        writer: str = "",
    ) -> None:
        self._cursor = cursor
        self._relations = relations
        self._site = site
        self._zone = zone
        self._generation = generation
        self._place = place
        self._writer = writer

    def days(self, days: Iterable[date]) -> Change:
        """Write what holds these days anew: day files, month files where there are, roll-ups."""
        change = Change([], [])
        touched = self._with_outdated(days)
        for first_day, last_day, period in self._periods(touched):
            for relation in KEPT_AS:
                self._write(change, relation, period, first_day, last_day)
        for month in sorted({day.replace(day=1) for day in touched}):
            of_month = [day for day in touched if day.replace(day=1) == month]
            self._write_rollup(change, month, of_month)
        return change

    def month(self, month: date) -> Change:
        """Put the day files of a month that is over into one; make outdated figures anew.

        Figures wait where there is anything hot: what is not sealed must not get into a file
        beside its seal, and that makes them anew too.
        """
        first_day, last_day = month_span(month)
        for file in self._files(Relation.ROLLUP, first_day, last_day):
            if file.is_outdated:
                pieces = self._relations.pieces(self._site, first_day, last_day)
                is_live = any(piece.is_live for piece in pieces)
                return Change([], []) if is_live else self.days([file.first_day])
        change = Change([], [])
        self._find_needy(first_day, last_day)
        for relation in KEPT_AS:
            old = self._files(relation, first_day, last_day)
            if len(old) > 1 or any(not file.period_is_month for file in old):
                self._compact(change, relation, f"{month:%Y-%m}", old)
        return change

    def forget(self, first_kept: date) -> Change:
        """Leave out all days before; files that lie wholly before it just go."""
        change = Change([], [])
        for file in self._relations.files(self._site):
            if file.first_day >= first_kept:
                continue
            change.gone.append(file)
            if file.last_day >= first_kept:
                pieces = {"rows": f"(FROM {read([file])} WHERE day >= DATE '{first_kept}')"}
                is_rollup = file.relation is Relation.ROLLUP
                query = "write_rollup" if is_rollup else "compact"
                period = f"{file.first_day:%Y-%m}"
                self._copy(change, file.relation, period, query, pieces, like=file)
        return change

    def _with_outdated(self, days: Iterable[date]) -> list[date]:
        """The days, and all those of their months whose figures have to be made anew."""
        touched = set(days)
        for month in {day.replace(day=1) for day in touched}:
            for file in self._files(Relation.ROLLUP, *month_span(month)):
                if file.is_outdated:
                    length = (file.last_day - file.first_day).days + 1
                    touched |= {file.first_day + ONE_DAY * n for n in range(length)}
        return sorted(touched)

    def _periods(self, touched: list[date]) -> Iterator[tuple[date, date, str]]:
        months = {
            file.first_day.replace(day=1)
            for file in self._relations.files(self._site)
            if file.period_is_month and file.relation is not Relation.ROLLUP
        }
        for month in sorted({day.replace(day=1) for day in touched} & months):
            yield (*month_span(month), f"{month:%Y-%m}")
        for day in touched:
            if day.replace(day=1) not in months:
                yield day, day, day.isoformat()

    def _files(self, relation: Relation, first_day: date, last_day: date) -> list[LakeFile]:
        return [
            file
            for file in self._relations.files(self._site)
            if file.relation is relation
            and file.first_day <= last_day
            and first_day <= file.last_day
        ]

    def _rows(self, relation: Relation, first_day: date, last_day: date) -> str:
        return over(self._relations.pieces(self._site, first_day, last_day), relation)

    def _write(
        self, change: Change, relation: Relation, period: str, first_day: date, last_day: date
    ) -> None:
        change.gone += self._files(relation, first_day, last_day)
        rows = self._rows(relation, first_day, last_day)
        parts = [] if relation is Relation.ASIDE else self._parts_of(rows)
        if len(parts) > 1:
            self._write_apart(change, relation, period, rows, parts)
        else:
            self._copy(change, relation, period, f"write_{relation}", {"rows": rows})

    def _parts_of(self, rows: str) -> list[str]:
        """Conditions of the parts in which they are to be sorted, so that each finds room: all at
        once, else by days, and these by ranges of visits' ids.
        """
        days, room = self._rows_of_days(rows), self._room()
        if sum(days.values()) <= room:
            return ["TRUE"]
        return [part for day, count in days.items() for part in _ranges(day, -(-count // room))]

    def _rows_of_days(self, rows: str) -> dict[date, int]:
        counted = f"SELECT day, count(*) FROM {rows} GROUP BY day ORDER BY day"
        return dict(self._cursor.execute(counted).fetchall())

    def _room(self) -> int:
        """So many rows are worked on at once."""
        return self._memory_mb() * ROWS_PER_MB

    def _memory_mb(self) -> int:
        (limit,) = self._one("SELECT value FROM duckdb_settings() WHERE name = 'memory_limit'")
        number, unit = str(limit).split()
        return max(1, int(float(number) * MB_OF[unit]))

    def _write_apart(
        self, change: Change, relation: Relation, period: str, rows: str, parts: list[str]
    ) -> None:
        """Sorted part by part, then read on one after the other."""
        name = self._name(relation, period)
        paths = [self._place(f"{name}.{n}") for n in range(len(parts))]
        (copy,) = statements("seal", f"write_{relation}")
        for path, part in zip(paths, parts, strict=True):
            pieces = {"rows": f"(FROM {rows} WHERE {part})", "path": quoted(path)}
            self._one(copy.format_map(pieces | EVENT_FIELDS | {"options": "FORMAT parquet"}))
        listed = ", ".join(quoted(path) for path in paths)
        self._copy(change, relation, period, "compact", {"rows": f"read_parquet([{listed}])"})
        for path in paths:
            Path(path).unlink()

    def _copy(
        self,
        change: Change,
        relation: Relation,
        period: str,
        query: str,
        pieces: Mapping[str, str],
        *,
        like: LakeFile | None = None,
    ) -> None:
        form = like.format if like else FORMAT
        zone = like.zone if like else self._zone_of(change.gone, relation, period)
        name = self._name(relation, period)
        path = self._place(name)
        (copy,) = statements("seal", query)
        text = copy.format_map(
            {
                **pieces,
                **EVENT_FIELDS,
                "path": quoted(path),
                "options": self._options(relation, period, form, zone),
            }
        )
        (rows,) = self._one(text)
        assert isinstance(rows, int)
        if not rows:
            Path(path).unlink()  # a file of nothing would be opened by every question
            return
        first, last = self._one(f"SELECT min(day), max(day) FROM read_parquet({quoted(path)})")
        assert isinstance(first, date)
        assert isinstance(last, date)
        file = LakeFile(self._site, relation, first, last, name, path, rows, format=form, zone=zone)
        change.new.append(file)

    def _name(self, relation: Relation, period: str) -> str:
        return file_name(self._site, relation, period, self._generation, self._writer)

    def _zone_of(self, gone: Iterable[LakeFile], relation: Relation, period: str) -> str:
        """In which zone the days are told that are written; empty if some of what is replaced is
        told in another.
        """
        replaced = {
            file.zone
            for file in gone
            if file.zone and file.relation is relation and _is_of(file, period)
        }
        return self._zone if replaced <= {self._zone} else ""

    def _options(self, relation: Relation, period: str, form: int, zone: str) -> str:
        told = {"format": str(form), "site": self._site, "relation": relation, "period": period}
        told |= {"zone": zone}
        metadata = ", ".join(f"'liveinsight.{key}': {quoted(told[key])}" for key in told)
        return (
            "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION lz4_raw,"
            f" ROW_GROUP_SIZE {ROWS_PER_GROUP.get(relation, 122_880)},"
            f" KV_METADATA {{{metadata}}}"
        )

    def _one(self, sql: str) -> tuple[object, ...]:
        row = self._cursor.execute(sql).fetchone()
        assert row is not None
        return tuple(row)

    def _run(self, name: str, pieces: Mapping[str, str], **values: object) -> None:
        for statement in statements("seal", name):
            text = statement.format_map(pieces)
            self._cursor.execute(text, {key: values[key] for key in values if f"${key}" in text})

    def _write_rollup(self, change: Change, month: date, touched: list[date]) -> None:
        before = self._before(change)
        figures = Figures(self._cursor, before, self._site, self._zone, change.new)
        written = [file for file in change.new if file.relation is Relation.EVENTS]
        rows = self._rows_of_days(read(written)) if written else {}
        for first_day, last_day in runs(touched, rows, self._room()):
            figures.add(first_day, last_day)
        old = self._files(Relation.ROLLUP, *month_span(month))
        change.gone += old
        parts = [f"FROM {FIGURES}"]
        if old:
            days = ", ".join(f"DATE '{day}'" for day in touched)
            parts.append(f"FROM {read(old)} WHERE day NOT IN ({days})")
        pieces = {"rows": f"({' UNION ALL '.join(parts)})"}
        self._copy(change, Relation.ROLLUP, f"{month:%Y-%m}", "write_rollup", pieces)
        self._cursor.execute(f"DROP TABLE {FIGURES}")

    def _before(self, change: Change) -> Relations:
        """Where visits are found that go on into the days that are written."""
        del change  # what it replaces holds the same
        return self._relations

    def _find_needy(self, first_day: date, last_day: date) -> None:
        pieces = {
            "events": self._rows(Relation.EVENTS, first_day, last_day),
            "visits": self._rows(Relation.VISITS, first_day, last_day),
        }
        end_ms = day_span(last_day, self._zone).end_ms
        self._run("needy_visits", pieces, first_day=first_day, end_ms=end_ms)

    def _compact(
        self, change: Change, relation: Relation, period: str, old: list[LakeFile]
    ) -> None:
        """The files lie in order of days, so their rows are only to be read on."""
        change.gone += old
        ids = "CASE WHEN visit IN (SELECT visit FROM needy) THEN event_id END AS event_id"
        replaced = f" REPLACE ({ids})" if relation is Relation.EVENTS else ""
        pieces = {"rows": f"(SELECT *{replaced} FROM {read(old)})"}
        self._copy(change, relation, period, "compact", pieces)


def _is_of(file: LakeFile, period: str) -> bool:
    """Whether it holds days of the month or, of a day, that one."""
    return any(f"{day}".startswith(period) for day in (file.first_day, file.last_day))


def _ranges(day: date, parts: int) -> Iterator[str]:
    """The day's visits by their ids, in so many ranges."""
    step = -(-VISIT_IDS // parts)
    for first in range(0, VISIT_IDS, step):
        last = min(first + step, VISIT_IDS) - 1
        yield f"day = DATE '{day}' AND visit BETWEEN {first}::UBIGINT AND {last}::UBIGINT"


def unfinished_months(files: Iterable[LakeFile], over_before: date) -> list[date]:
    """Months that ended before that day and lie in day files, and those of outdated figures."""
    return sorted(
        {
            file.first_day.replace(day=1)
            for file in files
            if file.is_outdated
            or (
                file.relation is not Relation.ROLLUP
                and not file.period_is_month
                and month_span(file.first_day)[1] < over_before
            )
        }
    )


def runs(days: list[date], rows: Mapping[date, int], room: int) -> list[tuple[date, date]]:
    """Days in a row that have no more rows together, one at least, as first and last."""
    found: list[tuple[date, date]] = []
    together = 0
    for day in days:
        together += rows.get(day, 0)
        if found and day == found[-1][1] + ONE_DAY and together <= room:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
            together = rows.get(day, 0)
    return found


def month_span(day: date) -> tuple[date, date]:
    """The first and the last day of that month."""
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
