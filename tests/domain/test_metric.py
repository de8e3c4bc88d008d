"""How counts become figures."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveinsight.domain import metric
from liveinsight.domain.metric import METRICS, Part


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**9), st.integers(0, 2))
def test_a_ratio_is_rounded_half_away_from_zero(top: int, bottom: int, decimals: int) -> None:
    """The figure is the nearest that can be told, and of two the one farther from zero."""
    told = metric.ratio(top, bottom, decimals)
    assert told is not None
    shown = Fraction(round(told * 10**decimals), 10**decimals)
    error = shown - Fraction(top, bottom)
    half = Fraction(1, 2 * 10**decimals)
    assert abs(error) < half or (abs(error) == half and abs(shown) > abs(Fraction(top, bottom)))


def test_nothing_divided_by_nothing_is_null() -> None:
    """A rate without visits is not 0."""
    none = dict.fromkeys(Part, 0)
    assert metric.figure(METRICS["bounce_rate"], none) is None
    assert metric.figure(METRICS["visits"], none) == 0


@pytest.mark.parametrize(
    ("name", "parts", "figure"),
    [
        ("views_per_visit", {Part.PAGEVIEWS: 7, Part.VISITS: 3}, 2.33),
        ("bounce_rate", {Part.BOUNCES: 1, Part.VISITS: 3}, 33.3),
        ("visit_duration", {Part.DURATION_MS: 90_050, Part.VISITS: 1}, 90.1),
        ("time_on_page", {Part.ENGAGED_MS: 2_500, Part.ENGAGED_VIEWS: 2}, 1.3),
        ("scroll_depth", {Part.SCROLL_SUM: 101, Part.SCROLL_VIEWS: 2}, 51),
        ("conversion_rate", {Part.CONVERTED: 1, Part.VISITORS: 8}, 12.5),
    ],
)
def test_a_metric_is_made_of_its_parts(name: str, parts: dict[Part, int], figure: float) -> None:
    """Scales and decimals are those of the metrics page."""
    assert metric.figure(METRICS[name], parts) == figure


def test_a_change_is_of_the_exact_figures() -> None:
    """From 1/3 to 2/3 is 100 percent, although 33.3 and 66.7 are told."""
    now, then = {Part.BOUNCES: 2, Part.VISITS: 3}, {Part.BOUNCES: 1, Part.VISITS: 3}
    assert metric.change(METRICS["bounce_rate"], now, then) == 100.0
    assert metric.change(METRICS["visits"], {Part.VISITS: 5}, {Part.VISITS: 0}) is None
    assert metric.percent_change(2, 3) == -33.3


def test_money_keeps_every_digit() -> None:
    """Amounts are decimals with their currency's places, and more where they have them."""
    assert metric.money(
        {"KRW": Decimal(1200), "EUR": Decimal("12.9"), "USD": Decimal("0.125")}
    ) == {
        "EUR": "12.90",
        "KRW": "1200",
        "USD": "0.125",
    }
    huge = Decimal("123456789012345678901234567890.01")
    both = metric.money_sum({"EUR": huge}, {"EUR": Decimal("0.02"), "KWD": Decimal(1)})
    assert metric.money(both) == {"EUR": "123456789012345678901234567890.03", "KWD": "1.000"}
    assert metric.money_change(
        {"EUR": Decimal("1.50")}, {"EUR": Decimal(1), "USD": Decimal(2)}
    ) == {
        "EUR": 50.0,
        "USD": -100.0,
    }
