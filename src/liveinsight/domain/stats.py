"""The owner's view of history: visitors by hour or day, top pages, and a summary."""

from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.query import integer

MOST = {"hour": 168, "day": 366}
TOP_PAGES = 10


class Stats(Struct, frozen=True):
    """The question: the last `limit` hours or days, the one that is not over included."""

    period: str = "hour"
    limit: int = 24


class Series(Struct, frozen=True):
    """Labels of the buckets, and visitors in each."""

    labels: list[str | None]
    data: list[int]


class TopPage(Struct, frozen=True):
    """A page, its views, and their share of all in percent."""

    url: str
    views: int
    percentage: float


class Summary(Struct, frozen=True):
    """The whole; the mean duration of visits is in whole seconds."""

    total_sessions: int
    total_pageviews: int
    avg_session_duration: int


class StatsReport(Struct, frozen=True):
    """The answer, in the owner's words."""

    hourly_visitors: Series
    top_pages: list[TopPage]
    summary: Summary


def checked(period: str, limit: str) -> Stats:
    """Read the query's parameters."""
    if period not in MOST:
        raise Invalid("period", f"must be one of {', '.join(MOST)}")
    if not limit.isdecimal() or not limit.isascii():
        raise Invalid("limit", "must be a whole number")
    return Stats(period, integer(int(limit[:9]), "limit", 1, MOST[period]))
