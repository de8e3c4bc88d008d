"""Compose an alert's word: its figures are asked like all others."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from liveinsight.domain.alert import WEEK_MS, Alert, Notice, Sign
from liveinsight.domain.digest import LISTS, ROWS
from liveinsight.domain.live import LIVE_MS
from liveinsight.domain.period import DAY_MS, HOUR_MS
from liveinsight.domain.query import Query
from liveinsight.domain.range import Between
from liveinsight.domain.site import Site
from liveinsight.usecases.digest import rows_of


class _Told(Struct):
    totals: list[int]


def came(alert: Alert, until_ms: int) -> Query:
    """How many came in its hours up to then."""
    hours = Between(until_ms - alert.hours * HOUR_MS, until_ms)
    return Query(site=alert.site, range=hours, metrics=("visitors",))


def total_of(told: bytes) -> int:
    """The answer to that."""
    return msgspec.json.decode(told, type=_Told).totals[0]


def questions(alert: Alert, now_ms: int, kept_days: int) -> dict[str, Query]:
    """What is to be asked, by name: of many, who they are; of few, how it was a week before, if
    that is kept so long (0 days: for ever).
    """
    if alert.sign is Sign.FEW:
        from_ms = WEEK_MS + alert.hours * HOUR_MS + DAY_MS  # of days some go whole
        is_kept = not kept_days or from_ms <= kept_days * DAY_MS
        return {"before": came(alert, now_ms - WEEK_MS)} if is_kept else {}
    live, metrics = Between(now_ms - LIVE_MS + 1, now_ms + 1), ("visitors",)
    return {
        name: Query(site=alert.site, range=live, metrics=metrics, dimensions=(name,), limit=ROWS)
        for name in LISTS
    }


def composed(
    alert: Alert, site: Site, visitors: int, now_ms: int, told: Mapping[str, bytes]
) -> Notice:
    """The word of the answers, by the same names."""
    # None a week before may mean that nothing was counted then, or is kept: it is not told.
    before = (total_of(told["before"]) or None) if "before" in told else None
    lists = {name: rows_of(told[name]) for name in LISTS if name in told}
    return Notice(site, alert, visitors, now_ms, before, lists)
