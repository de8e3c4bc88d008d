"""Counting over what is sealed and what is hot, at one moment: the port's SQL side."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from duckdb import InvalidInputException
from msgspec.structs import replace

from liveinsight.adapters.sql import aside, sandbox
from liveinsight.adapters.sql.behaviour import funnel_sql, journeys_sql, returns_sql
from liveinsight.adapters.sql.compile import Compiler, Crossing, Statement, crossing_sql, edges
from liveinsight.adapters.sql.plan import Plan, plan
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.relations import over
from liveinsight.domain.behaviour import Paths, Returns, Steps
from liveinsight.domain.count import Count, Counted, Counts, Keys
from liveinsight.domain.errors import Invalid
from liveinsight.domain.filter import EVERYTHING, And, patterns_of
from liveinsight.domain.lake import Relation
from liveinsight.domain.metric import Money, Part
from liveinsight.domain.period import day_span
from liveinsight.domain.range import Span
from liveinsight.domain.rows import Sql, SqlReport

Row = tuple[Any, ...]  # as DuckDB gives it, by the types in the statement


class SqlHistory:
    """Counts over one reading. Without `rollup` everything is scanned: slower, and the same."""

    def __init__(self, reading: Reading, *, rollup: bool = True) -> None:
        self._reading = reading
        self._rollup = rollup

    def first_ms(self, site: str, zone: str) -> int | None:
        """When the site's first day with events begins."""
        days = self._reading.relations.days(site)
        return None if days is None else day_span(days[0], zone).start_ms

    def count(self, count: Count) -> Counted:
        """The rows asked for."""
        planned = plan(count, self._reading.relations, rollup=self._rollup)
        compiler = Compiler(count, planned, self._reading.relations)
        names, found = self._run(count, compiler.rows(self._crossing(count, planned)))
        parts = [Part(name) for name in names if name in set(Part)]
        rows = [_counts(row, names, parts, len(count.dimensions)) for row in found]
        total = int(found[0][names.index("total_rows")]) if found else 0
        if not found and count.offset:  # past the last row nothing tells how many there are
            total = self.count(replace(count, limit=1, offset=0)).total_rows
        if count.wants_revenue and rows and planned.scan.pieces:
            money = self._money(count, planned, [row.keys for row in rows])
            rows = [Counts(row.keys, row.parts, money.get(row.keys, {})) for row in rows]
        return Counted(rows, total, planned.read)

    def funnel(self, steps: Steps) -> tuple[int, ...]:
        """How many took each step after the one before."""
        _, found = self._run(steps, funnel_sql(steps, self._reading.relations))
        return tuple(int(number) for number in found[0])

    def journeys(self, paths: Paths) -> tuple[list[tuple[tuple[str | None, ...], int]], int]:
        """The pages seen first and by how many visits; and how many visits there are."""
        _, found = self._run(paths, journeys_sql(paths, self._reading.relations))
        rows = [(tuple(pages), int(visits)) for pages, visits, _ in found]
        return rows, int(found[0][2]) if found else 0

    def returns(self, returns: Returns) -> list[tuple[date, date, int]]:
        """Visitors by the bucket in which they were first seen, and each in which they were."""
        _, found = self._run(returns, returns_sql(returns, self._reading.relations))
        return [(first, then, int(n)) for first, then, n in found]

    def set_aside(self, site: str, zone: str, span: Span) -> list[tuple[str, int]]:
        """Reasons why something was not counted, and how often."""
        return aside.set_aside(self._reading, site, zone, span)

    def prop_keys(
        self, site: str, zone: str, span: Span, event: str | None
    ) -> list[tuple[str, int]]:
        """Names of properties, and how many events carry each."""
        return aside.prop_keys(self._reading, site, zone, span, event)

    def sql(self, question: Sql) -> SqlReport:
        """The rows of one SELECT."""
        return sandbox.ask(self._reading, question)

    def _crossing(self, count: Count, planned: Plan) -> Crossing | None:
        """Only where visits do go on from the roll-up's days into scanned ones, from which day."""
        midnights = edges(count, planned)
        if not midnights:
            return None
        relations, days = self._reading.relations, planned.days
        last = planned.rolled[-1].last_day
        visits = relations.pieces(count.site, days.first, last)
        sql = (
            "-- Since when do visits go on over these midnights?\n"
            f"SELECT min(day)\nFROM {over(visits, Relation.VISITS)}\n"
            f"WHERE {crossing_sql(midnights)}"
        )
        row = self._reading.cursor.execute(sql).fetchone()
        if row is None or row[0] is None:
            return None
        since = relations.pieces(count.site, row[0], last)
        return Crossing(since, tuple(piece for piece in since if not piece.is_live), midnights)

    def _money(self, count: Count, planned: Plan, keys: Sequence[Keys]) -> dict[Keys, Money]:
        compiler = Compiler(count, planned, self._reading.relations)
        _, found = self._run(count, compiler.money(keys))
        sums: dict[Keys, Money] = {}
        for *values, currency, amount in found:
            sums.setdefault(tuple(values), {})[currency] = amount
        return sums

    def _run(
        self, asked: Count | Steps | Paths | Returns, statement: Statement
    ) -> tuple[list[str], list[Row]]:
        cursor = self._reading.cursor
        try:
            answer = cursor.execute(statement.sql, statement.values)
            return [column[0] for column in answer.description], answer.fetchall()
        except InvalidInputException as error:
            # DuckDB reads patterns itself; what it does not know of them is the asker's to hear.
            if not _has_patterns(asked):
                raise
            raise Invalid("filters", str(error)) from None


def _has_patterns(asked: Count | Steps | Paths | Returns) -> bool:
    others = (getattr(asked, "goal", None) or EVERYTHING, *getattr(asked, "steps", ()))
    return bool(patterns_of(And((asked.filters, *others))))


def _counts(row: Row, names: list[str], parts: list[Part], width: int) -> Counts:
    by_name = dict(zip(names, row, strict=True))
    return Counts(
        keys=row[:width],
        parts={part: int(by_name[part.value]) for part in parts},
        money={},
    )
