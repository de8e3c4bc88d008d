"""Counting over what is sealed and what is hot, at one moment: the port's SQL side."""

from collections.abc import Hashable, Sequence
from datetime import date
from typing import Any

from duckdb import InvalidInputException
from msgspec.structs import replace

from liveinsight.adapters import patterns
from liveinsight.adapters.sql import aside, sandbox
from liveinsight.adapters.sql.behaviour import funnel_sql, journeys_sql, returns_sql
from liveinsight.adapters.sql.compile import (
    ROWS,
    TOTAL,
    Compiler,
    Crossing,
    Statement,
    crossing_sql,
    edges,
)
from liveinsight.adapters.sql.conditions import filter_sql
from liveinsight.adapters.sql.parameters import Parameters
from liveinsight.adapters.sql.plan import (
    Plan,
    Scan,
    adds_by_days,
    asks_total_too,
    days_of,
    explained,
    plan,
    spelled,
)
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.relations import Piece, over, rolled_up
from liveinsight.adapters.sql.remembered import Remembered
from liveinsight.domain.behaviour import Paths, Returns, Steps
from liveinsight.domain.count import Count, Counted, Counts, Keys
from liveinsight.domain.errors import Invalid
from liveinsight.domain.filter import EVERYTHING, And, Condition, patterns_of
from liveinsight.domain.lake import Relation
from liveinsight.domain.metric import Money, Part
from liveinsight.domain.period import day_span, local_day
from liveinsight.domain.range import Span
from liveinsight.domain.rows import Sql, SqlReport
from liveinsight.domain.tell import arranged

# What scans read; a roll-up is written anew with every seal and says nothing of it.
ASKED = (Relation.EVENTS, Relation.VISITS)
NEVER = Span(0, 0)
_PARTS = frozenset(part.value for part in Part)
Row = tuple[Any, ...]  # as DuckDB gives it, by the types in the statement


