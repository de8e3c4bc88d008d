"""An answer: rows with their metrics and what they are compared with, filled and ready to tell."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from msgspec import Struct

from liveinsight.domain.metric import Figure

Change = float | dict[str, float | None] | None
Read = Literal["rollup", "visits", "events"]


class Compared(Struct, frozen=True):
    """The compared span's figures, and by how many percent they changed since."""

    metrics: Sequence[Figure]
    change: Sequence[Change]


class Row(Struct, frozen=True, omit_defaults=True):
    """One value of the dimensions (None where there is none) and its figures, as asked for."""

    dimensions: Sequence[str | None]
    metrics: Sequence[Figure]
    comparison: Compared | None = None


class Explained(Struct, frozen=True, rename={"first_day": "from", "last_day": "to"}):
    """Days in a row and where their figures were read: a relation, so many files, and whether
    events were among it that are not sealed yet.
    """

    read: Read
    first_day: date
    last_day: date
    files: int
    hot: bool


class Meta(Struct, frozen=True, omit_defaults=True):
    """How the answer came about: `read` is the finest relation that had to be looked at."""

    total_rows: int
    elapsed_ms: float
    read: Read
    fresh_until: int
    explained: Sequence[Explained] = ()


class Report(Struct, frozen=True, omit_defaults=True):
    """The answer; `query` is the question as it was settled."""

    results: Sequence[Row]
    totals: Sequence[Figure]
    meta: Meta
    query: dict[str, Any]
    totals_comparison: Compared | None = None
