"""Tell the owner's view of history, from the same counts as every other answer."""

from datetime import timedelta

from liveinsight.domain.count import Count
from liveinsight.domain.metric import Part, ratio
from liveinsight.domain.period import HOUR_MS, local_day, midnight_ms, offset_ms
from liveinsight.domain.range import Span
from liveinsight.domain.site import Site
from liveinsight.domain.stats import TOP_PAGES, Series, Stats, StatsReport, Summary, TopPage
from liveinsight.domain.tell import figures, filled, told
from liveinsight.ports import History


def stats(asked: Stats, site: Site, history: History, now_ms: int) -> StatsReport:
    """The last hours or days."""
    span = _span(asked, site.timezone, now_ms)
    hours = _count(site, span, ("visitors",), (f"time:{asked.period}",))
    pages = _count(site, span, ("pageviews",), ("page",), limit=TOP_PAGES)
    whole = _count(site, span, ("visits", "pageviews", "visit_duration"))
    series = [told(hours, row) for row in filled(hours, history.count(hours))]
    total = filled(whole, history.count(whole))[0].parts
    seconds = ratio(total[Part.DURATION_MS], 1000 * total[Part.VISITS], 0)
    return StatsReport(
        hourly_visitors=Series(
            [row.dimensions[0] for row in series],
            [int(str(row.metrics[0])) for row in series],
        ),
        top_pages=[
            TopPage(page or "", views, ratio(views * 100, total[Part.PAGEVIEWS], 1) or 0.0)
            for page, views in _pages(pages, history)
        ],
        summary=Summary(total[Part.VISITS], total[Part.PAGEVIEWS], int(seconds or 0)),
    )


def _pages(count: Count, history: History) -> list[tuple[str | None, int]]:
    rows = history.count(count).rows
    return [(told(count, row).dimensions[0], int(str(figures(count, row)[0]))) for row in rows]


def _span(asked: Stats, zone: str, now_ms: int) -> Span:
    if asked.period == "day":
        first = local_day(now_ms, zone).date - timedelta(days=asked.limit - 1)
        return Span(midnight_ms(first, zone), now_ms + 1)
    local_ms = now_ms + offset_ms(now_ms, zone)
    this_hour = now_ms - local_ms % HOUR_MS
    return Span(this_hour - (asked.limit - 1) * HOUR_MS, now_ms + 1)


def _count(
    site: Site,
    span: Span,
    metrics: tuple[str, ...],
    dimensions: tuple[str, ...] = (),
    limit: int = 10_000,
) -> Count:
    return Count(
        site=site.id,
        zone=site.timezone,
        span=span,
        metrics=metrics,
        dimensions=dimensions,
        limit=limit,
    )