class SqlHistory:
    """Counts over one reading. Without `rollup` everything is scanned: slower, and the same."""

    def __init__(
        self, reading: Reading, remembered: Remembered | None = None, *, rollup: bool = True
    ) -> None:
        self._reading = reading
        self._relations = reading.relations
        self._remembered = remembered
        self._rollup = rollup

    @property
    def fresh_ms(self) -> int:
        """All that was acknowledged until then is in."""
        return self._reading.fresh_ms

    def first_ms(self, site: str, zone: str) -> int | None:
        """When the site's first day with events begins."""
        days = self._relations.days(site)
        return None if days is None else day_span(days[0], zone).start_ms

    def count(self, count: Count) -> Counted:
        """The rows asked for."""
        count = self._calmed(count)
        if self._remembered is None:
            return self._counted(count)
        return self._remembered.get(self._as_of_now(count), lambda: self._counted(count), _size)

    def _as_of_now(self, count: Count) -> Hashable:
        """The count, of what may change its answer: where all its days are settled the files alone.
        The object itself is in the key: while it is there no other can have its place.
        """
        last = local_day(count.span.end_ms - 1, count.zone).date
        settled = self._relations.settled(count.site, last)
        if settled is not None:
            return _Same(settled), count
        return _Same(self._relations), self._reading.hot_seq, count

    def _calmed(self, count: Count) -> Count:
        """A span that ends after all that is known may as well end with its day.

        So questions that end now are the same question until something new is kept.
        """
        day = local_day(count.span.end_ms - 1, count.zone)
        if day.end_ms == count.span.end_ms or count.span.end_ms <= self._last_ms(count, day.date):
            return count
        return replace(count, span=Span(count.span.start_ms, day.end_ms))

    def _last_ms(self, count: Count, day: date) -> int:
        """The time of the last event on the day or after it; 0 where there is none."""
        known = self._relations.days(count.site)
        if known is None or known[1] < day:
            return 0

        def look() -> int:
            pieces = self._relations.pieces(count.site, day, known[1])
            row = self._reading.cursor.execute(
                "-- When was the last event?\n"
                f"SELECT max(time_ms)\nFROM {over(pieces, Relation.EVENTS)}"
            ).fetchone()
            return int(row[0] or 0) if row else 0

        if self._remembered is None:
            return look()
        key = (_Same(self._relations), self._reading.hot_seq, count.site, day)
        return self._remembered.get(key, look, lambda _: 1)

    def _counted(self, count: Count) -> Counted:
        planned = self._planned(count)
        settled = tuple(piece for piece in planned.scan.whole if not piece.is_live)
        if self._remembered is None or not settled or not adds_by_days(count):
            return self._at_once(count, planned)
        if (count.site, count.dimensions) in self._remembered.wide:
            return self._at_once(count, planned)
        asked = replace(_whole(count), span=NEVER), count.only is None
        if not self._remembered.noted(asked):
            return self._for_once(count, planned, self._remembered)
        rows: dict[Keys, Counts] = {}
        for piece in settled:
            _add(rows, self._of_piece(count, piece, self._remembered))
        rest = Scan(tuple(piece for piece in planned.scan.whole if piece.is_live), planned.scan.cut)
        if planned.rolled or rest.pieces:
            _add(rows, self._sums(count, replace(planned, scan=rest)))
        told, total = arranged(count, list(rows.values()))
        return Counted(told, total, planned.read, explained(count, planned))

    def _for_once(self, count: Count, planned: Plan, remembered: Remembered) -> Counted:
        """What nobody asked before, in one scan; pieces are counted once it is asked again."""
        if not asks_total_too(count):
            return self._at_once(count, planned)
        rows, of_all = self._sums_beside_total(count, planned)
        total = replace(count, dimensions=(), order_by=(), limit=1, offset=0, only=None)
        whole = Counted(of_all, len(of_all), planned.read, explained(total, planned))
        remembered.get(self._as_of_now(total), lambda: whole, _size)
        _note_width(count, rows, remembered, remembered.max_rows)
        told, number = arranged(count, rows)
        return Counted(told, number, planned.read, explained(count, planned))

    def _planned(self, count: Count) -> Plan:
        planned = plan(count, self._relations, rollup=self._rollup)
        condition = spelled(count)
        if planned.dimension is not None or condition is None or not self._rollup:
            return planned
        better = plan(count, self._relations, one_spelling=True)
        if better.rolled and self._spellings(better, condition) <= 1:
            return better
        return planned

    def _spellings(self, planned: Plan, condition: Condition) -> int:
        """In how many ways settled days write the value."""

        def look() -> int:
            parameters = Parameters()
            sql = (
                "-- How is the value written?\n"
                "SELECT count(DISTINCT value)\n"
                f"FROM {rolled_up(planned.rolled, condition.dimension, (), by_day=False)}\n"
                f"WHERE {filter_sql(condition, parameters, column='value')}"
            )
            row = self._reading.cursor.execute(sql, parameters.values).fetchone()
            return int(row[0]) if row else 0

        if self._remembered is None:
            return look()
        names = tuple(name for piece in planned.rolled for name in piece.names)
        return self._remembered.get((names, condition), look, lambda _: 1)

    def _of_piece(self, count: Count, piece: Piece, remembered: Remembered) -> list[Counts]:
        """What the piece gives to the sum; its files never change, so it is counted once."""
        start = day_span(piece.first_day, count.zone).start_ms
        span = Span(start, day_span(piece.last_day, count.zone).end_ms)
        whole = replace(_whole(count), span=span)
        names = tuple(file.name for file in piece.files if file.relation in ASKED)
        total = replace(whole, dimensions=())

        def work() -> list[Counts]:
            planned = Plan(days_of(span, count.zone), None, (), Scan((piece,), ()), "events")
            if not asks_total_too(whole):
                return self._sums(whole, planned)
            rows, of_all = self._sums_beside_total(whole, planned)
            remembered.get((*names, total), lambda: of_all, len)
            return rows

        rows = remembered.get((*names, whole), work, len)
        _note_width(count, rows, remembered, remembered.widest)
        return rows

    def _sums(self, count: Count, planned: Plan) -> list[Counts]:
        compiler = Compiler(count, planned, self._relations)
        names, found = self._run(count, compiler.sums(None))
        return _rows(count, names, found)

    def _sums_beside_total(self, count: Count, planned: Plan) -> tuple[list[Counts], list[Counts]]:
        compiler = Compiler(count, planned, self._relations)
        names, found = self._run(count, compiler.sums_beside_total())
        place = names.index(TOTAL)
        rows = _rows(count, names, [row for row in found if not row[place]])
        of_all = _rows(count, names, [row for row in found if row[place]])
        return rows, [Counts((), row.parts, row.money) for row in of_all]

    def _at_once(self, count: Count, planned: Plan) -> Counted:
        compiler = Compiler(count, planned, self._relations)
        names, found = self._run(count, compiler.rows(self._crossing(count, planned)))
        rows = _rows(count, names, found)
        total = int(found[0][names.index(ROWS)]) if found and ROWS in names else len(found)
        if not found and count.offset:  # past the last row nothing tells how many there are
            total = self.count(replace(count, limit=1, offset=0)).total_rows
        if count.wants_revenue and rows and planned.scan.pieces:
            money = self._money(count, planned, [row.keys for row in rows])
            rows = [Counts(row.keys, row.parts, money.get(row.keys, {})) for row in rows]
        return Counted(rows, total, planned.read, explained(count, planned))

    def funnel(self, steps: Steps) -> tuple[int, ...]:
        """How many took each step after the one before."""
        _, found = self._run(steps, funnel_sql(steps, self._relations))
        return tuple(int(number) for number in found[0])

    def journeys(self, paths: Paths) -> tuple[list[tuple[tuple[str | None, ...], int]], int]:
        """The pages seen first and by how many visits; and how many visits there are."""
        _, found = self._run(paths, journeys_sql(paths, self._relations))
        rows = [(tuple(pages), int(visits)) for pages, visits, _ in found]
        return rows, int(found[0][2]) if found else 0

    def returns(self, returns: Returns) -> list[tuple[date, date, int]]:
        """Visitors by the bucket in which they were first seen, and each in which they were."""
        _, found = self._run(returns, returns_sql(returns, self._relations))
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
        relations, days = self._relations, planned.days
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
        compiler = Compiler(count, planned, self._relations)
        _, found = self._run(count, compiler.money(keys))
        sums: dict[Keys, Money] = {}
        for *values, currency, amount in found:
            sums.setdefault(tuple(values), {})[currency] = amount
        return sums

    def _run(
        self, asked: Count | Steps | Paths | Returns, statement: Statement
    ) -> tuple[list[str], list[Row]]:
        cursor = self._reading.cursor
        self._reading.check()
        try:
            answer = cursor.execute(statement.sql, statement.values)
            return [column[0] for column in answer.description], answer.fetchall()
        except InvalidInputException as error:
            # DuckDB reads patterns itself; what it does not know of them is the asker's to hear.
            if not _patterns(asked):
                raise
            patterns.check(_patterns(asked))
            raise Invalid("filters", str(error)) from None


