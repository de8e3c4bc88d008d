"""Programs that read figures of Plausible read ours: each is what our own question tells."""

import asyncio
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.domain.goal import checked
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.period import local_day
from liveinsight.domain.site import Site
from liveinsight.http.ask import AskDoor
from liveinsight.http.auth import Keys, key_hash
from liveinsight.http.exchange import Request
from liveinsight.http.routes import Front
from liveinsight.http.trackers.plausible_question import filters_of, label, span_of_period
from liveinsight.http.trackers.plausible_stats import PlausibleStatsDoor, _change
from liveinsight.wiring.replies import replied
from oracle.pasts import the_past

KEY = "a-key-that-reads"


class Here:
    def __init__(self, reading):
        self.reading = reading

    async def ask(self, question, site):
        return replied(self.reading, question, site)


class House:
    def __init__(self, path):
        self.zone, _, self.now, reading = the_past(0)
        self.control = SqliteControl(Folder(path))
        goals = (checked("Sign up", {"event": "Signup"}),)
        self.control.put_site(
            Site(id="shop", domains=("shop.example",), timezone=self.zone, goals=goals)
        )
        self.control.put_site(Site(id="blog", domains=("blog.example",)))
        key = Key(id="k", hash=key_hash(KEY), scopes=frozenset({Scope.READ}), site="shop")
        self.control.put_key(key)
        keys = Keys(self.control)
        parts = (Here(reading), self.control, keys, self)
        self.front = Front((*AskDoor(*parts).routes(), *PlausibleStatsDoor(*parts).routes()))
        self.today = local_day(self.now, self.zone).date

    def now_ms(self):
        return self.now

    def ask(self, method, path, body=None, key=KEY):
        path, _, query = path.partition("?")
        headers = {b"authorization": f"Bearer {key}".encode()} if key else {}
        sent = b"" if body is None else json.dumps(body).encode()
        answer = asyncio.run(self.front(Request(method, path, query, headers, sent)))
        return answer.status, json.loads(answer.body)

    def old(self, name, **params):
        query = "&".join(f"{k}={quote(str(v))}" for k, v in params.items())
        status, told = self.ask("GET", f"/api/v1/stats/{name}?site_id=shop.example&{query}")
        assert status == 200, told
        return told if name == "realtime/visitors" else told["results"]

    def new(self, **asked):
        status, told = self.ask("POST", "/api/v2/query", {"site_id": "shop.example"} | asked)
        assert status == 200, told
        return told

    def ours(self, **asked):
        status, told = self.ask("POST", "/api/query", {"site": "shop", "range": "all"} | asked)
        assert status == 200, told
        return told["data"]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("data"))
    yield made
    made.control.close()


FIGURES = ["visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration"]


def test_aggregate(house):
    """Each figure by its name; of a period before by how many percent it changed."""
    told = house.old("aggregate", period="30d", metrics=",".join(FIGURES))
    ours = house.ours(range="30d", metrics=FIGURES)["totals"]
    assert {name: row["value"] for name, row in told.items()} == dict(
        zip(FIGURES, ours, strict=True)
    )
    told = house.old("aggregate", period="day", metrics="visitors", compare="previous_period")
    compared = house.ours(range="today", metrics=["visitors"], compare="previous_period")
    now, then = compared["totals"][0], compared["totals_comparison"]["metrics"][0]
    assert told["visitors"]["change"] == _change("visitors", now, then)


@pytest.mark.parametrize(("interval", "ours"), [("date", "time:day"), ("month", "time:month")])
def test_timeseries(house, interval, ours):
    """Every bucket, by its first day."""
    told = house.old("timeseries", period="30d", interval=interval)
    rows = house.ours(range="30d", metrics=["visitors"], dimensions=[ours])["results"]
    assert [(row["date"], row["visitors"]) for row in told] == [
        (label(row["dimensions"][0]), row["metrics"][0]) for row in rows
    ]


def test_hours_of_a_day(house):
    """Told by the clock, without its offset."""
    told = house.old("timeseries", period="day", date=house.today.isoformat())
    assert told[0]["date"] == f"{house.today} 00:00:00"


def test_breakdown(house):
    """By a property; pages of rows, and a name for what has none."""
    told = house.old("breakdown", period="30d", property="visit:source", metrics="visitors,visits")
    rows = house.ours(range="30d", metrics=["visitors", "visits"], dimensions=["source"])["results"]
    names = {"Direct": "(Direct / None)", None: "(Direct / None)"}
    assert [(row["source"], row["visitors"], row["visits"]) for row in told] == [
        (names.get(row["dimensions"][0], row["dimensions"][0]), *row["metrics"]) for row in rows
    ]
    one = house.old("breakdown", period="30d", property="event:props:plan", limit=1, page=2)
    all_ = house.old("breakdown", period="30d", property="event:props:plan")
    assert one == all_[1:2]


