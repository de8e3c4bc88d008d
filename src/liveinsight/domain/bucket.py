"""Buckets of a series: which there are in a span, how they are told, where a moment falls.

A bucket's key is a date (of its day, its week's Monday, its month's first) or, for hours and
minutes, the moment at which the wall clock shows its beginning, in ms. Offsets from UTC change
seldom, so a span is cut where they do; in each stretch the key of a moment is plain arithmetic,
in Python as in SQL, and no engine needs a calendar of its own.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.period import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    local_day,
    local_time,
    offset_ms,
)
from liveinsight.domain.range import Span

MAX_BUCKETS = 10_000
LENGTH_MS = {"time:minute": MINUTE_MS, "time:hour": HOUR_MS}

Key = date | int


class Stretch(Struct, frozen=True):
    """Moments in a row that have one offset from UTC."""

    start_ms: int
    end_ms: int
    offset_ms: int


def stretches(span: Span, zone_name: str) -> tuple[Stretch, ...]:
    """The span, cut where the wall clock was put forward or back."""
    found = []
    start, offset = span.start_ms, offset_ms(span.start_ms, zone_name)
    probe = start
    while probe < span.end_ms:
        # A zone never changes twice within a day.
        later = min(probe + DAY_MS, span.end_ms)
        if (then := offset_ms(later, zone_name)) != offset:
            change = _change(probe, later, offset, zone_name)
            found.append(Stretch(start, change, offset))
            start, offset = change, then
        probe = later
    return (*found, Stretch(start, span.end_ms, offset)) if start < span.end_ms else tuple(found)


def _change(low: int, high: int, offset: int, zone_name: str) -> int:
    """The first moment after `low` that has another offset; at `high` it has."""
    while high - low > 1:
        middle = (low + high) // 2
        if offset_ms(middle, zone_name) == offset:
            low = middle
        else:
            high = middle
    return high


def key_of_day(day: date, interval: str) -> date:
    """The key of the day's own, its week's, or its month's bucket."""
    match interval:
        case "time:week":
            return day - timedelta(days=day.weekday())
        case "time:month":
            return day.replace(day=1)
        case _:
            return day


def label(key: Key, interval: str, zone_name: str) -> str:
    """The bucket as answers tell it."""
    if not isinstance(key, date):
        return local_time(key, zone_name, aware=True).isoformat(timespec="seconds")
    match interval:
        case "time:week":
            year, week, _ = key.isocalendar()
            return f"{year}-W{week:02}"
        case "time:month":
            return f"{key:%Y-%m}"
        case _:
            return key.isoformat()


def keys(span: Span, interval: str, zone_name: str) -> tuple[Key, ...]:
    """Every bucket that shares a moment with the span, in order of time."""
    if interval in LENGTH_MS:
        length = LENGTH_MS[interval]
        _refuse_over(sum(1 + _count(s, length) for s in stretches(span, zone_name)) - 1)
        found: Iterator[Key] = _clock_keys(span, length, zone_name)
    else:
        _refuse_over((span.end_ms - span.start_ms) // (DAY_MS * _DAYS_AT_LEAST[interval]))
        found = _day_keys(span, interval, zone_name)
    return tuple(dict.fromkeys(found))


_DAYS_AT_LEAST = {"time:day": 1, "time:week": 7, "time:month": 28}


def _count(stretch: Stretch, length: int) -> int:
    return (stretch.end_ms - stretch.start_ms) // length


def _refuse_over(count: int) -> None:
    if count > MAX_BUCKETS:
        raise Invalid(
            "dimensions",
            f"{count} buckets are more than {MAX_BUCKETS}; ask for longer ones or a shorter range",
        )


def _clock_keys(span: Span, length: int, zone_name: str) -> Iterator[int]:
    for stretch in stretches(span, zone_name):
        first = (stretch.start_ms + stretch.offset_ms) // length
        last = (stretch.end_ms - 1 + stretch.offset_ms) // length
        for number in range(first, last + 1):
            yield number * length - stretch.offset_ms


def _day_keys(span: Span, interval: str, zone_name: str) -> Iterator[date]:
    day = local_day(span.start_ms, zone_name).date
    last = local_day(span.end_ms - 1, zone_name).date
    while day <= last:
        yield key_of_day(day, interval)
        day += timedelta(days=1)