def _patterns(asked: Count | Steps | Paths | Returns) -> tuple[str, ...]:
    others = (getattr(asked, "goal", None) or EVERYTHING, *getattr(asked, "steps", ()))
    return patterns_of(And((asked.filters, *others)))


class _Same:
    """Equal to itself alone, by identity, and keeps it alive."""

    def __init__(self, known: object) -> None:
        self._known = known

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._known is other._known

    def __hash__(self) -> int:
        return id(self._known)


def _note_width(count: Count, rows: list[Counts], remembered: Remembered, most: int) -> None:
    """Sorting and cutting very many rows is DuckDB's work, in one scan."""
    if len(rows) > most:
        remembered.wide.add((count.site, count.dimensions))


def _size(counted: Counted) -> int:
    return len(counted.rows) + 1


def _whole(count: Count) -> Count:
    """All rows of the count, and the metrics in one order: it makes no difference to a sum."""
    metrics = tuple(sorted(count.metrics))
    return replace(count, order_by=(), limit=1, offset=0, only=None, metrics=metrics)


def _add(rows: dict[Keys, Counts], more: list[Counts]) -> None:
    for row in more:
        known = rows.get(row.keys)
        if known is None:
            rows[row.keys] = row
        else:
            parts = {part: n + row.parts[part] for part, n in known.parts.items()}
            rows[row.keys] = Counts(row.keys, parts, {})


def _rows(count: Count, names: list[str], found: list[Row]) -> list[Counts]:
    """Behind the dimensions come the parts, and behind these what is no part."""
    width = len(count.dimensions)
    parts = [Part(name) for name in names[width:] if name in _PARTS]
    return [
        Counts(row[:width], dict(zip(parts, _numbers(row[width:]), strict=False)), {})
        for row in found
    ]


def _numbers(values: Row) -> Row:
    """Where nothing was found the sums of nothing are 0."""
    return tuple(value or 0 for value in values) if None in values else values