def test_realtime_is_a_bare_number(house):
    """As the old badge reads it."""
    assert (
        house.old("realtime/visitors")
        == house.ours(range="realtime", metrics=["visitors"])["totals"][0]
    )


@pytest.mark.parametrize(
    ("old", "ours"),
    [
        ("visit:country==KR|US", ["is", "country", ["KR", "US"]]),
        ("event:page!=/pricing", ["not", ["is", "page", ["/pricing"]]]),
        ("event:page==/blog/*", ["matches", "page", ["^/blog/[^/]*$"]]),
        ("event:page==/b**", ["matches", "page", ["^/b.*$"]]),
        ("event:goal==Sign up", ["is", "event", ["Signup"]]),
        (
            "event:goal==Visit /pricing",
            ["and", [["is", "event", ["page_view"]], ["is", "page", ["/pricing"]]]],
        ),
        (
            "event:name==pageview;visit:device==Mobile",
            ["and", [["is", "event", ["page_view"]], ["is", "device", ["mobile"]]]],
        ),
        (
            "event:goal==Visit /b*",
            ["and", [["is", "event", ["page_view"]], ["matches", "page", ["^(/b[^/]*)$"]]]],
        ),
        ("", []),
    ],
)
def test_old_filters(house, old, ours):
    """Tests in one text, all of which have to hold."""
    told = house.old("aggregate", period="30d", metrics="visitors,events", filters=old)
    expected = house.ours(range="30d", metrics=["visitors", "events"], filters=ours)["totals"]
    assert [row["value"] for row in told.values()] == expected


def test_new_query(house):
    """Rows in the order asked for, with the settled question."""
    told = house.new(
        metrics=["visitors", "pageviews", "percentage"],
        date_range="30d",
        dimensions=["event:page"],
        filters=[["contains", "event:page", ["/"]]],
        order_by=[["pageviews", "asc"]],
        pagination={"limit": 3, "offset": 1},
        include={"total_rows": True},
    )
    ours = house.ours(
        range="30d",
        metrics=["visitors", "pageviews"],
        dimensions=["page"],
        filters=["contains", "page", ["/"]],
        order_by=[["pageviews", "asc"]],
        limit=3,
        offset=1,
    )
    assert [row["dimensions"] for row in told["results"]] == [
        row["dimensions"] for row in ours["results"]
    ]
    assert [row["metrics"][:2] for row in told["results"]] == [
        row["metrics"] for row in ours["results"]
    ]
    shares = [round(100 * row["metrics"][0] / ours["totals"][0], 1) for row in ours["results"]]
    assert [row["metrics"][2] for row in told["results"]] == shares
    assert told["meta"]["total_rows"] == ours["meta"]["total_rows"]
    assert told["query"]["site_id"] == "shop.example"
    assert told["query"]["date_range"][0].endswith(
        ("+09:00", "-05:00", "-04:00", "+00:00", "+05:45")
    )


def test_new_series_leaves_empty_buckets_out(house):
    """The labels list them."""
    told = house.new(
        metrics=["visitors"], date_range="30d", dimensions=["time"], include={"time_labels": True}
    )
    rows = house.ours(range="30d", metrics=["visitors"], dimensions=["time:day"])["results"]
    assert told["meta"]["time_labels"] == [row["dimensions"][0] for row in rows]
    assert [row["dimensions"][0] for row in told["results"]] == [
        row["dimensions"][0] for row in rows if row["metrics"] != [0]
    ]


