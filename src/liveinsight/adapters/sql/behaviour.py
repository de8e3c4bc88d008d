"""Funnels, journeys and returns in SQL, over the events of the span.

Steps are put in order by time and, within a millisecond, by event id: month files keep the ids
wherever that can matter.
"""

from collections.abc import Sequence

from liveinsight.adapters.sql.compile import Compiler, Statement
from liveinsight.adapters.sql.conditions import filter_sql
from liveinsight.adapters.sql.parameters import Parameters
from liveinsight.adapters.sql.plan import plan
from liveinsight.adapters.sql.relations import Relations, over
from liveinsight.domain.behaviour import Paths, Returns, Steps, Within
from liveinsight.domain.count import Count
from liveinsight.domain.filter import And, Filter, Or
from liveinsight.domain.lake import Relation

PLACE = "time_ms::HUGEINT * 18446744073709551616 + coalesce(event_id, 0) AS place"


def funnel_sql(steps: Steps, relations: Relations) -> Statement:
    """One row: how many took the first step, the second after it, and so on."""
    scan = _Scan(steps, And((steps.filters, Or(steps.steps))), relations)
    by_day = steps.within is Within.DAY
    unit = "(day, visitor) AS unit" if by_day else "visit AS unit"
    flags = [
        f"{filter_sql(step, scan.parameters, bare=False)} AS s{n}"
        for n, step in enumerate(steps.steps)
    ]
    events = scan.events([unit, PLACE, *flags], started=not by_day)
    lines = [
        "-- How many take these steps, each after the one before?",
        f"WITH acts AS MATERIALIZED ({events})",
        ", t0 AS (SELECT unit, min(place) AS place FROM acts WHERE s0 GROUP BY unit)",
    ]
    lines += [
        f", t{n} AS (\nSELECT unit, min(acts.place) AS place\n"
        f"FROM acts\nJOIN t{n - 1} AS before USING (unit)\n"
        f"WHERE acts.s{n} AND acts.place > before.place\nGROUP BY unit\n)"
        for n in range(1, len(steps.steps))
    ]
    counts = ", ".join(f"(SELECT count(*) FROM t{n})" for n in range(len(steps.steps)))
    return Statement("\n".join([*lines, f"SELECT {counts}"]), scan.parameters)


def journeys_sql(paths: Paths, relations: Relations) -> Statement:
    """Rows of pages, visits, and how many visits there are in all; the most walked first.

    Pages are numbered in their order, so that what is sorted and grouped is small, whatever their
    names: a path of none after the last is less than one that goes on.
    """
    scan = _Scan(paths, paths.filters, relations)
    views = scan.events(["visit", "view", "page"], "type = 'page_view'", started=True)
    pages = scan.events(["page"], "type = 'page_view'")
    steps = [f"p{n}" for n in range(paths.depth)]
    leads = ", ".join(f"lead(id, {n}) OVER visits AS p{n}" for n in range(paths.depth))
    names = ", ".join(f"(SELECT page FROM names WHERE id = {step})" for step in steps)
    length = " + ".join(f"({step} IS NOT NULL)::INTEGER" for step in steps)
    begin = []
    if paths.start is not None:
        start = scan.parameters.add(paths.start)
        is_start = f"id = (SELECT id FROM names WHERE page = {start})"
        begin = [f"QUALIFY view >= min(view) FILTER ({is_start}) OVER (PARTITION BY visit)"]
    lines = [
        "-- Which pages do visits see first, in their order?",
        "WITH names AS MATERIALIZED (",
        "SELECT page, (row_number() OVER (ORDER BY page NULLS LAST))::INTEGER AS id",
        f"FROM (SELECT DISTINCT page FROM ({pages}))",
        "), moves AS (",
        "SELECT visit, view, id",
        f"FROM ({views}) AS views",
        "JOIN names ON names.page IS NOT DISTINCT FROM views.page",
        "WINDOW visits AS (PARTITION BY visit ORDER BY view)",
        "QUALIFY lag(id) OVER visits IS DISTINCT FROM id",
        "), since AS (",
        "SELECT visit, view, id",
        "FROM moves",
        *begin,
        "), walked AS (",
        f"SELECT {leads}",
        "FROM since",
        "WINDOW visits AS (PARTITION BY visit ORDER BY view)",
        "QUALIFY row_number() OVER visits = 1",
        "), counted AS (",
        f"SELECT {', '.join(steps)}, count(*) AS visits, sum(count(*)) OVER () AS total",
        "FROM walked",
        f"GROUP BY {', '.join(steps)}",
        f"ORDER BY visits DESC, {', '.join(f'{step} NULLS FIRST' for step in steps)}",
        f"LIMIT {paths.limit}",
        ")",
        f"SELECT [{names}][:{length}], visits, total",
        "FROM counted",
        f"ORDER BY visits DESC, {', '.join(f'{step} NULLS FIRST' for step in steps)}",
    ]
    return Statement("\n".join(lines), scan.parameters)


