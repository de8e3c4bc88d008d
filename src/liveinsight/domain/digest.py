"""A digest: what a letter tells of a period that is over."""

from msgspec import Struct

from liveinsight.domain.letter import Period
from liveinsight.domain.site import Site

FIGURES = ("visitors", "visits", "pageviews", "bounce_rate", "visit_duration")
LISTS = ("page", "source", "country")
ROWS = 5


class Figure(Struct, frozen=True):
    """A number, and by how many percent it changed; None where there was nothing before."""

    value: float | None
    change: float | None


class Row(Struct, frozen=True):
    """A value, and how many visitors it had."""

    name: str | None
    visitors: int


class Digest(Struct, frozen=True):
    """All of it."""

    site: Site
    period: Period
    figures: dict[str, Figure]
    lists: dict[str, list[Row]]
    goals: list[tuple[str, int]]
