"""Ranges: which moments a question is about, and which it is compared with.

What was asked (`30d`, `{"from": …, "to": …}`) is a value; only `settle` makes moments of it,
with the time of asking and the site's zone as arguments.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.period import (
    DAY_MS,
    MINUTE_MS,
    local_day,
    local_time,
    midnight_ms,
    moment_ms,
)

FIRST_YEAR, LAST_YEAR = 1970, 9000


class Named(StrEnum):
    """Ranges by name; all but `yesterday` and `last_month` end now."""

    REALTIME = "realtime"  # the last 5 minutes: what metrics.md calls live
    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_24H = "24h"
    LAST_7D = "7d"
    LAST_28D = "28d"
    LAST_30D = "30d"
    LAST_91D = "91d"
    MONTH = "month"
    LAST_MONTH = "last_month"
    YEAR = "year"
    LAST_12MO = "12mo"
    ALL = "all"


class Compare(StrEnum):
    """What a range is compared with, by name."""

    PREVIOUS_PERIOD = "previous_period"
    PREVIOUS_YEAR = "previous_year"


class Between(Struct, frozen=True):
    """From a day's beginning or a moment, to a day's end or just before a moment; None is now."""

    start: date | int
    end: date | int | None


Range = Named | Between
Comparison = Compare | Between


class Span(Struct, frozen=True, order=True):
    """Settled: the moments from `start_ms` to just before `end_ms`."""

    start_ms: int
    end_ms: int


_ROLLING_MS = {Named.REALTIME: 5 * MINUTE_MS, Named.LAST_24H: DAY_MS}
_DAYS = {Named.TODAY: 1, Named.LAST_7D: 7, Named.LAST_28D: 28}
_DAYS |= {Named.LAST_30D: 30, Named.LAST_91D: 91}


def parse(raw: object, field: str = "range") -> Range:
    """Read a range from decoded JSON."""
    if isinstance(raw, str) and raw in set(Named):
        return Named(raw)
    if isinstance(raw, dict):
        return _between(raw, field)
    raise Invalid(field, f'must be {{"from", "to"}} or one of {", ".join(Named)}')


def parse_compare(raw: object, field: str = "compare") -> Comparison | None:
    """Read what to compare with from decoded JSON."""
    if raw is None:
        return None
    if isinstance(raw, str) and raw in set(Compare):
        return Compare(raw)
    if isinstance(raw, dict):
        return _between(raw, field)
    raise Invalid(field, f'must be {{"from", "to"}} or one of {", ".join(Compare)}')


def _between(raw: dict[object, object], field: str) -> Between:
    if unknown := [key for key in raw if key not in {"from", "to"}]:
        raise Invalid(f"{field}.{unknown[0]}", "is not known; a range has from and to")
    if raw.get("from") is None:
        raise Invalid(f"{field}.from", "is missing")
    end = raw.get("to")
    return Between(
        _instant(raw["from"], f"{field}.from"),
        None if end is None else _instant(end, f"{field}.to"),
    )


def _instant(raw: object, field: str) -> date | int:
    """A date, or a time as ms since 1970 or RFC 3339."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        moment: date | int = raw
        year = 1970 + raw // (366 * DAY_MS)
    elif isinstance(raw, str):
        moment, year = _read(raw, field)
    else:
        raise Invalid(field, "must be a date, an RFC 3339 time, or ms since 1970")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(field, f"lies before {FIRST_YEAR} or after {LAST_YEAR}")
    return moment


def _read(text: str, field: str) -> tuple[date | int, int]:
    try:
        if len(text) == len("2026-11-20"):
            day = date.fromisoformat(text)
            return day, day.year
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(field, f"{text!r} is no date and no RFC 3339 time") from None
    if time.tzinfo is None:
        raise Invalid(field, f"{text!r} has no offset; end it with Z or like +09:00")
    return int(time.timestamp() * 1000), time.year