@pytest.mark.parametrize(
    ("filters", "ours"),
    [
        ([["is", "visit:source", ["Direct / None"]]], ["is", "source", ["Direct"]]),
        ([["is", "visit:utm_source", ["(not set)"]]], ["is", "utm_source", [None]]),
        (
            [["not", ["matches", "event:page", ["^/blog"]]]],
            ["not", ["matches", "page", ["^/blog"]]],
        ),
        ([["matches_not", "event:page", ["^/blog"]]], ["not", ["matches", "page", ["^/blog"]]]),
        (
            [["is", "visit:source", ["direct / none", "Direct / None"], {"case_sensitive": False}]],
            ["is", "source", ["Direct"]],
        ),
        (
            [["is", "event:name", ["pageview"], {"case_sensitive": False}]],
            ["is", "event", ["page_view"]],
        ),
        (
            [["is", "visit:utm_source", ["(not set)"], {"case_sensitive": False}]],
            ["is", "utm_source", [None]],
        ),
        (
            [["contains", "event:page", ["/BLOG"], {"case_sensitive": False}]],
            ["contains", "page", ["/blog"]],
        ),
        (
            [["or", [["is", "event:goal", ["Sign up"]], ["is", "visit:os", ["macOS"]]]]],
            ["or", [["is", "event", ["Signup"]], ["is", "os", ["macOS"]]]],
        ),
        ([["is_not", "event:goal", ["Sign up"]]], ["not", ["is", "event", ["Signup"]]]),
    ],
)
def test_new_filters(house, filters, ours):
    """Trees of tests, in its words."""
    told = house.new(metrics=["visitors", "events"], date_range="all", filters=filters)
    assert (
        told["results"][0]["metrics"]
        == house.ours(metrics=["visitors", "events"], filters=ours)["totals"]
    )


def test_series_have_the_rows_that_have_anything(house):
    """A rate of 0 is one; what is empty is neither a row nor counted as one."""
    rows = house.ours(range="91d", metrics=["visits", "bounce_rate"], dimensions=["time:day"])
    days = [row["dimensions"][0] for row in rows["results"] if row["metrics"][0]]
    told = house.new(metrics=["bounce_rate"], date_range="91d", dimensions=["time:day"])
    assert [row["dimensions"][0] for row in told["results"]] == days
    told = house.new(
        metrics=["bounce_rate"],
        date_range="91d",
        dimensions=["time:day"],
        pagination={"limit": 2, "offset": 1},
        include={"total_rows": True},
    )
    assert [row["dimensions"][0] for row in told["results"]] == days[1:3]
    assert told["meta"]["total_rows"] == len(days)


def test_shares_sort_as_visitors_do(house):
    """By default, as the first of the metrics, and where it is asked for."""
    by_visitors = [
        row["dimensions"]
        for row in house.ours(range="all", metrics=["visitors"], dimensions=["page"])["results"]
    ]
    asked = {
        "metrics": ["percentage", "pageviews"],
        "date_range": "all",
        "dimensions": ["event:page"],
    }
    assert [row["dimensions"] for row in house.new(**asked)["results"]] == by_visitors
    told = house.new(**asked, order_by=[["percentage", "desc"]])
    assert [row["dimensions"] for row in told["results"]] == by_visitors


@pytest.mark.parametrize(
    "filters", ["visit:country=KR", "event:page~/blog", '[["is","visit:os",["x"]]]']
)
def test_old_filters_that_cannot_be_read_are_errors(house, filters):
    """The figures would be those of another question."""
    path = f"/api/v1/stats/aggregate?site_id=shop&filters={quote(filters)}"
    assert house.ask("GET", path)[0] == 400


@pytest.mark.parametrize(
    ("name", "now", "then", "told"),
    [
        ("visitors", 3, 2, 50),
        ("visitors", 3, 0, 100),
        ("visitors", 0, 0, 0),
        ("bounce_rate", 66.7, 20.0, 47),
        ("bounce_rate", 66.7, None, None),
    ],
)
def test_changes_are_told_as_there(name, now, then, told):
    """Percent, and of percent the difference."""
    assert _change(name, now, then) == told


def test_both_ends_of_a_range_are_meant(house):
    """Days, or times to the second."""
    day = house.today.isoformat()
    offset = house.new(metrics=["visitors"], date_range="day")["query"]["date_range"][0][-6:]
    by_days = house.new(metrics=["visitors"], date_range=[day, day])["results"]
    by_times = house.new(
        metrics=["visitors"], date_range=[f"{day}T00:00:00{offset}", f"{day}T23:59:59{offset}"]
    )
    assert by_days == by_times["results"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"metrics": ["visitors"]}, "date_range"),
        ({"metrics": ["conversion_rate"], "date_range": "7d"}, "metrics"),
        ({"metrics": [["x"]], "date_range": "7d"}, "metrics"),
        ({"metrics": ["visitors", "visitors"], "date_range": "7d"}, "metrics"),
        ({"metrics": ["visitors"], "date_range": "7d", "filters": [["has_done", []]]}, "filters"),
        (
            {"metrics": ["visitors"], "date_range": "7d", "filters": [["is", "event:goal", ["?"]]]},
            "filters",
        ),
        (
            {"metrics": ["visitors"], "date_range": "7d", "dimensions": ["visit:city_name"]},
            "dimensions",
        ),
        ({"metrics": ["visitors"], "date_range": "7d", "more": 1}, "more"),
        (
            {
                "metrics": ["visitors"],
                "date_range": "7d",
                "filters": [["matches", "event:name", ["^pageview$"]]],
            },
            "filters",
        ),
        ({"metrics": ["visitors"], "date_range": "7d", "pagination": {"limit": 0}}, "limit"),
    ],
)
def test_what_is_not_answered_is_said(house, body, word):
    """A sentence in `error`, and never a wrong figure."""
    status, told = house.ask("POST", "/api/v2/query", {"site_id": "shop"} | body)
    assert status == 400
    assert word in told["error"]