def returns_sql(returns: Returns, relations: Relations) -> Statement:
    """Rows of the bucket in which visitors were first seen, one in which they were, and how many."""
    scan = _Scan(returns, returns.filters, relations, (returns.interval,))
    seen = scan.events(["visitor"], dimensions=True)
    lines = [
        "-- Who is seen again, by when they were first seen?",
        f"WITH seen AS (SELECT DISTINCT visitor, d0 FROM ({seen}))",
        ", firsts AS (SELECT visitor, min(d0) AS first FROM seen GROUP BY visitor)",
        "SELECT first, d0, count(*)",
        "FROM seen",
        "JOIN firsts USING (visitor)",
        "GROUP BY first, d0",
        "ORDER BY first, d0",
    ]
    return Statement("\n".join(lines), scan.parameters)


class _Scan:
    """Events of the span, as counting finds them: the same days, filters and joins."""

    def __init__(
        self,
        asked: Steps | Paths | Returns,
        filters: Filter,
        relations: Relations,
        dimensions: Sequence[str] = (),
    ) -> None:
        count = Count(
            site=asked.site,
            zone=asked.zone,
            span=asked.span,
            metrics=("events",),
            dimensions=tuple(dimensions),
            filters=filters,
        )
        self._count = count
        self._relations = relations
        self._plan = plan(count, relations, rollup=False)
        self._compiler = Compiler(count, self._plan, relations)

    @property
    def parameters(self) -> Parameters:
        """Those of the statement."""
        return self._compiler.parameters

    def events(
        self,
        columns: list[str],
        where: str = "TRUE",
        *,
        started: bool = False,
        dimensions: bool = False,
    ) -> str:
        """Matching events with these columns; `started`: of visits that started in the span."""
        if not self._plan.scan.pieces:
            told = ["NULL AS " + column.rpartition(" AS ")[2] for column in columns]
            told += ["NULL::DATE AS d0"] * dimensions
            return f"SELECT {', '.join(told)} WHERE FALSE"
        tests = [where]
        if started:
            tests.append(f"visit NOT IN (\n{self._from_before()})")
        return self._compiler.matching(
            self._plan.scan, columns, tests=tests, with_dimensions=dimensions
        )

    def _from_before(self) -> str:
        """Visits that started before the span and go on into it: few, and quickly found."""
        span, known = self._count.span, self._relations.days(self._count.site)
        assert known is not None
        pieces = self._relations.pieces(self._count.site, known[0], self._plan.days.first)
        if not pieces:
            return "SELECT 0::UBIGINT WHERE FALSE"
        return (
            f"SELECT visit\nFROM {over(pieces, Relation.VISITS)}\n"
            f"WHERE start_ms < {span.start_ms} AND end_ms >= {span.start_ms}"
        )
