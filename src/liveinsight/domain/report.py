"""An answer: rows with their metrics and what they are compared with, filled and ready to tell."""

from collections.abc import Sequence
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


class Meta(Struct, frozen=True):
    """How the answer came about: `read` is the finest relation that had to be looked at."""

    total_rows: int
    elapsed_ms: float
    read: Read
    fresh_until: int


class Report(Struct, frozen=True, omit_defaults=True):
    """The answer; `query` is the question as it was settled."""

    results: Sequence[Row]
    totals: Sequence[Figure]
    meta: Meta
    query: dict[str, Any]
    totals_comparison: Compared | None = None
