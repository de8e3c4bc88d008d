"""Every metric, once: which exact integers it is made of, and how they become the figure told.

The integers (`Part`) are sums over visitor-days, visits, events or page views, so they can be
counted piece by piece and added; a figure is rounded only when all has been added up.
"""

from collections.abc import Mapping
from decimal import Context, Decimal
from enum import StrEnum

from msgspec import Struct


class Part(StrEnum):
    """What is counted or added up, exactly."""

    VISITORS = "visitors"  # distinct visitor ids, day by day
    VISITS = "visits"
    BOUNCES = "bounces"  # visits with exactly one page view and no custom event
    DURATION_MS = "duration_ms"
    PAGEVIEWS = "pageviews"
    EVENTS = "events"
    ENGAGED_MS = "engaged_ms"
    ENGAGED_VIEWS = "engaged_views"  # page views that had any active time
    SCROLL_SUM = "scroll_sum"  # of the largest percent of each page view
    SCROLL_VIEWS = "scroll_views"  # page views that told one
    CONVERSIONS = "conversions"
    CONVERTED = "converted"  # visitors, day by day, with a conversion


Money = dict[str, Decimal]  # by currency
EXACT = Context(prec=80)  # no sum of amounts has more digits
Parts = Mapping[Part, int]
Figure = int | float | dict[str, str] | None


class Metric(Struct, frozen=True):
    """`numerator * times / (denominator * per)`, rounded half up to `decimals`; or a plain count."""

    name: str
    numerator: Part
    denominator: Part | None = None
    times: int = 1
    per: int = 1
    decimals: int = 0

    @property
    def parts(self) -> tuple[Part, ...]:
        """What has to be counted for it."""
        return (self.numerator, self.denominator) if self.denominator else (self.numerator,)


REVENUE = "revenue"
OF_GOALS = frozenset({"conversions", "conversion_rate"})

_ALL = (
    Metric("visitors", Part.VISITORS),
    Metric("visits", Part.VISITS),
    Metric("pageviews", Part.PAGEVIEWS),
    Metric("events", Part.EVENTS),
    Metric("views_per_visit", Part.PAGEVIEWS, Part.VISITS, decimals=2),
    Metric("bounce_rate", Part.BOUNCES, Part.VISITS, times=100, decimals=1),
    Metric("visit_duration", Part.DURATION_MS, Part.VISITS, per=1000, decimals=1),
    Metric("time_on_page", Part.ENGAGED_MS, Part.ENGAGED_VIEWS, per=1000, decimals=1),
    Metric("scroll_depth", Part.SCROLL_SUM, Part.SCROLL_VIEWS),
    Metric("conversions", Part.CONVERSIONS),
    Metric("conversion_rate", Part.CONVERTED, Part.VISITORS, times=100, decimals=1),
)
METRICS = {metric.name: metric for metric in _ALL}
# Revenue is the one that is no ratio of integers: an exact decimal for each currency.
NAMES = (*METRICS, REVENUE)


def figure(metric: Metric, parts: Parts) -> int | float | None:
    """What is told of the counted parts; None where there is nothing to divide by."""
    if metric.denominator is None:
        return parts[metric.numerator]
    return ratio(
        parts[metric.numerator] * metric.times,
        parts[metric.denominator] * metric.per,
        metric.decimals,
    )


def ratio(numerator: int, denominator: int, decimals: int) -> int | float | None:
    """The quotient, rounded half away from zero by integers alone; None over 0."""
    if denominator == 0:
        return None
    scale: int = 10**decimals
    halves = (2 * abs(numerator) * scale + abs(denominator)) // (2 * abs(denominator))
    rounded = halves if (numerator < 0) == (denominator < 0) else -halves
    return rounded / scale if decimals else rounded


def change(metric: Metric, now: Parts, then: Parts) -> float | None:
    """By how many percent the exact figure (not the rounded one) went up; None from 0 or None."""
    if metric.denominator is None:
        return percent_change(now[metric.numerator], then[metric.numerator])
    over_now, over_then = now[metric.denominator], then[metric.denominator]
    if not over_now or not over_then:
        return None
    return percent_change(now[metric.numerator] * over_then, then[metric.numerator] * over_now)


def percent_change(now: int, then: int) -> float | None:
    """The change in percent with one decimal; None from 0."""
    return ratio((now - then) * 100, then, 1)


# ISO 4217: how many decimals a currency is told with, where it is not two.
_WHOLE = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"}
_WHOLE |= {"VUV", "XAF", "XOF", "XPF"}
_THREE = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
_DECIMALS = dict.fromkeys(_WHOLE, 0) | dict.fromkeys(_THREE, 3)


def money(amounts: Money) -> dict[str, str]:
    """Amounts as they are told: `{"EUR": "12.90"}`, with more decimals only where they have them."""
    return {currency: _amount(amounts[currency], currency) for currency in sorted(amounts)}


def _amount(amount: Decimal, currency: str) -> str:
    whole, _, decimals = f"{amount:f}".partition(".")
    told = decimals.rstrip("0").ljust(_DECIMALS.get(currency, 2), "0")
    return f"{whole}.{told}" if told else whole


def money_sum(one: Money, other: Money) -> Money:
    """Both together, to the last digit."""
    nothing = Decimal(0)
    return {
        currency: EXACT.add(one.get(currency, nothing), other.get(currency, nothing))
        for currency in {*one, *other}
    }


def money_change(now: Money, then: Money) -> dict[str, float | None]:
    """The change of each currency that either has."""
    nothing = Decimal(0)
    return {
        currency: _money_change(now.get(currency, nothing), then.get(currency, nothing))
        for currency in sorted({*now, *then})
    }


def _money_change(now: Decimal, then: Decimal) -> float | None:
    scale = Decimal(10) ** -min(_exponent(now), _exponent(then), 0)
    return percent_change(int(EXACT.multiply(now, scale)), int(EXACT.multiply(then, scale)))


def _exponent(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
