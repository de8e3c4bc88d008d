"""Ranges and comparisons, settled in the site's zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from liveinsight.domain import range as ranges
from liveinsight.domain.errors import Invalid

SEOUL, NEW_YORK = "Asia/Seoul", "America/New_York"


def ms(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def told(span: ranges.Span, zone: str) -> tuple[str, str]:
    both = (datetime.fromtimestamp(m / 1000, ZoneInfo(zone)) for m in (span.start_ms, span.end_ms))
    start, end = (moment.isoformat(timespec="minutes")[:16] for moment in both)
    return start, end


NOW = ms("2026-03-10T14:05", NEW_YORK)  # two days after the clocks went forward


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("realtime", "2026-03-10T14:00", "2026-03-10T14:05"),
        ("today", "2026-03-10T00:00", "2026-03-10T14:05"),
        ("yesterday", "2026-03-09T00:00", "2026-03-10T00:00"),
        ("24h", "2026-03-09T14:05", "2026-03-10T14:05"),
        ("7d", "2026-03-04T00:00", "2026-03-10T14:05"),
        ("30d", "2026-02-09T00:00", "2026-03-10T14:05"),
        ("month", "2026-03-01T00:00", "2026-03-10T14:05"),
        ("last_month", "2026-02-01T00:00", "2026-03-01T00:00"),
        ("year", "2026-01-01T00:00", "2026-03-10T14:05"),
        ("12mo", "2025-04-01T00:00", "2026-03-10T14:05"),
        ("all", "2026-02-20T00:00", "2026-03-10T14:05"),
        ({"from": "2026-03-08", "to": "2026-03-08"}, "2026-03-08T00:00", "2026-03-09T00:00"),
        ({"from": "2026-03-08", "to": "2026-12-31"}, "2026-03-08T00:00", "2026-03-10T14:05"),
        ({"from": "2026-03-09"}, "2026-03-09T00:00", "2026-03-10T14:05"),
        (
            {"from": "2026-03-09T12:00:00Z", "to": ms("2026-03-09T13:00")},
            "2026-03-09T08:00",
            "2026-03-09T09:00",
        ),
    ],
)
def test_a_range_is_settled_in_the_sites_zone(asked: object, start: str, end: str) -> None:
    """Days are the site's, `to` as a date is inclusive, and nothing lies after now."""
    first = ms("2026-02-20T22:30", NEW_YORK)
    span = ranges.settle(ranges.parse(asked), now_ms=NOW, zone_name=NEW_YORK, first_ms=first)
    assert told(span, NEW_YORK) == (start, end)


def test_a_range_that_ends_now_holds_this_very_millisecond() -> None:
    """What was acknowledged just now is in the answer."""
    span = ranges.settle(ranges.parse("today"), now_ms=NOW, zone_name=SEOUL)
    assert span.start_ms <= NOW < span.end_ms


@pytest.mark.parametrize(
    ("asked", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-07-04", 24)]
)
def test_days_of_23_and_25_hours_are_whole(asked: str, hours: int) -> None:
    """A day lasts from midnight to midnight, whatever the clocks do between."""
    span = ranges.settle(
        ranges.parse({"from": asked, "to": asked}), now_ms=ms("2027-01-01"), zone_name=NEW_YORK
    )
    assert span.end_ms - span.start_ms == hours * 3_600_000


@pytest.mark.parametrize(
    ("asked", "compare", "start", "end"),
    [
        ("today", "previous_period", "2026-03-09T00:00", "2026-03-09T14:05"),
        ("7d", "previous_period", "2026-02-25T00:00", "2026-03-03T14:05"),
        ("24h", "previous_period", "2026-03-08T14:05", "2026-03-09T14:05"),
        ("last_month", "previous_period", "2026-01-04T00:00", "2026-02-01T00:00"),
        ("last_month", "previous_year", "2025-02-01T00:00", "2025-03-01T00:00"),
        ("today", "previous_year", "2025-03-10T00:00", "2025-03-10T14:05"),
        (
            {"from": "2024-02-29", "to": "2024-02-29"},
            "previous_year",
            "2023-02-28T00:00",
            "2023-03-01T00:00",
        ),
        ("7d", {"from": "2026-01-01", "to": "2026-01-02"}, "2026-01-01T00:00", "2026-01-03T00:00"),
    ],
)
def test_a_comparison_stands_at_the_same_wall_clock(
    asked: object, compare: object, start: str, end: str
) -> None:
    """Whole local days are moved by days, also over a change of clocks; the rest by its length."""
    span = ranges.settle(ranges.parse(asked), now_ms=NOW, zone_name=NEW_YORK)
    other = ranges.parse_compare(compare)
    assert other is not None
    before = ranges.settle_compare(other, span, now_ms=NOW, zone_name=NEW_YORK)
    assert told(before, NEW_YORK) == (start, end)


@pytest.mark.parametrize(
    ("asked", "field", "told_of"),
    [
        ("week", "range", "one of"),
        (7, "range", "one of"),
        ({"to": "2026-01-01"}, "range.from", "missing"),
        ({"from": "2026-01-01", "until": 1}, "range.until", "not known"),
        ({"from": "yesterday"}, "range.from", "no date"),
        ({"from": "2026-01-01T10:00:00"}, "range.from", "no offset"),
        ({"from": True}, "range.from", "must be"),
        ({"from": "0001-01-01"}, "range.from", "before 1970"),
        ({"from": 10**18}, "range.from", "after 9000"),
    ],
)
def test_what_is_no_range_is_refused_by_name(asked: object, field: str, told_of: str) -> None:
    """The error names the field and what is wrong with it."""
    with pytest.raises(Invalid) as refusal:
        ranges.parse(asked)
    assert refusal.value.field == field
    assert told_of in refusal.value.error


@pytest.mark.parametrize(
    "asked",
    [{"from": "2026-03-11"}, {"from": "2026-03-02", "to": "2026-03-01"}, {"from": NOW, "to": NOW}],
)
def test_a_range_without_a_moment_is_refused(asked: object) -> None:
    """Neither the future nor nothing can be asked about."""
    with pytest.raises(Invalid, match="range"):
        ranges.settle(ranges.parse(asked), now_ms=NOW, zone_name=NEW_YORK)


def test_a_span_is_told_in_the_sites_zone() -> None:
    """The answer repeats what was settled, with the offset."""
    span = ranges.Span(ms("2026-11-20"), ms("2026-11-21"))
    assert ranges.as_json(span, SEOUL) == {
        "from": "2026-11-20T09:00:00+09:00",
        "to": "2026-11-21T09:00:00+09:00",
    }
    assert datetime.fromtimestamp(span.start_ms / 1000, UTC).year == 2026
