"""A count as SQL: each source gives rows of integers that may be added, and one sum ends it.

Sources are the roll-up, the visits, the events and the page views that events tell of. Each has
the columns `d0`, `d1`, … of the dimensions and those of the parts that it knows.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from liveinsight.adapters.sql.conditions import OF_VISITS_ONLY, dimension_sql, filter_sql
from liveinsight.adapters.sql.metrics import (
    OF_EVENTS,
    OF_ROLLUP,
    OF_VIEWS,
    OF_VISITORS,
    OF_VISITS,
    SALES,
    figure_sql,
    is_told_sql,
)
from liveinsight.adapters.sql.parameters import Given, Parameters
from liveinsight.adapters.sql.plan import Plan, Scan, of_events
from liveinsight.adapters.sql.relations import Piece, Relations, over, rolled_up
from liveinsight.adapters.sql.wall_clock import begin_of
from liveinsight.domain.bucket import LENGTH_MS
from liveinsight.domain.count import Count, Keys
from liveinsight.domain.dimension import Kind, kind
from liveinsight.domain.filter import dimensions_of
from liveinsight.domain.lake import Relation
from liveinsight.domain.metric import REVENUE, Part
from liveinsight.domain.period import day_span

TOTAL = "is_total"
ROWS = "total_rows"


class Statement(Struct, frozen=True):
    """SQL with its named parameters."""

    sql: str
    parameters: Parameters

    @property
    def values(self) -> dict[str, Given]:
        """The parameters that are used: DuckDB refuses any other."""
        used = set(re.findall(r"\$(p\d+)", self.sql))
        return {name: value for name, value in self.parameters.values.items() if name in used}


class Crossing(Struct, frozen=True):
    """Visits that go on over these midnights, from days of the roll-up into scanned ones.

    `visits` is where they are found, `rolled` where they may have matched before.
    """

    visits: tuple[Piece, ...]
    rolled: tuple[Piece, ...]
    midnights: tuple[int, ...]


class Compiler:
    """Writes the statements of one count."""

    def __init__(self, count: Count, plan: Plan, relations: Relations) -> None:
        self.count = count
        self.plan = plan
        self.relations = relations
        self.parameters = Parameters()
        self._names = [f"d{n}" for n in range(len(count.dimensions))]

    # --- The whole ---------------------------------------------------------------------------

    def rows(self, crossing: Crossing | None) -> Statement:
        """The rows asked for, each with its integers; of pages also how many `ROWS` there are."""
        lines = ["SELECT *", f"FROM ({self._summed(crossing)})", *self._kept()]
        if self._is_paged:
            lines = [
                "WITH counted AS MATERIALIZED (",
                *lines,
                ")",
                f"SELECT *, (SELECT count(*) FROM counted) AS {ROWS}",
                "FROM counted",
            ]
        question = "-- What is counted, by the values of the dimensions?"
        return Statement("\n".join([question, *lines, *self._ordered()]), self.parameters)

    @property
    def _is_paged(self) -> bool:
        """Whether `limit` and `offset` are meant: of a series and of named rows all are told."""
        count = self.count
        return bool(count.dimensions) and count.only is None and not count.is_series

    def sums(self, crossing: Crossing | None) -> Statement:
        """Every row that there is, in no order: to be added to those of other days."""
        lines = ["-- What is counted on these days?", self._summed(crossing)]
        return Statement("\n".join(lines), self.parameters)

    def sums_beside_total(self) -> Statement:
        """The same of events alone, with their total as a row that says `TOTAL`: in one scan."""
        lines = [
            "-- What is counted on these days, and in all?",
            self._counted_events(with_total=True),
        ]
        return Statement("\n".join(lines), self.parameters)

    def _summed(self, crossing: Crossing | None) -> str:
        """The sum of all sources; a single one is its own sum."""
        told = sorted(part.value for part in self.count.parts) + [SALES] * self.count.wants_revenue
        sources = list(self._sources(crossing)) or [self._nothing(told)]
        if len(sources) == 1:
            return sources[0]
        sums = [f"coalesce(sum({name}), 0) AS {name}" for name in told]
        lines = [
            f"SELECT {', '.join(self._names + sums)}",
            "FROM (",
            "\nUNION ALL BY NAME\n".join(sources),
            ")",
            *self._grouped(),
        ]
        return "\n".join(lines)

    def money(self, keys: Sequence[Keys]) -> Statement:
        """The amounts by currency, of the rows with these values of the dimensions."""
        names = [*self._names, "revenue_currency"]
        events = self.matching(self.plan.scan, ["revenue_currency", "revenue_amount"])
        lines = [
            "-- How much money came in, by currency?",
            f"SELECT {', '.join(names)}, sum(revenue_amount::DECIMAL(38, 12)) AS amount",
            f"FROM ({events})",
            f"{self._only(keys)}",
            "AND revenue_amount IS NOT NULL",
            f"GROUP BY {', '.join(names)}",
        ]
        return Statement("\n".join(lines), self.parameters)

    def _nothing(self, told: list[str]) -> str:
        columns = [
            f"NULL::{self._type(dimension)} AS d{n}"
            for n, dimension in enumerate(self.count.dimensions)
        ]
        columns += [f"NULL::BIGINT AS {name}" for name in told]
        return f"SELECT {', '.join(columns)} WHERE FALSE"

    def _type(self, dimension: str) -> str:
        if kind(dimension) is not Kind.TIME:
            return "VARCHAR"
        return "BIGINT" if dimension in LENGTH_MS else "DATE"

    def _kept(self) -> list[str]:
        """Rows in which something is told; of a series all are, and time fills the gaps."""
        count = self.count
        if count.only is not None and count.dimensions:
            return [self._only(count.only)]
        if not count.dimensions or count.is_series:
            return []
        return [f"WHERE {is_told_sql(count.metrics)}"]

    def _only(self, keys: Sequence[Keys]) -> str:
        if not self._names:
            return "WHERE TRUE"
        tests = " AND ".join(f"{name} IS NOT DISTINCT FROM wanted.{name}" for name in self._names)
        lists = ", ".join(self._list(n, keys) for n in range(len(self._names)))
        return f"WHERE EXISTS (SELECT 1 FROM (SELECT {lists}) AS wanted WHERE {tests})"

    def _list(self, n: int, keys: Sequence[Keys]) -> str:
        type_of = self._type(self.count.dimensions[n])
        return f"unnest({self.parameters.add([key[n] for key in keys])}::{type_of}[]) AS d{n}"

    def _ordered(self) -> list[str]:
        count = self.count
        if not count.dimensions or count.only is not None:
            return []
        asked = [(order.by, order.descending) for order in count.order_by]
        if not asked:
            asked = [(count.interval, False)] if count.interval else []
            asked += [(name, True) for name in count.metrics[:1] if name != REVENUE]
        asked += [(name, False) for name in count.dimensions]
        told = [
            f"{self._order(name)} {'DESC' if descending else 'ASC'} NULLS LAST"
            for name, descending in asked
        ]
        lines = [f"ORDER BY {', '.join(told)}"]
        if self._is_paged:
            lines += [f"LIMIT {count.limit}", f"OFFSET {count.offset}"]
        return lines

    def _order(self, name: str) -> str:
        if name in self.count.dimensions:
            return f"d{self.count.dimensions.index(name)}"
        return figure_sql(name)

    # --- The sources -------------------------------------------------------------------------

    def _sources(self, crossing: Crossing | None) -> Iterable[str]:
        plan, parts = self.plan, self.count.parts
        if plan.rolled:
            yield self._rolled()
        if not plan.scan.pieces:
            return
        if of_visits := _of(OF_VISITS, parts):
            if of_events(self.count):
                yield self._visits_of_events(of_visits, crossing)
            else:
                yield self._visits(of_visits)
        if of_views := _of(OF_VIEWS, parts):
            yield self._views(of_views)
        if _of(OF_EVENTS, parts) or _of(OF_VISITORS, parts) or self.count.wants_revenue:
            yield self._counted_events()

    def _rolled(self) -> str:
        count, plan = self.count, self.plan
        columns = [
            f"{self._rolled_dimension(name)} AS d{n}" for n, name in enumerate(count.dimensions)
        ]
        counted = _of(OF_ROLLUP, count.parts)
        by_day = count.interval not in {None, "time:month"}
        where = [f"start_day >= DATE '{plan.days.first}'"]
        if plan.dimension in dimensions_of(count.filters):
            where.append(filter_sql(count.filters, self.parameters, column="value"))
        return "\n".join(
            [
                f"SELECT {', '.join(columns + counted)}",
                f"FROM {rolled_up(plan.rolled, plan.dimension or '', _named(counted), by_day=by_day)}",
                f"WHERE {' AND '.join(where)}",
                *self._grouped(),
            ]
        )

    def _rolled_dimension(self, name: str) -> str:
        if name == "time:hour":
            return "value::BIGINT"
        return self._of_day(name, "start_day") if kind(name) is Kind.TIME else "value"

    def _visits(self, counted: list[str]) -> str:
        """Visits that started in the span, where nothing is asked of single events."""
        where = [self._within("start_ms")]
        where.append(filter_sql(self.count.filters, self.parameters))
        return "\n".join(
            [
                f"SELECT {', '.join(self._dimensions('start_ms') + counted)}",
                f"FROM {over(self.plan.scan.pieces, Relation.VISITS)}",
                f"WHERE {' AND '.join(where)}",
                *self._grouped(),
            ]
        )

    def _visits_of_events(self, counted: list[str], crossing: Crossing | None) -> str:
        """Visits that started in the span and have a matching event in it, each whole.

        A visit is counted with the day of its first matching event, as in the roll-up.
        """
        count, days = self.count, self.plan.days
        grouped = [name for name in count.dimensions if kind(name) is not Kind.TIME]
        places = [f"m.g{n}" for n in range(len(grouped))]
        told = [
            f"{self._bucket(name, 'started.day', 'start_ms')} AS d{n}"
            if kind(name) is Kind.TIME
            else f"m.g{grouped.index(name)} AS d{n}"
            for n, name in enumerate(count.dimensions)
        ]
        first = min(piece.first_day for piece in self.plan.scan.pieces)
        since = max(count.span.start_ms, day_span(first, count.zone).start_ms)
        started = over(self.relations.pieces(count.site, days.first, days.last), Relation.VISITS)
        lines = [
            f"SELECT {', '.join(told + counted)}",
            f"FROM ({self._matched(grouped, self.plan.scan)}) AS m",
            "JOIN (",
            "SELECT day, visit, start_ms, end_ms, bounce",
            f"FROM {started}",
            f"WHERE start_ms >= {count.span.start_ms} AND end_ms >= {since}",
            ") AS started ON started.visit = m.visit",
        ]
        if crossing is not None:
            same = [f"earlier.{place[2:]} IS NOT DISTINCT FROM {place}" for place in places]
            tests = ["earlier.visit = m.visit", "earlier.day < m.day", *same]
            before = Scan(crossing.rolled, ())
            lines += [
                f"ANTI JOIN ({self._matched(grouped, before, crossing)}) AS earlier",
                f"ON {' AND '.join(tests)}",
            ]
        return "\n".join([*lines, *self._grouped()])

    def _matched(self, grouped: list[str], scan: Scan, crossing: Crossing | None = None) -> str:
        """Each visit with each group of its matching events, and the first day of them."""
        parameters = self.parameters
        columns = [f"{dimension_sql(d, parameters)} AS g{n}" for n, d in enumerate(grouped)]
        tests = [f"visit IN (\n{self._crossing_visits(crossing)})"] if crossing else []
        told = ["visit", "day", *columns]
        events = self.matching(scan, told, tests=tests, with_dimensions=False)
        groups = ["visit", *(f"g{n}" for n in range(len(grouped)))]
        group = ", ".join(groups)
        return f"SELECT {group}, min(day) AS day\nFROM ({events})\nGROUP BY {group}"

    def _views(self, counted: list[str]) -> str:
        """Page views of which events tell active time or scrolling, each once a local day."""
        told = [*self._names, "day", "visit", "view"]
        columns = ["day", "visit", "view", "engaged_ms", "scroll_depth"]
        events = self.matching(self.plan.scan, columns)
        return "\n".join(
            [
                f"SELECT {', '.join(self._names + counted)}",
                "FROM (",
                f"SELECT {', '.join(told)},",
                "sum(engaged_ms) AS engaged_ms, max(scroll_depth) AS scroll_depth",
                f"FROM ({events})",
                "WHERE view IS NOT NULL AND (engaged_ms IS NOT NULL OR scroll_depth IS NOT NULL)",
                f"GROUP BY {', '.join(told)}",
                ")",
                *self._grouped(),
            ]
        )

    def _counted_events(self, *, with_total: bool = False) -> str:
        """Matching events, and their visitors, who are found by grouping by them first."""
        parts, names = self.count.parts, self._names
        columns = ["day", "type", "visitor"]
        counted = _of(OF_EVENTS, parts)
        if self.count.wants_revenue:
            columns.append("revenue_amount")
            counted.append(f"count(revenue_amount) AS {SALES}")
        if self.count.goal is not None:
            goal = filter_sql(self.count.goal, self.parameters, bare=False)
            columns.append(f"{goal} AS is_goal")
        events = f"FROM ({self.matching(self.plan.scan, columns)})"
        visitors = _of(OF_VISITORS, parts)
        if not visitors:
            return "\n".join([f"SELECT {', '.join(names + counted)}", events, *self._grouped()])
        sums = [f"sum({name}) AS {name}" for name in _named(counted)]
        if Part.CONVERTED in parts:
            counted.append("bool_or(is_goal) AS has_converted")
        who = ["day", "visitor"]
        groups = ", ".join([*names, *who])
        which = [TOTAL] if with_total else []
        if with_total:
            counted.append(f"grouping({', '.join(names)}) AS {TOTAL}")
            groups = f"GROUPING SETS (({groups}), ({', '.join(who)}))"
        return "\n".join(
            [
                f"SELECT {', '.join(names + visitors + sums + which)}",
                "FROM (",
                f"SELECT {', '.join([*names, *who, *counted])}",
                events,
                f"GROUP BY {groups}",
                ")",
                *([f"GROUP BY {', '.join(names + which)}"] if names else []),
            ]
        )

    # --- Their parts -------------------------------------------------------------------------

    def matching(
        self,
        scan: Scan,
        columns: list[str],
        *,
        tests: Sequence[str] = (),
        with_dimensions: bool = True,
    ) -> str:
        """Matching events with these columns, and with the dimensions if they are wanted."""
        told = [*columns, *(self._dimensions("time_ms") if with_dimensions else ())]
        where = [filter_sql(self.count.filters, self.parameters), *tests]
        joined = self._visit_columns()
        selects = []
        for pieces, is_cut in ((scan.whole, False), (scan.cut, True)):
            if pieces:
                all_tests = [*where, self._within("time_ms")] if is_cut else where
                selects.append(
                    f"SELECT {', '.join(told)}\nFROM {over(pieces, Relation.EVENTS)} AS events"
                    f"{joined}\nWHERE {' AND '.join(all_tests)}"
                )
        return "\nUNION ALL\n".join(selects)

    def _visit_columns(self) -> str:
        """A join with what only visits tell, also of visits from before the span."""
        wanted = sorted(OF_VISITS_ONLY & self.count.looked_at)
        known = self.relations.days(self.count.site)
        if not wanted or known is None:
            return ""
        span = self.count.span
        pieces = self.relations.pieces(self.count.site, known[0], self.plan.days.last)
        return (
            f"\nJOIN (\nSELECT visit, {', '.join(wanted)}\n"
            f"FROM {over(pieces, Relation.VISITS)}\n"
            f"WHERE end_ms >= {span.start_ms} AND start_ms < {span.end_ms}\n"
            ") AS whole USING (visit)"
        )

    def _crossing_visits(self, crossing: Crossing) -> str:
        return (
            f"SELECT visit\nFROM {over(crossing.visits, Relation.VISITS)}\n"
            f"WHERE {crossing_sql(crossing.midnights)}"
        )

    def _dimensions(self, moment: str) -> list[str]:
        """The dimensions as columns; buckets of time are those of the named moment."""
        return [
            f"{self._dimension(name, moment)} AS d{n}"
            for n, name in enumerate(self.count.dimensions)
        ]

    def _dimension(self, name: str, moment: str) -> str:
        if kind(name) is Kind.TIME:
            return self._bucket(name, "day", moment)
        return dimension_sql(name, self.parameters)

    def _bucket(self, interval: str, day: str, moment: str) -> str:
        """The bucket's key."""
        if interval not in LENGTH_MS:
            return self._of_day(interval, day)
        return begin_of(LENGTH_MS[interval], moment, self.count.span, self.count.zone)

    def _of_day(self, interval: str, day: str) -> str:
        if interval == "time:day":
            return day
        return f"date_trunc('{interval.removeprefix('time:')}', {day})::DATE"

    def _within(self, moment: str) -> str:
        span = self.count.span
        return f"{moment} >= {span.start_ms} AND {moment} < {span.end_ms}"

    def _grouped(self) -> list[str]:
        return [f"GROUP BY {', '.join(self._names)}"] if self._names else []


def _of(fragments: dict[Part, str], parts: frozenset[Part]) -> list[str]:
    return [f"{sql} AS {part.value}" for part, sql in fragments.items() if part in parts]


def _named(columns: list[str]) -> list[str]:
    return [column.rpartition(" AS ")[2] for column in columns]


def crossing_sql(midnights: Sequence[int]) -> str:
    """Whether a visit goes on over one of these midnights."""
    tests = (f"(start_ms < {moment} AND end_ms >= {moment})" for moment in midnights)
    return f"({' OR '.join(tests)})"


def edges(count: Count, plan: Plan) -> tuple[int, ...]:
    """The midnights at which days of the roll-up end and scanned ones begin."""
    if not plan.rolled or not of_events(count) or not _of(OF_VISITS, count.parts):
        return ()
    first_rolled = plan.rolled[0].first_day
    return tuple(
        day_span(piece.first_day, count.zone).start_ms
        for piece in plan.scan.pieces
        if piece.first_day > first_rolled
    )
