"""Every metric as SQL: how each part is counted in each relation, and how figures are ordered.

What a metric is stands in domain/metric.py; here are only fragments, one for each part.
"""

from liveinsight.domain.event import SILENT_TYPES
from liveinsight.domain.metric import METRICS, REVENUE, Part

_SILENT = ", ".join(f"'{name}'" for name in sorted(SILENT_TYPES))

# Of the matching events.
OF_EVENTS: dict[Part, str] = {
    Part.PAGEVIEWS: "count(*) FILTER (type = 'page_view')",
    Part.EVENTS: f"count(*) FILTER (type NOT IN ({_SILENT}))",
    Part.CONVERSIONS: "count(*) FILTER (is_goal)",
}

# Of the visitors who had matching events on one local day: ids are a day's, so days can be added.
OF_VISITORS: dict[Part, str] = {
    Part.VISITORS: "count(visitor)",
    Part.CONVERTED: "count(visitor) FILTER (has_converted)",
}

# Of the page views that matching events of one local day tell something of, each once.
OF_VIEWS: dict[Part, str] = {
    Part.ENGAGED_MS: "sum(engaged_ms)",
    Part.ENGAGED_VIEWS: "count(engaged_ms)",
    Part.SCROLL_SUM: "sum(scroll_depth)",
    Part.SCROLL_VIEWS: "count(scroll_depth)",
}

# Of the visits that started in the range, each whole.
OF_VISITS: dict[Part, str] = {
    Part.VISITS: "count(*)",
    Part.BOUNCES: "count(*) FILTER (bounce)",
    Part.DURATION_MS: "sum(end_ms - start_ms)",
}

# The roll-up has them counted, in columns of the same names.
OF_ROLLUP: dict[Part, str] = {
    part: f"sum({part.value})" for part in Part if part not in {Part.CONVERSIONS, Part.CONVERTED}
}

SALES = "sales"  # events with an amount: whether a row has any revenue


def figure_sql(name: str) -> str:
    """The figure as it is told, as a number to order by: rounded by integers, NULL over 0."""
    metric = METRICS[name]
    if metric.denominator is None:
        return metric.numerator.value
    top = f"{metric.numerator.value} * {metric.times * 10**metric.decimals}"
    bottom = f"{metric.denominator.value} * {metric.per}"
    return f"(2 * {top} + {bottom}) // nullif(2 * {bottom}, 0)"


def is_told_sql(metrics: tuple[str, ...]) -> str:
    """Whether any figure of the row is more than nothing: rows without one are left out."""
    tests = []
    for name in metrics:
        if name == REVENUE:
            tests.append(f"{SALES} > 0")
        else:
            metric = METRICS[name]
            tests.append(f"{(metric.denominator or metric.numerator).value} > 0")
    return " OR ".join(tests)