@pytest.mark.parametrize(
    ("site", "key"), [("shop", None), ("nobody", KEY), ("blog", KEY), ("shop", "x")]
)
def test_a_wrong_key_and_a_wrong_site_are_told_alike(house, site, key):
    """401, as there."""
    status, told = house.ask("GET", f"/api/v1/stats/aggregate?site_id={site}", key=key)
    assert (status, list(told)) == (401, ["error"])
    assert house.ask("POST", "/api/v2/query", {"site_id": site}, key=key)[0] == 401


def test_sites(house):
    """Those that the key may read."""
    assert house.ask("GET", "/api/v1/sites?page=1&limit=100")[1]["sites"] == [
        {"domain": "shop.example", "timezone": house.zone}
    ]


def test_periods_end_on_a_day():
    """The whole month, so many days, two days with a space between."""
    today = local_day(0, "UTC").date
    assert span_of_period("month", "2026-02-11", today) == {
        "from": "2026-02-01",
        "to": "2026-02-28",
    }
    assert span_of_period("7d", "2026-03-02", today) == {"from": "2026-02-24", "to": "2026-03-02"}
    assert span_of_period("12mo", "2026-03-02", today) == {"from": "2025-04-01", "to": "2026-03-02"}
    assert span_of_period("custom", "2026-01-01, 2026-01-05", today) == {
        "from": "2026-01-01",
        "to": "2026-01-05",
    }
    assert filters_of(r"visit:source==a\|b") == [["is", "visit:source", ["a|b"]]]
    assert [label(name) for name in ("2026-W47", "2026-11", "2026-11-20")] == [
        "2026-11-16",
        "2026-11-01",
        "2026-11-20",
    ]


WORDS = st.sampled_from(
    [
        "day",
        "7d",
        "12mo",
        "custom",
        "all",
        "visitors",
        "percentage",
        "time",
        "time:day",
        "visit:source",
        "event:page",
        "event:goal",
        "event:props:x",
        "is",
        "contains",
        "matches",
        "and",
        "not",
        "2026-11-20",
        "0001-01-01",
        "2026-11-20T00:00:00Z",
        "**",
        "a==b;c!=d",
    ]
)
TREES = st.recursive(
    WORDS | st.none() | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(("aggregate", "timeseries", "breakdown", "realtime/visitors")),
    params=st.dictionaries(
        st.sampled_from(
            [
                "period",
                "date",
                "metrics",
                "filters",
                "property",
                "interval",
                "limit",
                "page",
                "compare",
            ]
        ),
        WORDS | st.text(max_size=8),
        max_size=6,
    ),
    body=st.dictionaries(
        st.sampled_from(
            ["metrics", "date_range", "dimensions", "filters", "order_by", "include", "pagination"]
        ),
        TREES,
        max_size=7,
    ),
)
def test_rubbish_is_the_askers(house, name, params, body):
    """Whatever is asked, there is an answer or a sentence."""
    query = "&".join(f"{key}={quote(value)}" for key, value in params.items())
    assert house.ask("GET", f"/api/v1/stats/{name}?site_id=shop&{query}")[0] in {200, 400}
    assert house.ask("POST", "/api/v2/query", {"site_id": "shop"} | body)[0] in {200, 400}


def test_deep_filters_are_the_askers(house):
    """Deeper than any question needs."""
    told: list = ["is", "event:page", ["/"]]
    for _ in range(400):
        told = ["not", told]
    body = {"site_id": "shop", "metrics": ["visitors"], "date_range": "7d", "filters": [told]}
    status, answer = house.ask("POST", "/api/v2/query", body)
    assert (status, "nested" in answer["error"]) == (400, True)
    body |= {"filters": [], "metrics": [told]}
    assert house.ask("POST", "/api/v2/query", body)[0] == 400
    body |= {"metrics": ["visitors"], "dimensions": [told], "order_by": [told]}
    assert house.ask("POST", "/api/v2/query", body)[0] == 400
