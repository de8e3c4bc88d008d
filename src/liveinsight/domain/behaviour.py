"""Questions about the order in which things happen: funnels, journeys, and who comes back."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from liveinsight.domain import range as ranges
from liveinsight.domain.errors import Invalid
from liveinsight.domain.filter import EVERYTHING, Filter
from liveinsight.domain.filter import parse as parse_filter
from liveinsight.domain.goal import parse_condition
from liveinsight.domain.query import integer, text

MAX_STEPS = 10


class Within(StrEnum):
    """Whose steps are followed: a visit's, or a visitor's through a local day."""

    VISIT = "visit"
    DAY = "day"


class Funnel(Struct, frozen=True, kw_only=True):
    """How many take these steps in this order, whatever they do between."""

    site: str
    range: ranges.Range
    filters: Filter = EVERYTHING
    steps: tuple[Filter, ...]
    within: Within = Within.VISIT


class Journeys(Struct, frozen=True, kw_only=True):
    """The first pages of visits, in their order; `start` is the page from which on they are told."""

    site: str
    range: ranges.Range
    filters: Filter = EVERYTHING
    depth: int = 3
    start: str | None = None
    limit: int = 20


class Retention(Struct, frozen=True, kw_only=True):
    """Who comes back, by the day, week or month in which they were first seen in the range."""

    site: str
    range: ranges.Range
    filters: Filter = EVERYTHING
    interval: str = "time:week"


INTERVALS = {"day": "time:day", "week": "time:week", "month": "time:month"}


def parse_funnel(raw: object) -> Funnel:
    """Read it from decoded JSON."""
    fields = _fields(raw, "funnel", Funnel.__struct_fields__)
    steps = fields.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= MAX_STEPS:
        raise Invalid("steps", f"must be a list of 1 to {MAX_STEPS}")
    within = fields.get("within", Within.VISIT)
    if within not in list(Within):  # what was sent may be no thing that a set can look for
        raise Invalid("within", f"must be one of {', '.join(Within)}")
    return Funnel(
        site=text(fields.get("site"), "site"),
        range=ranges.parse(fields.get("range")),
        filters=parse_filter(fields.get("filters")),
        steps=tuple(parse_condition(step, f"steps[{n}]") for n, step in enumerate(steps)),
        within=Within(str(within)),
    )


def parse_journeys(raw: object) -> Journeys:
    """Read it from decoded JSON."""
    fields = _fields(raw, "journeys", Journeys.__struct_fields__)
    start = fields.get("start")
    return Journeys(
        site=text(fields.get("site"), "site"),
        range=ranges.parse(fields.get("range")),
        filters=parse_filter(fields.get("filters")),
        depth=integer(fields.get("depth", 3), "depth", 2, 10),
        start=None if start is None else text(start, "start"),
        limit=integer(fields.get("limit", 20), "limit", 1, 1000),
    )


def parse_retention(raw: object) -> Retention:
    """Read it from decoded JSON."""
    fields = _fields(raw, "retention", Retention.__struct_fields__)
    interval = fields.get("interval", "week")
    if not isinstance(interval, str) or interval not in INTERVALS:
        raise Invalid("interval", f"must be one of {', '.join(INTERVALS)}")
    return Retention(
        site=text(fields.get("site"), "site"),
        range=ranges.parse(fields.get("range")),
        filters=parse_filter(fields.get("filters")),
        interval=INTERVALS[interval],
    )


def _fields(raw: object, name: str, known: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(raw, Mapping):
        raise Invalid(name, "must be an object")
    if unknown := [key for key in raw if key not in known]:
        raise Invalid(str(unknown[0]), f"is not known; there are {', '.join(known)}")
    return raw


class Steps(Struct, frozen=True, kw_only=True):
    """A funnel, settled."""

    site: str
    zone: str
    span: ranges.Span
    filters: Filter
    steps: tuple[Filter, ...]
    within: Within


class Paths(Struct, frozen=True, kw_only=True):
    """Journeys, settled."""

    site: str
    zone: str
    span: ranges.Span
    filters: Filter
    depth: int
    start: str | None
    limit: int


class Path(Struct, frozen=True):
    """Visits that saw these pages first, one after the other (a page again at once is one)."""

    pages: tuple[str | None, ...]
    visits: int
    share: float | None


class Returns(Struct, frozen=True, kw_only=True):
    """Retention, settled."""

    site: str
    zone: str
    span: ranges.Span
    filters: Filter
    interval: str


class Taken(Struct, frozen=True):
    """How far they came."""

    step: int
    count: int
    rate_from_start: float | None
    rate_from_previous: float | None


class Cohort(Struct, frozen=True):
    """Those first seen in one bucket: how many, and how many of them in each bucket since then."""

    bucket: str
    visitors: int
    returned: tuple[int, ...]
    rates: tuple[float | None, ...]


class FunnelReport(Struct, frozen=True):
    """The steps; `total` took the first. `query` is the question as it was settled."""

    results: tuple[Taken, ...]
    total: int
    query: dict[str, Any]


class JourneysReport(Struct, frozen=True):
    """The most walked ways of `total` visits."""

    results: tuple[Path, ...]
    total: int
    query: dict[str, Any]


class RetentionReport(Struct, frozen=True):
    """The cohorts of `total` visitors."""

    results: tuple[Cohort, ...]
    total: int
    query: dict[str, Any]
