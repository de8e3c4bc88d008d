"""Periods that letters tell of, in the site's days."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveinsight.domain.errors import Invalid
from liveinsight.domain.letter import Every, checked_address, period_before
from liveinsight.domain.period import DAY_MS


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("every", "now", "zone", "first", "last", "due"),
    [
        (Every.DAY, "2026-11-30T07:00", "UTC", "2026-11-29", "2026-11-29", "2026-11-30T08:00"),
        (Every.WEEK, "2026-11-30T00:00", "UTC", "2026-11-23", "2026-11-29", "2026-11-30T08:00"),
        (Every.WEEK, "2026-11-29T23:59", "UTC", "2026-11-16", "2026-11-22", "2026-11-23T08:00"),
        (Every.WEEK, "2026-11-29T15:00", "Asia/Seoul", "2026-11-23", "2026-11-29", "2026-11-29T23:00"),
        (Every.DAY, "2027-03-14T13:00", "America/New_York", "2027-03-13", "2027-03-13", "2027-03-14T12:00"),
        (Every.MONTH, "2026-03-01T00:00", "UTC", "2026-02-01", "2026-02-28", "2026-03-01T08:00"),
        (Every.MONTH, "2026-01-01T02:00", "America/New_York", "2025-11-01", "2025-11-30", "2025-12-01T13:00"),
    ],
)  # fmt: skip
def test_the_newest_period_that_is_over(every, now, zone, first, last, due):
    """It is told from eight in the morning after it on."""
    period = period_before(every, at(now), zone)
    assert (period.first, period.last) == (date.fromisoformat(first), date.fromisoformat(last))
    assert period.due_ms == at(due)
    assert period.name == first


@given(
    st.sampled_from(Every),
    st.integers(0, 40_000 * DAY_MS),
    st.sampled_from(["UTC", "Asia/Seoul", "America/Sao_Paulo", "Africa/Cairo"]),
)
def test_periods_follow_one_another(every, now_ms, zone):
    """None is left out, and none comes twice; later ones have greater names."""
    period = period_before(every, now_ms, zone)
    before = period_before(every, period.due_ms - 12 * 3_600_000, zone)
    assert (period.first - before.last).days == 1
    assert before.name < period.name
    assert period_before(every, period.due_ms, zone) == period


@pytest.mark.parametrize("text", ["a@b.example", "o'neil+x@shop.example", "a@localhost"])
def test_addresses(text):
    """As people have them."""
    assert checked_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@b",
        "a@",
        "a b@c.example",
        "a@b\r\nBcc: x@y",
        "<a@b>",
        "a@b,c@d",
        "a@-b",
        "é" * 300 + "@b",
        "=?utf-8?q??=@x.example",
        "a@x..y",
        ".a@b.example",
    ],
)
def test_what_is_no_address(text):
    """Neither a header nor a second one can ride along."""
    with pytest.raises(Invalid):
        checked_address(text)
