"""Funnels, journeys and returns, held against the oracle."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.domain import behaviour
from liveinsight.domain.errors import Invalid
from liveinsight.domain.site import Site
from liveinsight.domain.stats import Stats, checked
from liveinsight.usecases import follow
from liveinsight.usecases.stats import stats
from oracle import behaviour as oracle
from oracle import naive, questions, traffic
from oracle.pasts import the_past

STEPS = (
    {"page": "/"},
    {"page": "/pricing"},
    {"page": {"contains": "blog"}},
    {"event": "Signup"},
    {"event": {"matches": "^(Buy|Signup)$"}},
    {"event": "Buy", "props": {"plan": "pro"}},
    {"event": "page_view"},
)
SOME = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def site_and_history(seed):
    zone, _, now, reading = the_past(seed)
    return Site(id="shop", timezone=zone), SqlHistory(reading), now


def a_question(random, seed):
    zone, _, now, _ = the_past(seed)
    question = {"site": "shop", "range": questions.random_range(random, now, zone)}
    if random.random() < 0.4:
        question["filters"] = questions.random_filter(random)
    return question


@SOME
@given(st.integers(0, 7), st.randoms(use_true_random=False))
def test_a_funnel_is_the_oracles(seed, random):
    """Steps are taken in order, with anything between them, by visits or by visitors of a day."""
    question = a_question(random, seed)
    question["steps"] = [random.choice(STEPS) for _ in range(random.randrange(1, 5))]
    question["within"] = random.choice(("visit", "day"))
    zone, events, now, _ = the_past(seed)
    expected = oracle.funnel(question, events, zone, now)
    told = follow.funnel(behaviour.parse_funnel(question), *site_and_history(seed))
    assert expected == [row.count for row in told.results]


@SOME
@given(st.integers(0, 7), st.randoms(use_true_random=False))
def test_journeys_are_the_oracles(seed, random):
    """The first pages of each visit, or those from a page on, and how many walked so."""
    question = a_question(random, seed) | {"depth": random.randrange(2, 5), "limit": 5}
    if random.random() < 0.5:
        question["start"] = random.choice(traffic.PAGES)
    zone, events, now, _ = the_past(seed)
    expected, total = oracle.journeys(question, events, zone, now)
    told = follow.journeys(behaviour.parse_journeys(question), *site_and_history(seed))
    assert expected == [(row.pages, row.visits) for row in told.results]
    assert total == told.total


@SOME
@given(st.integers(0, 7), st.randoms(use_true_random=False))
def test_returns_are_the_oracles(seed, random):
    """Whoever is seen again under the same id is counted in each later bucket."""
    question = a_question(random, seed) | {"interval": random.choice(("day", "week", "month"))}
    zone, events, now, _ = the_past(seed)
    expected = oracle.returns(question, events, zone, now)
    told = follow.retention(behaviour.parse_retention(question), *site_and_history(seed))
    assert expected == [(row.bucket, list(row.returned)) for row in told.results]


def test_rates_are_of_the_first_and_of_the_step_before():
    """A funnel tells both, as percent with one decimal, and null where nobody started."""
    question = {"site": "shop", "range": "all", "steps": [{"page": "/"}, {"event": "Signup"}]}
    told = follow.funnel(behaviour.parse_funnel(question), *site_and_history(0))
    first, second = told.results
    assert (first.rate_from_start, first.rate_from_previous) == (100.0, 100.0)
    assert second.rate_from_start == naive.rounded(100 * second.count, first.count, 1)
    question["steps"] = [{"page": "/nowhere"}]
    told = follow.funnel(behaviour.parse_funnel(question), *site_and_history(0))
    assert [(row.count, row.rate_from_start) for row in told.results] == [(0, None)]


@pytest.mark.parametrize(
    ("read", "changes", "field"),
    [
        (behaviour.parse_funnel, {}, "steps"),
        (behaviour.parse_funnel, {"steps": []}, "steps"),
        (behaviour.parse_funnel, {"steps": [{"pages": "/"}]}, "steps[0].pages"),
        (behaviour.parse_funnel, {"steps": [{"page": "/"}], "within": "week"}, "within"),
        (behaviour.parse_funnel, {"step": []}, "step"),
        (behaviour.parse_journeys, {"depth": 1}, "depth"),
        (behaviour.parse_journeys, {"start": 7}, "start"),
        (behaviour.parse_retention, {"interval": "hour"}, "interval"),
        (behaviour.parse_retention, {"range": "ever"}, "range"),
    ],
)
def test_what_is_wrong_is_named(read, changes, field):
    """Unknown keys and impossible values are refused with their field."""
    with pytest.raises(Invalid) as refusal:
        read({"site": "shop", "range": "7d"} | changes)
    assert field == refusal.value.field


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("period", "limit"), [("hour", "24"), ("hour", "168"), ("day", "7")])
def test_stats_are_the_oracles(seed, period, limit):
    """The owner's three figures agree with the same questions asked plainly."""
    zone, events, now, _ = the_past(seed)
    told = stats(checked(period, limit), *site_and_history(seed))
    labels = told.hourly_visitors.labels
    assert int(limit) == len(labels)
    first = naive.local(now, zone).replace(minute=0, second=0, microsecond=0).timestamp()
    span = {"from": round(first * 1000) - (int(limit) - 1) * 3_600_000, "to": now + 1}
    if period == "day":
        span = {"from": labels[0], "to": labels[-1]}
    question = {"range": span, "metrics": ["visitors"], "dimensions": [f"time:{period}"]}
    rows = naive.answer(question, events, zone, now)["results"]
    assert [row["dimensions"][0] for row in rows] == labels
    assert [row["metrics"][0] for row in rows] == told.hourly_visitors.data
    question = {"range": span, "metrics": ["pageviews"], "dimensions": ["page"]}
    pages = naive.answer(question, events, zone, now)
    expected = [(*row["dimensions"], *row["metrics"]) for row in pages["results"]]
    assert expected == [(page.url, page.views) for page in told.top_pages]
    assert pages["totals"]["metrics"] == [told.summary.total_pageviews]


@pytest.mark.parametrize(
    ("period", "limit", "field"),
    [
        ("week", "1", "period"),
        ("hour", "169", "limit"),
        ("day", "0", "limit"),
        ("day", "x", "limit"),
    ],
)
def test_stats_beyond_the_limits_are_refused(period, limit, field):
    """1 to 168 hours, 1 to 366 days."""
    with pytest.raises(Invalid) as refusal:
        checked(period, limit)
    assert field == refusal.value.field
    assert Stats() == checked("hour", "24")
