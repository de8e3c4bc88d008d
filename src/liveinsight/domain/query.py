"""A question: metrics x dimensions x filters x range, as a value that has been checked.

Every panel, export, alert and API asks with it. What it means at a moment is settled later, with
the site's zone and the time as arguments.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from liveinsight.domain import range as ranges
from liveinsight.domain.dimension import Kind, checked, kind
from liveinsight.domain.errors import Invalid
from liveinsight.domain.filter import EVERYTHING, Filter
from liveinsight.domain.filter import parse as parse_filter
from liveinsight.domain.goal import parse_condition
from liveinsight.domain.metric import NAMES, OF_GOALS, REVENUE

MAX_LIMIT = 10_000
DEFAULT_LIMIT = 100
MAX_DIMENSIONS = 3


class Order(Struct, frozen=True):
    """Sort by a metric or dimension of the question."""

    by: str
    descending: bool


class Query(Struct, frozen=True, kw_only=True):
    """The question. `goal` is a condition on events, where conversions are asked for."""

    site: str
    range: ranges.Range
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    filters: Filter = EVERYTHING
    compare: ranges.Comparison | None = None
    goal: Filter | str | None = None
    order_by: tuple[Order, ...] = ()
    limit: int = DEFAULT_LIMIT
    offset: int = 0

    @property
    def interval(self) -> str | None:
        """The dimension of time, if one is asked for."""
        return next((name for name in self.dimensions if kind(name) is Kind.TIME), None)

    @property
    def is_series(self) -> bool:
        """Whether time is the only dimension, so that empty buckets are filled."""
        return len(self.dimensions) == 1 and self.interval is not None


def parse(raw: object) -> Query:
    """Read a question from decoded JSON; the first thing that is wrong is named."""
    if not isinstance(raw, Mapping):
        raise Invalid("query", "must be an object")
    if unknown := [key for key in raw if key not in Query.__struct_fields__]:
        raise Invalid(str(unknown[0]), f"is not known; there are {_fields()}")
    metrics = _names(raw.get("metrics"), "metrics", _metric)
    dimensions = _names(raw.get("dimensions", []), "dimensions", checked)
    query = Query(
        site=text(raw.get("site"), "site"),
        range=ranges.parse(raw.get("range")),
        metrics=metrics,
        dimensions=dimensions,
        filters=parse_filter(raw.get("filters")),
        compare=ranges.parse_compare(raw.get("compare")),
        goal=_goal(raw.get("goal")),
        order_by=_order_by(raw.get("order_by"), metrics, dimensions),
        limit=_limit(raw.get("limit"), dimensions),
        offset=integer(raw.get("offset", 0), "offset", 0, 10**9),
    )
    return _possible(query)


def _fields() -> str:
    return ", ".join(Query.__struct_fields__)


def text(raw: object, field: str) -> str:
    """Text that is there."""
    if not isinstance(raw, str) or not raw:
        raise Invalid(field, "is missing" if raw is None or raw == "" else "must be text")
    return raw


def integer(raw: object, field: str, least: int, most: int) -> int:
    """A whole number within bounds."""
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise Invalid(field, "must be a whole number")
    if not least <= raw <= most:
        raise Invalid(field, f"must be {least} to {most}")
    return raw


def _names(raw: object, field: str, read: Callable[[object, str], str]) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise Invalid(field, "must be a list of names")
    names = tuple(read(item, field) for item in raw)
    if len(set(names)) < len(names):
        raise Invalid(field, "names something twice")
    return names


def _metric(raw: object, field: str) -> str:
    if not isinstance(raw, str) or raw not in NAMES:
        raise Invalid(field, f"{raw!r} is no metric; there are {', '.join(NAMES)}")
    return raw


def _goal(raw: object) -> Filter | str | None:
    """A goal by its name, or told on the spot: as a condition or as a filter."""
    if raw is None or isinstance(raw, str):
        return raw
    if isinstance(raw, list):
        return parse_filter(raw, "goal")
    return parse_condition(raw, "goal")


def _order_by(
    raw: object, metrics: tuple[str, ...], dimensions: tuple[str, ...]
) -> tuple[Order, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise Invalid("order_by", 'must be like [["visitors", "desc"]]')
    return tuple(_order(item, metrics, dimensions) for item in raw)


def _order(raw: object, metrics: tuple[str, ...], dimensions: tuple[str, ...]) -> Order:
    match raw:
        case [str(name), "asc" | "desc" as way]:
            if name == REVENUE or name not in (*metrics, *dimensions):
                raise Invalid("order_by", f"{name!r} is not asked for, or has no order")
            return Order(name, way == "desc")
        case _:
            raise Invalid("order_by", 'must be like [["visitors", "desc"]]')


def _limit(raw: object, dimensions: tuple[str, ...]) -> int:
    """100 rows where nothing is said; of a series that is only time, every bucket."""
    if raw is None:
        is_series = len(dimensions) == 1 and kind(dimensions[0]) is Kind.TIME
        return MAX_LIMIT if is_series else DEFAULT_LIMIT
    return integer(raw, "limit", 1, MAX_LIMIT)


def _possible(query: Query) -> Query:
    if not query.metrics:
        raise Invalid("metrics", "asks for nothing")
    if len(query.dimensions) > MAX_DIMENSIONS:
        raise Invalid("dimensions", f"are more than {MAX_DIMENSIONS}")
    if sum(kind(name) is Kind.TIME for name in query.dimensions) > 1:
        raise Invalid("dimensions", "hold more than one of time")
    wants_goal = not OF_GOALS.isdisjoint(query.metrics)
    if wants_goal and query.goal is None:
        raise Invalid("goal", "is missing; conversions are counted of one goal")
    if query.goal is not None and not wants_goal:
        raise Invalid("goal", "is only for conversions and conversion_rate; else use a filter")
    return query
