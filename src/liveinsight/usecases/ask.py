"""One way in for every question about the past, wherever it is answered."""

from collections.abc import Callable

from msgspec.structs import replace

from liveinsight.domain.aside import (
    Aside,
    AsideReport,
    AsideRow,
    PropKeyRow,
    PropKeys,
    PropKeysReport,
)
from liveinsight.domain.behaviour import Funnel, Journeys, Retention
from liveinsight.domain.metric import Figure
from liveinsight.domain.period import day_span, local_day, midnight_ms
from liveinsight.domain.query import Query
from liveinsight.domain.question import GoalRow, Goals, GoalsReport, Question, Reply
from liveinsight.domain.range import Named, Span, settle
from liveinsight.domain.rows import Sql
from liveinsight.domain.site import NO_SITE, Site
from liveinsight.domain.stats import Stats
from liveinsight.ports import History
from liveinsight.usecases import follow
from liveinsight.usecases.answer import answer
from liveinsight.usecases.stats import stats

# In whose days that is counted.
NO_ZONE = "UTC"
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
        case Aside():
            return _set_aside(question, site, history, now_ms)
        case PropKeys():
            span = _span(question, site, history, now_ms)
            keys = history.prop_keys(site.id, site.timezone, span, question.event)
            return PropKeysReport([PropKeyRow(key, n) for key, n in keys])
        case Sql():
            return history.sql(question)


def _span(asked: Aside | PropKeys, site: Site, history: History, now_ms: int) -> Span:
    zone = site.timezone
    first_ms = history.first_ms(site.id, zone) if asked.range is Named.ALL else None
    return settle(asked.range, now_ms=now_ms, zone_name=zone, first_ms=first_ms)


def _set_aside(asked: Aside, site: Site, history: History, now_ms: int) -> AsideReport:
    span = _span(asked, site, history, now_ms)
    reasons = history.set_aside(site.id, site.timezone, span)
    elsewhere = []
    if asked.elsewhere:  # of the same days, by a clock that is nobody's
        first, last = (local_day(ms, site.timezone).date for ms in (span.start_ms, span.end_ms - 1))
        days = Span(midnight_ms(first, NO_ZONE), day_span(last, NO_ZONE).end_ms)
        elsewhere = history.set_aside(NO_SITE, NO_ZONE, days)
    return AsideReport(
        [AsideRow(reason, n) for reason, n in reasons],
        [AsideRow(reason, n) for reason, n in elsewhere],
    )


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
