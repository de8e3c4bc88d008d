"""One way in for every question about the past, wherever it is answered."""

from collections.abc import Callable

from msgspec.structs import replace

from liveinsight.domain.behaviour import Funnel, Journeys, Retention
from liveinsight.domain.metric import Figure
from liveinsight.domain.query import Query
from liveinsight.domain.question import GoalRow, Goals, GoalsReport, Question, Reply
from liveinsight.domain.rows import Sql
from liveinsight.domain.site import Site
from liveinsight.domain.stats import Stats
from liveinsight.ports import History
from liveinsight.usecases import follow
from liveinsight.usecases.answer import answer
from liveinsight.usecases.stats import stats

Seconds = Callable[[], float]


def reply(  # noqa: PLR0911 - a line for each kind of question
    question: Question, site: Site, history: History, now_ms: int, seconds: Seconds
) -> Reply:
    """The answer, over one moment of history."""
    match question:
        case Query():
            started = seconds()
            report = answer(question, site, history, now_ms)
            elapsed_ms = round((seconds() - started) * 1000, 2)
            return replace(report, meta=replace(report.meta, elapsed_ms=elapsed_ms))
        case Funnel():
            return follow.funnel(question, site, history, now_ms)
        case Journeys():
            return follow.journeys(question, site, history, now_ms)
        case Retention():
            return follow.retention(question, site, history, now_ms)
        case Stats():
            return stats(question, site, history, now_ms)
        case Goals():
            return _goals(question, site, history, now_ms)
        case Sql():
            return history.sql(question)


def _goals(asked: Goals, site: Site, history: History, now_ms: int) -> GoalsReport:
    rows = []
    for goal in site.goals:
        reached = Query(
            site=site.id,
            range=asked.range,
            metrics=("conversions", "conversion_rate"),
            goal=goal.when,
        )
        brought = Query(site=site.id, range=asked.range, metrics=("revenue",), filters=goal.when)
        conversions, rate = answer(reached, site, history, now_ms).totals
        (revenue,) = answer(brought, site, history, now_ms).totals
        rows.append(GoalRow(goal.name, _count(conversions), _rate(rate), _money(revenue)))
    return GoalsReport(rows)


def _count(figure: Figure) -> int:
    return figure if isinstance(figure, int) else 0


def _rate(figure: Figure) -> float | None:
    return float(figure) if isinstance(figure, (int, float)) else None


def _money(figure: Figure) -> dict[str, str]:
    return figure if isinstance(figure, dict) else {}
