"""Local days where clocks misbehave: days of 23, 24, 25 and 23.5 hours, and skipped midnights."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveinsight.domain.errors import Invalid
from liveinsight.domain.period import (
    DAY_MS,
    HOUR_MS,
    day_span,
    local_day,
    local_time,
    midnight_ms,
    moment_ms,
    offset_ms,
    zone,
)

NAMES = ["UTC", "Asia/Seoul", "Asia/Kathmandu", "Asia/Tehran", "Asia/Beirut", "Africa/Cairo"]
NAMES += ["America/New_York", "America/Sao_Paulo", "America/Havana", "America/Asuncion"]
NAMES += ["Africa/Casablanca", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]
ZONES = st.sampled_from(NAMES)
MOMENTS = st.datetimes(datetime(2012, 1, 1), datetime(2037, 1, 1)).map(  # noqa: DTZ001
    lambda naive: int(naive.replace(tzinfo=UTC).timestamp() * 1000)
)


@pytest.mark.parametrize(
    ("zone_name", "day", "hours", "start"),
    [
        ("UTC", date(2026, 11, 20), 24, "2026-11-20T00:00"),
        ("Asia/Seoul", date(2026, 11, 20), 24, "2026-11-19T15:00"),
        ("Asia/Kathmandu", date(2026, 11, 20), 24, "2026-11-19T18:15"),
        ("America/New_York", date(2026, 3, 8), 23, "2026-03-08T05:00"),
        ("America/New_York", date(2026, 11, 1), 25, "2026-11-01T04:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5, "2026-04-04T13:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5, "2026-10-03T13:30"),
        # Midnight is skipped: the day begins at one o'clock.
        ("America/Sao_Paulo", date(2018, 11, 4), 23, "2018-11-04T03:00"),
        ("Africa/Cairo", date(2026, 4, 24), 23, "2026-04-23T22:00"),
        # Clocks go back at midnight: the hour before it comes twice.
        ("America/Sao_Paulo", date(2018, 2, 17), 25, "2018-02-17T02:00"),
        ("Africa/Cairo", date(2026, 10, 29), 25, "2026-10-28T21:00"),
        # Clocks go back to midnight: it comes twice, and the first one counts.
        ("America/Havana", date(2026, 11, 1), 25, "2026-11-01T04:00"),
        # A day that never was: Samoa went over the date line.
        ("Pacific/Apia", date(2011, 12, 30), 0, "2011-12-30T10:00"),
    ],
)
def test_days_of_odd_length(zone_name, day, hours, start):
    """A day lasts from its first moment to the next day's first."""
    found = day_span(day, zone_name)
    assert (found.end_ms - found.start_ms) / HOUR_MS == hours
    assert datetime.fromtimestamp(found.start_ms / 1000, UTC).isoformat()[:16] == start


@given(MOMENTS, ZONES)
def test_every_moment_has_its_day(time_ms, zone_name):
    """The day of a moment holds it, and is the one that the clock on the wall shows."""
    day = local_day(time_ms, zone_name)
    assert day.start_ms <= time_ms < day.end_ms
    wall = datetime.fromtimestamp(time_ms / 1000, ZoneInfo(zone_name))
    assert day.date == wall.date()


@given(st.dates(date(2012, 1, 1), date(2037, 1, 1)), ZONES)
def test_days_follow_each_other(day, zone_name):
    """Between two days there is no gap and no overlap, and none is longer than 25 hours."""
    today, tomorrow = day_span(day, zone_name), day_span(day + timedelta(days=1), zone_name)
    assert today.end_ms == tomorrow.start_ms == midnight_ms(tomorrow.date, zone_name)
    assert DAY_MS - HOUR_MS <= today.end_ms - today.start_ms <= DAY_MS + HOUR_MS


@given(MOMENTS, ZONES)
def test_the_clock_on_the_wall(time_ms, zone_name):
    """The wall clock and its offset give the moment back, but in the second of a doubled hour."""
    wall = local_time(time_ms, zone_name)
    aware = local_time(time_ms, zone_name, aware=True)
    assert aware.replace(tzinfo=None, fold=0) == wall
    assert offset_ms(time_ms, zone_name) % (15 * 60_000) == 0
    expected = time_ms if aware.fold == 0 else time_ms - _doubled_ms(aware)
    assert moment_ms(wall, zone_name) == expected


def _doubled_ms(aware):
    first, second = aware.replace(fold=0).utcoffset(), aware.replace(fold=1).utcoffset()
    return (first - second) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "name", ["", "Nowhere", "Asia/Soul", "../etc/passwd", "/etc", "UTC\0", "KST"]
)
def test_what_is_no_zone(name):
    """A wrong zone is refused by name."""
    with pytest.raises(Invalid, match="timezone"):
        zone(name)
