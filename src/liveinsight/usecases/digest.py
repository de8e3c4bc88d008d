"""Compose a digest: its figures are asked like all others."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from liveinsight.domain.digest import FIGURES, LISTS, ROWS, Digest, Figure, Row
from liveinsight.domain.goal import Goal
from liveinsight.domain.letter import Period
from liveinsight.domain.query import Query
from liveinsight.domain.question import Goals, Question
from liveinsight.domain.range import Between, Compare
from liveinsight.domain.site import Site


class _Row(Struct):
    dimensions: list[str | None]
    metrics: list[int]


class _Compared(Struct):
    change: list[float | None]


class _Report(Struct):
    results: list[_Row]


class _Totals(Struct):
    totals: list[float | None]
    totals_comparison: _Compared


class _Goal(Struct):
    goal: str
    conversions: int


class _Goals(Struct):
    results: list[_Goal]


def questions(site: Site, period: Period) -> dict[str, Question]:
    """What is to be asked, by name."""
    days = Between(period.first, period.last)
    asked: dict[str, Question] = {
        "figures": Query(
            site=site.id, range=days, metrics=FIGURES, compare=Compare.PREVIOUS_PERIOD
        ),
        **{
            name: Query(
                site=site.id, range=days, metrics=("visitors",), dimensions=(name,), limit=ROWS
            )
            for name in LISTS
        },
    }
    return asked | ({"goals": Goals(site.id, days)} if site.goals else {})


def composed(site: Site, period: Period, told: Mapping[str, bytes]) -> Digest:
    """The digest of the answers, by the same names."""
    figures = msgspec.json.decode(told["figures"], type=_Totals)
    return Digest(
        site,
        period,
        {
            name: Figure(value, change)
            for name, value, change in zip(
                FIGURES, figures.totals, figures.totals_comparison.change, strict=True
            )
        },
        {name: rows_of(told[name]) for name in LISTS},
        _goals(site.goals, told.get("goals")),
    )


def rows_of(told: bytes) -> list[Row]:
    """The rows of an answer with one dimension."""
    report = msgspec.json.decode(told, type=_Report)
    return [Row(row.dimensions[0], row.metrics[0]) for row in report.results]


def _goals(goals: tuple[Goal, ...], told: bytes | None) -> list[tuple[str, int]]:
    if told is None:
        return []
    counts = {row.goal: row.conversions for row in msgspec.json.decode(told, type=_Goals).results}
    return [(goal.name, counts.get(goal.name, 0)) for goal in goals]
