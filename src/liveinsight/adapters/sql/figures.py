"""The figures of sealed days: what the roll-up tells of each, by every dimension.

They are counted from the files that were just written, and from what there was on the days
before, as visits may go on from there.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from duckdb import DuckDBPyConnection

from liveinsight.adapters.sql.fragments import SHARED, statements
from liveinsight.adapters.sql.relations import (
    COLUMNS,
    ONE_DAY,
    VISIT_DIMENSIONS,
    Relations,
    over,
    read,
)
from liveinsight.adapters.sql.wall_clock import begin_of
from liveinsight.domain.bucket import LENGTH_MS
from liveinsight.domain.lake import LakeFile, Relation
from liveinsight.domain.period import day_span
from liveinsight.domain.range import Span

FIGURES = "figures"
EVENT_VALUES = {"page": "page", "hostname": "hostname", "title": "title", "event": "type"}
VISIT_VALUES = ("entry_page", "exit_page", *VISIT_DIMENSIONS)
# Each grouping set has hash tables of its own, some 6 MB for a handful of rows: all twenty at once
# take more than a small machine has, and more time (4.2 s for 400,000 events, in fours 3.2).
SETS_AT_ONCE = 4


class Figures:
    """Fills the temporary table of figures of one site, which is empty at first."""

    def __init__(
        self,
        cursor: DuckDBPyConnection,
        relations: Relations,
        site: str,
        zone: str,
        written: Sequence[LakeFile],
    ) -> None:
        self._cursor = cursor
        self._relations = relations
        self._site = site
        self._zone = zone
        self._written = written
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {FIGURES} AS SELECT * FROM no_rollup")

    def add(self, first_day: date, last_day: date) -> None:
        """Days in a row."""
        earliest = self._earliest(first_day)
        pieces = {
            "events": self._with_new(Relation.EVENTS, earliest, first_day, last_day),
            "visits": self._with_new(Relation.VISITS, earliest, first_day, last_day),
            "is_touched": f"BETWEEN DATE '{first_day}' AND DATE '{last_day}'",
            "is_before": f"< DATE '{first_day}'",
        }
        self._run("rollup_begin", pieces)
        self._run("rollup_hours", pieces | self._hours(first_day, last_day))
        for grouped in _grouped(SETS_AT_ONCE):
            self._run("rollup_visit_dimensions", pieces | grouped)
        for dimension, value in EVENT_VALUES.items():
            named = {"dimension": dimension, "value": value}
            self._run("rollup_event_dimension", pieces | named)
        # Several names at once share visitors: their figures are no sum of those by name.
        custom = {"events": f"(FROM {pieces['events']} WHERE {SHARED['is_custom']})"}
        custom |= {"dimension": "custom", "value": "CAST(NULL AS VARCHAR)"}
        self._run("rollup_event_dimension", pieces | custom)

    def _with_new(self, relation: Relation, earliest: date, first_day: date, last_day: date) -> str:
        """The rows from `earliest` on: what was just written, and before that what there was."""
        written = [
            file
            for file in self._written
            if file.relation is relation
            and file.first_day <= last_day
            and first_day <= file.last_day
        ]
        columns = ", ".join(COLUMNS[relation])
        parts = []
        if written:
            parts.append(
                f"SELECT {columns} FROM {read(written)}"
                f" WHERE day BETWEEN DATE '{first_day}' AND DATE '{last_day}'"
            )
        if earliest < first_day:
            parts.append(f"FROM {self._rows(relation, earliest, first_day - ONE_DAY)}")
        return "(" + " UNION ALL ".join(parts or [f"FROM {over((), relation)}"]) + ")"

    def _earliest(self, first_day: date) -> date:
        """The day on which the oldest visit started that was still going on that midnight."""
        written = [file for file in self._written if file.first_day <= first_day <= file.last_day]
        events = [file for file in written if file.relation is Relation.EVENTS]
        if not events:
            return first_day
        visits = [file for file in written if file.relation is Relation.VISITS]
        known = self._relations.days(self._site)
        day = first_day
        while known is not None and day >= known[0]:
            earlier = f"UNION ALL SELECT visit FROM {self._rows(Relation.VISITS, day, first_day - ONE_DAY)}"
            of_today = (
                f"SELECT visit FROM {read(visits)} WHERE day = DATE '{first_day}'"
                if visits
                else "SELECT CAST(NULL AS UBIGINT) AS visit WHERE false"
            )
            found = self._cursor.execute(
                f"SELECT count(*) FROM {read(events)} AS e"
                f" ANTI JOIN ({of_today} {earlier if day < first_day else ''}) AS v USING (visit)"
                f" WHERE day = DATE '{first_day}'"
            ).fetchone()
            if found == (0,):
                return day
            day -= ONE_DAY
        return first_day

    def _hours(self, first_day: date, last_day: date) -> dict[str, str]:
        """The start of the wall clock's hour, by each stretch of one offset from UTC."""
        start_ms = day_span(first_day, self._zone).start_ms
        span = Span(start_ms, day_span(last_day, self._zone).end_ms)
        hour = LENGTH_MS["time:hour"]
        return {
            "hour": begin_of(hour, "time_ms", span, self._zone),
            "start_hour": begin_of(hour, "start_ms", span, self._zone),
        }

    def _rows(self, relation: Relation, first_day: date, last_day: date) -> str:
        return over(self._relations.pieces(self._site, first_day, last_day), relation)

    def _run(self, name: str, pieces: Mapping[str, str]) -> None:
        for statement in statements("seal", name):
            self._cursor.execute(statement.format_map(pieces))


def _grouped(at_once: int) -> Iterator[dict[str, str]]:
    """Grouping sets, so many at once; which dimension a row is of, and its value there. The total
    goes with the first ones.
    """
    for first in range(0, len(VISIT_VALUES), at_once):
        names = VISIT_VALUES[first : first + at_once]
        dimensions = " ".join(f"WHEN grouping({name}) = 0 THEN '{name}'" for name in names)
        values = " ".join(f"WHEN grouping({name}) = 0 THEN {name}" for name in names)
        sets: tuple[str, ...] = () if first else ("",)
        sets += tuple(f", {name}" for name in names)
        yield {
            "dimension": f"CASE {dimensions} ELSE 'total' END",
            "value": f"CASE {values} END",
            "acts_sets": ", ".join(f"(shares.day{one})" for one in sets),
            "starts_sets": ", ".join(f"(day{one})" for one in sets),
        }
