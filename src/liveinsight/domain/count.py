"""Between a question and its answer: what has to be counted in which moments, and the counts.

A `Count` is a question without names or calendars left in it; any engine that keeps events can
carry it out. What comes back are exact integers by the dimensions' values, not yet figures.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from liveinsight.domain.bucket import Key
from liveinsight.domain.dimension import Kind, kind
from liveinsight.domain.filter import EVERYTHING, Filter, dimensions_of
from liveinsight.domain.metric import METRICS, REVENUE, Money, Part
from liveinsight.domain.query import MAX_LIMIT, Order
from liveinsight.domain.range import Span
from liveinsight.domain.report import Explained, Read

Value = str | Key | None  # of a dimension; of time, the bucket's key
Keys = tuple[Value, ...]


class Count(Struct, frozen=True, kw_only=True):
    """What to count. `only` are the rows to tell (a comparison needs no others)."""

    site: str
    zone: str
    span: Span
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    filters: Filter = EVERYTHING
    goal: Filter | None = None
    order_by: tuple[Order, ...] = ()
    limit: int = MAX_LIMIT
    offset: int = 0
    only: tuple[Keys, ...] | None = None

    @property
    def parts(self) -> frozenset[Part]:
        """The integers that the metrics are made of."""
        return frozenset(
            part for name in self.metrics if name != REVENUE for part in METRICS[name].parts
        )

    @property
    def wants_revenue(self) -> bool:
        """Whether money is to be added up too."""
        return REVENUE in self.metrics

    @property
    def interval(self) -> str | None:
        """The dimension of time, if there is one."""
        return next((name for name in self.dimensions if kind(name) is Kind.TIME), None)

    @property
    def is_series(self) -> bool:
        """Whether time is the only dimension."""
        return len(self.dimensions) == 1 and self.interval is not None

    @property
    def looked_at(self) -> frozenset[str]:
        """Every dimension that the answer depends on, but for time and the goal's."""
        grouped = (name for name in self.dimensions if kind(name) is not Kind.TIME)
        return dimensions_of(self.filters).union(grouped)


class Counts(Struct, frozen=True):
    """One row: the integers and the money of one value of the dimensions."""

    keys: Keys
    parts: Mapping[Part, int]
    money: Money


class Counted(Struct, frozen=True):
    """The rows asked for, of how many there are, and from which relation."""

    rows: Sequence[Counts]
    total_rows: int
    read: Read
    explained: Sequence[Explained] = ()
