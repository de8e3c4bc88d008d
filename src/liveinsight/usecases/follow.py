"""Follow what visitors do one after the other: funnels, journeys, and who comes back."""

from liveinsight.domain import range as ranges
from liveinsight.domain.behaviour import (
    Cohort,
    Funnel,
    FunnelReport,
    Journeys,
    JourneysReport,
    Path,
    Paths,
    Retention,
    RetentionReport,
    Returns,
    Steps,
    Taken,
)
from liveinsight.domain.bucket import keys, label
from liveinsight.domain.filter import as_json
from liveinsight.domain.metric import ratio
from liveinsight.domain.site import Site
from liveinsight.ports import History

Asked = Funnel | Journeys | Retention


def settled(asked: Asked, site: Site, history: History, now_ms: int) -> ranges.Span:
    """The moments that are meant."""
    zone = site.timezone
    first_ms = history.first_ms(site.id, zone) if asked.range is ranges.Named.ALL else None
    return ranges.settle(asked.range, now_ms=now_ms, zone_name=zone, first_ms=first_ms)


def funnel(asked: Funnel, site: Site, history: History, now_ms: int) -> FunnelReport:
    """How many take each step after the one before."""
    steps = Steps(
        site=site.id,
        zone=site.timezone,
        span=settled(asked, site, history, now_ms),
        filters=asked.filters,
        steps=asked.steps,
        within=asked.within,
    )
    counts = history.funnel(steps)
    rows = tuple(
        Taken(n + 1, count, _percent(count, counts[0]), _percent(count, counts[max(n - 1, 0)]))
        for n, count in enumerate(counts)
    )
    query = _query(steps) | {
        "steps": [as_json(step) for step in steps.steps],
        "within": steps.within.value,
    }
    return FunnelReport(rows, counts[0], query)


def journeys(asked: Journeys, site: Site, history: History, now_ms: int) -> JourneysReport:
    """Which pages are walked first."""
    paths = Paths(
        site=site.id,
        zone=site.timezone,
        span=settled(asked, site, history, now_ms),
        filters=asked.filters,
        depth=asked.depth,
        start=asked.start,
        limit=asked.limit,
    )
    found, total = history.journeys(paths)
    rows = tuple(Path(pages, visits, _percent(visits, total)) for pages, visits in found)
    query = _query(paths) | {"depth": paths.depth, "start": paths.start, "limit": paths.limit}
    return JourneysReport(rows, total, query)


def retention(asked: Retention, site: Site, history: History, now_ms: int) -> RetentionReport:
    """Who is seen again: told of every bucket from the one in which they were first seen."""
    returns = Returns(
        site=site.id,
        zone=site.timezone,
        span=settled(asked, site, history, now_ms),
        filters=asked.filters,
        interval=asked.interval,
    )
    seen = {(first, then): count for first, then, count in history.returns(returns)}
    buckets = keys(returns.span, returns.interval, returns.zone)
    rows = []
    for place, first in enumerate(buckets):
        returned = tuple(seen.get((first, then), 0) for then in buckets[place:])  # type: ignore[arg-type] # dates both
        if returned[0]:
            rates = tuple(_percent(count, returned[0]) for count in returned)
            name = label(first, returns.interval, returns.zone)
            rows.append(Cohort(name, returned[0], returned, rates))
    total = sum(row.visitors for row in rows)
    query = _query(returns) | {"interval": returns.interval.removeprefix("time:")}
    return RetentionReport(tuple(rows), total, query)


def _percent(count: int, of: int) -> float | None:
    return ratio(count * 100, of, 1)


def _query(asked: Steps | Paths | Returns) -> dict[str, object]:
    return {
        "site": asked.site,
        "timezone": asked.zone,
        "range": ranges.as_json(asked.span, asked.zone),
        "filters": as_json(asked.filters),
    }
