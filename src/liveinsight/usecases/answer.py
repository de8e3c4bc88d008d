"""Answer a question: settle it, have it counted, fill, compare, and tell.

One way for every panel, export, alert and API; whatever is asked, the same counts are told.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from liveinsight.domain import range as ranges
from liveinsight.domain.bucket import LENGTH_MS
from liveinsight.domain.count import Count, Counts, Keys
from liveinsight.domain.errors import Invalid
from liveinsight.domain.filter import Filter, as_json
from liveinsight.domain.query import Query
from liveinsight.domain.report import Compared, Meta, Report, Row
from liveinsight.domain.site import Site
from liveinsight.domain.tell import (
    compared,
    counterparts,
    figures,
    filled,
    nothing,
    page_of,
    summed,
    told,
)
from liveinsight.ports import History


def answer(query: Query, site: Site, history: History, now_ms: int) -> Report:
    """The report on the query, as of `now_ms`."""
    count = counted_of(query, site, history, now_ms)
    before = _before(query, count, now_ms)
    counted = history.count(count)
    rows = filled(count, counted)
    is_filled = count.is_series or not count.dimensions
    total_rows = len(rows) if is_filled else counted.total_rows
    totals = _totals(count, rows, history)
    if is_filled:
        rows = page_of(count, rows)
    return Report(
        results=_results(count, before, rows, history),
        totals=figures(count, totals),
        meta=Meta(
            total_rows=total_rows,
            elapsed_ms=0,
            read=counted.read,
            fresh_until=history.fresh_ms,
            explained=counted.explained,
        ),
        query=_settled_query(query, count, before),
        totals_comparison=_totals_comparison(count, before, totals, history),
    )


def _totals(count: Count, rows: list[Counts] | None, history: History) -> Counts:
    """The figures without dimensions; of a series of days they are the sum of its rows."""
    if not count.dimensions and rows is not None:
        return rows[0]
    if count.is_series and count.interval not in LENGTH_MS:
        if rows is None:
            rows = filled(count, history.count(count))
        return summed(count, rows)
    whole = replace(count, dimensions=(), order_by=(), limit=1, offset=0, only=None)
    return filled(whole, history.count(whole))[0]


def counted_of(query: Query, site: Site, history: History, now_ms: int) -> Count:
    """What has to be counted for the query, as of `now_ms`."""
    span = _settled(query, site, history, now_ms)
    return _count(query, site, span, _goal(query, site))


def _settled(query: Query, site: Site, history: History, now_ms: int) -> ranges.Span:
    first_ms = None
    if query.range is ranges.Named.ALL:
        first_ms = history.first_ms(site.id, site.timezone)
    return ranges.settle(query.range, now_ms=now_ms, zone_name=site.timezone, first_ms=first_ms)


def _count(query: Query, site: Site, span: ranges.Span, goal: Filter | None) -> Count:
    return Count(
        site=site.id,
        zone=site.timezone,
        span=span,
        metrics=query.metrics,
        dimensions=query.dimensions,
        filters=query.filters,
        goal=goal,
        order_by=query.order_by,
        limit=query.limit,
        offset=query.offset,
    )


def _goal(query: Query, site: Site) -> Filter | None:
    if not isinstance(query.goal, str):
        return query.goal
    for goal in site.goals:
        if goal.name == query.goal:
            return goal.when
    raise Invalid("goal", f"{query.goal!r} is no goal of the site")


def _before(query: Query, count: Count, now_ms: int) -> Count | None:
    """The same count over the span to compare with."""
    if query.compare is None:
        return None
    span = ranges.settle_compare(query.compare, count.span, now_ms=now_ms, zone_name=count.zone)
    return replace(count, span=span)


def _results(count: Count, before: Count | None, rows: list[Counts], history: History) -> list[Row]:
    if before is None:
        return [told(count, row) for row in rows]
    keys = counterparts(count, before, rows)
    wanted = tuple(key for key in keys if key is not None)
    if count.dimensions and not count.is_series:
        before = replace(before, only=wanted, order_by=(), limit=len(wanted) or 1, offset=0)
    then = {row.keys: row for row in history.count(before).rows} if wanted else {}
    return [
        told(count, row, compared(count, row, _twin(before, key, then)))
        for row, key in zip(rows, keys, strict=True)
    ]


def _twin(before: Count, keys: Keys | None, then: Mapping[Keys, Counts]) -> Counts | None:
    return None if keys is None else then.get(keys) or nothing(before, keys)


def _totals_comparison(
    count: Count, before: Count | None, totals: Counts, history: History
) -> Compared | None:
    if before is None:
        return None
    return compared(count, totals, _totals(before, None, history))


def _settled_query(query: Query, count: Count, before: Count | None) -> dict[str, object]:
    """The question as it was understood, in the words of the interface."""
    settled: dict[str, object] = {
        "site": count.site,
        "timezone": count.zone,
        "range": ranges.as_json(count.span, count.zone),
        "metrics": list(count.metrics),
        "dimensions": list(count.dimensions),
        "filters": as_json(count.filters),
        "order_by": [[order.by, "desc" if order.descending else "asc"] for order in count.order_by],
        "limit": count.limit,
        "offset": count.offset,
    }
    if before is not None:
        settled["compare"] = ranges.as_json(before.span, count.zone)
    if count.goal is not None:
        settled["goal"] = query.goal if isinstance(query.goal, str) else as_json(count.goal)
    return settled
