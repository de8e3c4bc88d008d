"""All that can be asked about the past, and what each is answered with."""

from msgspec import Struct

from liveinsight.domain.aside import Aside, AsideReport, PropKeys, PropKeysReport
from liveinsight.domain.behaviour import (
    Funnel,
    FunnelReport,
    Journeys,
    JourneysReport,
    Retention,
    RetentionReport,
)
from liveinsight.domain.query import Query
from liveinsight.domain.range import Named, Range
from liveinsight.domain.report import Report
from liveinsight.domain.rows import Sql, SqlReport
from liveinsight.domain.stats import Stats, StatsReport


class Goals(Struct, frozen=True):
    """How the site's goals do."""

    site: str
    range: Range = Named.LAST_30D


class GoalRow(Struct, frozen=True):
    """One goal: events that were it, the share of visitors who had one, what they brought."""

    goal: str
    conversions: int
    conversion_rate: float | None
    revenue: dict[str, str]


class GoalsReport(Struct, frozen=True):
    """All goals of the site."""

    results: list[GoalRow]


Question = Query | Funnel | Journeys | Retention | Stats | Goals | Sql | Aside | PropKeys
Reply = (
    Report
    | FunnelReport
    | JourneysReport
    | RetentionReport
    | StatsReport
    | GoalsReport
    | SqlReport
    | AsideReport
    | PropKeysReport
)
