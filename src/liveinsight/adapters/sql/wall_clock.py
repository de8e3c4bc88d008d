"""The site's wall clock in SQL: plain arithmetic, as its offset from UTC is written out, stretch by
stretch of the span. A moment from outside of the span has the offset of its nearest end.
"""

from collections.abc import Callable

from liveinsight.domain.bucket import stretches
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.range import Span


def day_number(moment: str, span: Span, zone: str) -> str:
    """The local day of a moment, as days since 1970."""
    return _by_offset(moment, span, zone, lambda offset: f"({moment} + {offset}) // {DAY_MS}")


def begin_of(length_ms: int, moment: str, span: Span, zone: str) -> str:
    """When the hour or minute began, by the wall clock, that a moment lies in."""
    return _by_offset(
        moment,
        span,
        zone,
        lambda offset: f"(({moment} + {offset}) // {length_ms}) * {length_ms} - {offset}",
    )


def _by_offset(moment: str, span: Span, zone: str, told: Callable[[int], str]) -> str:
    *before, last = stretches(span, zone)
    cases = [
        f"WHEN {moment} < {stretch.end_ms} THEN {told(stretch.offset_ms)}" for stretch in before
    ]
    final = told(last.offset_ms)
    return f"CASE {' '.join(cases)} ELSE {final} END" if cases else final
