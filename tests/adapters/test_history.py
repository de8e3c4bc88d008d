"""Counts over the relations, held against the oracle."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import NOON_MS, an_event
from lake_house import House
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.adapters.sql.remembered import Remembered
from liveinsight.domain import query as queries
from liveinsight.domain.errors import Invalid
from liveinsight.domain.period import DAY_MS, local_day
from liveinsight.domain.site import Site
from liveinsight.usecases.answer import answer
from oracle import naive, questions
from oracle.pasts import Knowing, the_past

BOTH = ["and", [["is_not", "os", ["macOS"]], ["is_not", "browser", ["Opera"]]]]
BY_PAGE = {"range": "all", "metrics": ["visitors"], "dimensions": ["page"], "filters": BOTH}
REMEMBERED = {seed: Knowing() for seed in range(8)}


def ask(question, seed, *, rollup=True, remembered=None):
    zone, _, now, reading = the_past(seed)
    query = queries.parse({"site": "shop"} | question)
    site = Site(id="shop", timezone=zone)
    report = answer(query, site, SqlHistory(reading, remembered, rollup=rollup), now)
    return msgspec.to_builtins(report)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 7), st.randoms(use_true_random=False))
def test_every_answer_is_the_oracles(seed, random):
    """Whatever is asked, and from wherever it is read, rows, totals and comparisons are exact."""
    zone, events, now, _ = the_past(seed)
    question = questions.random_question(random, now, zone)
    expected = naive.answer(question, events, zone, now)
    ways = ((True, None), (True, Remembered()), (True, REMEMBERED[seed]), (False, Knowing()))
    for rollup, remembered in ways:
        actual = ask(question, seed, rollup=rollup, remembered=remembered)
        assert expected["results"] == actual["results"]
        assert expected["totals"]["metrics"] == actual["totals"]
        assert expected["totals"].get("comparison") == actual.get("totals_comparison")
        assert expected["total_rows"] == actual["meta"]["total_rows"]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("dimensions", [[], ["time:day"], ["time:month"]])
def test_custom_events_together_are_the_oracles(seed, dimensions):
    """All names at once, whose visitors overlap, are exact from the roll-up and without it."""
    zone, events, now, _ = the_past(seed)
    metrics = ["visitors", "visits", "events", "bounce_rate", "visit_duration"]
    question = {"metrics": metrics, "dimensions": dimensions, "filters": questions.CUSTOM}
    for span in ("all", "7d", "yesterday", "24h"):
        expected = naive.answer(question | {"range": span}, events, zone, now)
        for rollup in (True, False):
            actual = ask(question | {"range": span}, seed, rollup=rollup)
            assert expected["results"] == actual["results"]
            assert expected["totals"]["metrics"] == actual["totals"]


def test_what_is_settled_is_counted_once():
    """Asked again, nothing is read: neither the whole, nor what settled days gave to another."""
    remembered = Remembered()
    question = {"range": "all", "metrics": ["visitors"], "filters": ["is", "os", ["macOS"]]}
    first = ask(question, seed=2, remembered=remembered)
    counted = remembered.misses
    again = ask(question, seed=2, remembered=remembered)
    assert first["results"] == again["results"]
    assert counted == remembered.misses
    ask(question | {"limit": 7, "metrics": ["visitors", "events"]}, seed=2, remembered=remembered)
    assert remembered.misses > counted


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("dimensions", [["page"], ["source"], ["country", "page"], ["event"]])
def test_rows_beside_their_total_are_the_oracles(seed, dimensions):
    """Where no roll-up has the total one scan gives it with the rows: at once, and by pieces."""
    zone, events, now, _ = the_past(seed)
    question = {"dimensions": dimensions, "filters": BOTH}
    for metrics in (["visitors"], ["pageviews", "visitors", "events"]):
        for span in ("all", "7d", "24h"):
            asked = question | {"metrics": metrics, "range": span}
            expected = naive.answer(asked, events, zone, now)
            for remembered in (Remembered(), Knowing()):
                actual = ask(asked, seed, remembered=remembered)
                assert expected["results"] == actual["results"]
                assert expected["totals"]["metrics"] == actual["totals"]
                assert expected["total_rows"] == actual["meta"]["total_rows"]


@pytest.fixture
def said(monkeypatch):
    """What DuckDB is asked."""
    statements, run = [], SqlHistory._run

    def spied(history, asked, statement):
        statements.append(statement.sql)
        return run(history, asked, statement)

    monkeypatch.setattr(SqlHistory, "_run", spied)
    return statements


def test_one_scan_gives_rows_and_total(said):
    """Each settled piece is scanned once, also where the total is no sum of the rows."""
    ask(BY_PAGE, seed=2, remembered=Knowing())
    _, _, _, reading = the_past(2)
    pieces = reading.relations.pieces("shop", *reading.relations.days("shop"))
    settled = [sql for sql in said if "FROM hot_events" not in sql]
    assert len(settled) == sum(not piece.is_live for piece in pieces) > 0


def test_a_new_question_is_one_scan_and_pieces_are_counted_for_the_next(said):
    """Who asks the first time waits for nothing that only the second needs; both are told the same."""
    remembered = Remembered()
    first = ask(BY_PAGE, seed=2, remembered=remembered)
    assert len(said) == 1
    wider = BY_PAGE | {"limit": 7}
    second = ask(wider, seed=2, remembered=remembered)
    assert first["results"][:7] == second["results"]
    assert first["totals"] == second["totals"]
    assert len(said) > 2
    counted = len(said)
    ask(BY_PAGE | {"limit": 6}, seed=2, remembered=remembered)
    assert all("FROM hot_events" in sql for sql in said[counted:])


def test_settled_days_are_known_while_events_come(tmp_path, said):
    """What came today changes nothing of days before, and is not asked about; what came late does."""
    remembered = Remembered()
    first, last = (local_day(NOON_MS - n * DAY_MS, "UTC").date.isoformat() for n in (3, 1))
    raw = {"site": "shop", "range": {"from": first, "to": last}, "metrics": ["visitors"]}
    query = queries.parse(raw)
    house = House(tmp_path, NOON_MS)

    def visitors():
        with house.store.reading() as reading:
            history = SqlHistory(reading, remembered)
            return answer(query, Site(id="shop"), history, NOON_MS).totals

    house.keep([an_event(time_ms=NOON_MS - DAY_MS, visitor=n) for n in range(3)])
    house.tail()
    house.store.seal()
    assert visitors() == [3]
    asked = len(said)
    house.keep([an_event(visitor=7)])
    house.tail()
    assert visitors() == [3]
    assert len(said) == asked
    house.keep([an_event(time_ms=NOON_MS - 2 * DAY_MS, visitor=9)])
    house.tail()
    assert visitors() == [4]
    house.store.seal()
    assert visitors() == [4]
    house.close()


def test_what_is_remembered_is_bounded():
    """The least used goes first, and what is too large is never kept."""
    remembered = Remembered(max_rows=60)
    for n in range(100):
        remembered.get(n, lambda: [0] * 6, len)
    assert remembered.held <= 60
    remembered.get("large", lambda: [0] * 11, len)
    misses = remembered.misses
    remembered.get("large", lambda: [0] * 11, len)
    assert misses + 1 == remembered.misses


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ({"metrics": ["visitors", "bounce_rate"]}, "rollup"),
        ({"metrics": ["visitors"], "dimensions": ["time:hour"]}, "rollup"),
        ({"metrics": ["visitors", "visits"], "dimensions": ["page"]}, "rollup"),
        ({"metrics": ["visits"], "dimensions": ["time:day", "exit_page"]}, "rollup"),
        ({"metrics": ["visitors"], "filters": ["is", "page", ["/"]]}, "rollup"),
        (
            {
                "metrics": ["visitors"],
                "dimensions": ["page"],
                "filters": ["contains", "page", ["blog"]],
            },
            "rollup",
        ),
        ({"metrics": ["visitors", "visits"], "filters": questions.CUSTOM}, "rollup"),
        ({"metrics": ["visits"], "filters": ["is", "country", ["KR"]]}, "rollup"),
        ({"metrics": ["visits"], "dimensions": ["time:hour", "browser"]}, "visits"),
        ({"metrics": ["visits"], "dimensions": ["browser", "os"]}, "visits"),
        ({"metrics": ["visitors"], "filters": ["is", "country", ["KR"]]}, "events"),
        ({"metrics": ["visitors"], "filters": ["is", "country", ["us"]]}, "rollup"),
        ({"metrics": ["visitors"], "filters": ["and", [["is", "source", ["NAVER"]]]]}, "rollup"),
        ({"metrics": ["visitors"], "filters": ["is", "country", ["US", "KR"]]}, "events"),
        ({"metrics": ["revenue"]}, "events"),
        ({"metrics": ["visits"], "dimensions": ["prop:plan"]}, "events"),
        ({"metrics": ["visitors"], "dimensions": ["time:minute"], "range": "24h"}, "events"),
    ],
)
def test_the_cheapest_relation_answers_and_is_told(question, read):
    """The report says which relation was looked at; the roll-up wherever it is exact."""
    actual = ask({"range": "all"} | question, seed=0)
    assert read == actual["meta"]["read"]


def test_a_site_without_events_has_zeros_and_nulls():
    """Nothing happened: counts are 0, rates null, and every bucket is there."""
    zone, _, now, reading = the_past(0)
    query = queries.parse(
        {
            "site": "new",
            "range": "7d",
            "metrics": ["visitors", "bounce_rate", "revenue"],
            "dimensions": ["time:day"],
            "compare": "previous_period",
        }
    )
    report = answer(query, Site(id="new", timezone=zone), SqlHistory(reading), now)
    assert [row.metrics for row in report.results] == [[0, None, {}]] * 7
    assert report.totals == [0, None, {}]


def test_a_pattern_that_duckdb_does_not_know_is_the_askers_fault():
    """A broken pattern is refused with the field, not answered with an internal error."""
    with pytest.raises(Invalid, match="filters"):
        ask({"range": "all", "metrics": ["events"], "filters": ["matches", "page", ["("]]}, seed=0)


def test_text_of_strangers_is_never_sql():
    """Quotes, comments and property keys of any shape are values and nothing else."""
    nasty = "x'; DROP TABLE hot_events; --"
    question = {
        "range": "all",
        "metrics": ["events", "revenue"],
        "dimensions": [f"prop:{nasty}", "page"],
        "filters": ["or", [["is", "page", [nasty]], ["contains", f"prop:{nasty}", [nasty]]]],
    }
    assert ask(question, seed=1)["results"] == []
    assert ask({"range": "all", "metrics": ["events"]}, seed=1)["totals"][0] > 0
