"""Buckets of a series."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from liveinsight.domain import bucket
from liveinsight.domain.errors import Invalid
from liveinsight.domain.range import Span


def span(start: str, end: str, zone: str) -> Span:
    both = (
        int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
        for text in (start, end)
    )
    return Span(*both)


def labels(start: str, end: str, interval: str, zone: str) -> list[str]:
    keys = bucket.keys(span(start, end, zone), interval, zone)
    return [bucket.label(key, interval, zone) for key in keys]


def test_an_hour_that_is_skipped_has_no_bucket() -> None:
    """When New York's clocks go forward, 02:00 does not come."""
    assert labels("2026-03-08T01:00", "2026-03-08T04:00", "time:hour", "America/New_York") == [
        "2026-03-08T01:00:00-05:00",
        "2026-03-08T03:00:00-04:00",
    ]


def test_an_hour_that_comes_twice_has_two_buckets() -> None:
    """When New York's clocks go back, 01:00 is told apart by its offset."""
    assert labels("2026-11-01T00:00", "2026-11-01T03:00", "time:hour", "America/New_York") == [
        "2026-11-01T00:00:00-04:00",
        "2026-11-01T01:00:00-04:00",
        "2026-11-01T01:00:00-05:00",
        "2026-11-01T02:00:00-05:00",
    ]


def test_hours_begin_on_the_sites_clock() -> None:
    """Kathmandu is 5:45 ahead, and its hours are its own."""
    assert labels("2026-05-01T08:30", "2026-05-01T10:00", "time:hour", "Asia/Kathmandu") == [
        "2026-05-01T08:00:00+05:45",
        "2026-05-01T09:00:00+05:45",
    ]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ("time:day", ["2025-12-30", "2025-12-31", "2026-01-01"]),
        ("time:week", ["2026-W01"]),
        ("time:month", ["2025-12", "2026-01"]),
    ],
)
def test_days_weeks_and_months_are_told_by_the_calendar(interval: str, expected: list[str]) -> None:
    """Weeks are ISO's, which may belong to another year than their days."""
    assert labels("2025-12-30T12:00", "2026-01-01T00:01", interval, "Asia/Seoul") == expected


def test_a_day_with_a_change_of_clocks_is_cut_where_it_happens() -> None:
    """Both stretches have one offset each, and together they are the span."""
    day = span("2026-03-08T00:00", "2026-03-09T00:00", "America/New_York")
    first, second = bucket.stretches(day, "America/New_York")
    assert (first.start_ms, second.end_ms) == (day.start_ms, day.end_ms)
    assert first.end_ms == second.start_ms == day.start_ms + 2 * 3_600_000
    assert (first.offset_ms, second.offset_ms) == (-5 * 3_600_000, -4 * 3_600_000)


def test_too_many_buckets_are_refused() -> None:
    """A year of minutes is a mistake, and is told so before it is computed."""
    year = span("2025-01-01T00:00", "2026-01-01T00:00", "UTC")
    with pytest.raises(Invalid, match="more than 10000"):
        bucket.keys(year, "time:minute", "UTC")


def test_the_week_of_a_day_begins_on_monday() -> None:
    """A Sunday belongs to the Monday six days before."""
    assert bucket.key_of_day(date(2026, 11, 22), "time:week") == date(2026, 11, 16)
    assert bucket.key_of_day(date(2026, 11, 22), "time:month") == date(2026, 11, 1)
    assert bucket.key_of_day(date(2026, 11, 22), "time:day") == date(2026, 11, 22)