def settle(asked: Range, *, now_ms: int, zone_name: str, first_ms: int | None = None) -> Span:
    """The moments that are meant, asked at `now_ms`; `first_ms` is the site's first event."""
    now_end = now_ms + 1  # what happened in this very millisecond is in
    today = local_day(now_ms, zone_name).date
    if isinstance(asked, Between):
        return _settle_between(asked, now_end, zone_name)
    if asked in _ROLLING_MS:
        return Span(now_end - _ROLLING_MS[asked], now_end)
    if asked in _DAYS:
        return Span(midnight_ms(today - timedelta(days=_DAYS[asked] - 1), zone_name), now_end)
    if asked is Named.YESTERDAY:
        start = midnight_ms(today - timedelta(days=1), zone_name)
        return Span(start, midnight_ms(today, zone_name))
    if asked is Named.LAST_MONTH:
        start = midnight_ms(_month_start(today, months_back=1), zone_name)
        return Span(start, midnight_ms(today.replace(day=1), zone_name))
    return Span(midnight_ms(_first_day(asked, today, first_ms, zone_name), zone_name), now_end)


def _first_day(asked: Named, today: date, first_ms: int | None, zone_name: str) -> date:
    match asked:
        case Named.MONTH:
            return today.replace(day=1)
        case Named.YEAR:
            return today.replace(month=1, day=1)
        case Named.LAST_12MO:
            return _month_start(today, months_back=11)
        case _:
            return today if first_ms is None else min(today, local_day(first_ms, zone_name).date)


def _month_start(day: date, months_back: int) -> date:
    months = day.year * 12 + day.month - 1 - months_back
    return date(months // 12, months % 12 + 1, 1)


def _settle_between(asked: Between, now_end: int, zone_name: str, field: str = "range") -> Span:
    start, end = asked.start, asked.end
    start_ms = start if isinstance(start, int) else midnight_ms(start, zone_name)
    if isinstance(end, date):
        end = midnight_ms(end + timedelta(days=1), zone_name)
    end_ms = now_end if end is None else min(end, now_end)
    if start_ms >= now_end:
        raise Invalid(field, "begins in the future")
    if start_ms >= end_ms:
        raise Invalid(field, "ends before it begins")
    return Span(start_ms, end_ms)


def settle_compare(asked: Comparison, span: Span, *, now_ms: int, zone_name: str) -> Span:
    """The moments to compare with.

    A span that begins at a local midnight is moved back by the local days that it touches, at the
    same wall clock (so that today until 14:05 stands against yesterday until 14:05); any other by
    its own length.
    """
    if isinstance(asked, Between):
        return _settle_between(asked, now_ms + 1, zone_name, field="compare")
    if asked is Compare.PREVIOUS_YEAR:
        return Span(*(_year_back(moment, zone_name) for moment in (span.start_ms, span.end_ms)))
    first = local_day(span.start_ms, zone_name)
    if first.start_ms != span.start_ms:
        return Span(2 * span.start_ms - span.end_ms, span.start_ms)
    days = (local_day(span.end_ms - 1, zone_name).date - first.date).days + 1
    return Span(
        midnight_ms(first.date - timedelta(days=days), zone_name),
        moment_ms(local_time(span.end_ms, zone_name) - timedelta(days=days), zone_name),
    )


def _year_back(time_ms: int, zone_name: str) -> int:
    """The same wall clock a year before; of 29 February, that of the 28th."""
    local = local_time(time_ms, zone_name)
    last = local.replace(day=28) if (local.month, local.day) == (2, 29) else local
    return moment_ms(last.replace(year=local.year - 1), zone_name)


def as_json(span: Span, zone_name: str) -> dict[str, str]:
    """The span as it is told, in the site's zone; `to` is exclusive."""
    return {
        "from": _told(span.start_ms, zone_name),
        "to": _told(span.end_ms, zone_name),
    }


def _told(time_ms: int, zone_name: str) -> str:
    return local_time(time_ms, zone_name, aware=True).isoformat(
        timespec="milliseconds" if time_ms % 1000 else "seconds"
    )
