"""Local days: which day of a site's calendar a moment belongs to, with daylight saving."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from liveinsight.domain.errors import Invalid

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# Since 2012 every zone's offset changes at whole quarters of an hour (but for one change of
# Antarctica/Casey, at 00:01); before, those of Newfoundland and Palestine did so a minute past.
QUARTER_MS = 15 * MINUTE_MS
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LocalDay(Struct, frozen=True):
    """A day of a calendar and the moments it lasts: 23, 24 or 25 hours."""

    date: date
    start_ms: int
    end_ms: int


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("timezone", f"{name!r} is no IANA time zone, like Asia/Seoul") from None


def midnight_ms(day: date, zone_name: str) -> int:
    """When that local day begins; where midnight is skipped, at the first moment there is."""
    naive = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone_name))
    return int(naive.astimezone(UTC).timestamp() * 1000)


def local_day(time_ms: int, zone_name: str) -> LocalDay:
    """The site's day that holds the moment."""
    return _day_of_quarter(time_ms // QUARTER_MS, zone_name)


@lru_cache(maxsize=4096)
def _day_of_quarter(quarter: int, zone_name: str) -> LocalDay:
    moment = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, ZoneInfo(zone_name))
    return day_span(moment.date(), zone_name)


@lru_cache(maxsize=4096)
def day_span(day: date, zone_name: str) -> LocalDay:
    """The day of that date."""
    return LocalDay(
        date=day,
        start_ms=midnight_ms(day, zone_name),
        end_ms=midnight_ms(day + timedelta(days=1), zone_name),
    )


def local_time(time_ms: int, zone_name: str, *, aware: bool = False) -> datetime:
    """What the clock on the site's wall shows; `aware` keeps the offset with it."""
    there = (EPOCH + timedelta(milliseconds=time_ms)).astimezone(ZoneInfo(zone_name))
    return there if aware else there.replace(tzinfo=None, fold=0)


def moment_ms(wall: datetime, zone_name: str) -> int:
    """When the wall clock shows that: the first time if twice; where it is skipped,
    as far behind the skip.
    """
    there = wall.replace(tzinfo=ZoneInfo(zone_name), fold=0)
    return (there - EPOCH) // timedelta(milliseconds=1)


def offset_ms(time_ms: int, zone_name: str) -> int:
    """How far the site's wall clock is ahead of UTC at that moment."""
    ahead = local_time(time_ms, zone_name, aware=True).utcoffset()
    return ahead // timedelta(milliseconds=1) if ahead is not None else 0
