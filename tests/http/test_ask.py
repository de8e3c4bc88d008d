"""The doors at which the past is asked, over a real history and a real control."""

import asyncio
import json
from datetime import UTC, datetime

import duckdb
import pytest

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.sql import sandbox
from liveinsight.domain.goal import checked
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.site import Site
from liveinsight.http.ask import AskDoor
from liveinsight.http.auth import Keys, key_hash
from liveinsight.http.exchange import Request, Stream
from liveinsight.http.openapi import document
from liveinsight.http.routes import Front
from liveinsight.wiring.replies import exported, replied
from oracle import naive
from oracle.pasts import the_past

KEY = "a-key-that-reads"


class AskHere:
    """Answers in this process, from one reading."""

    def __init__(self, reading, folder):
        self.reading, self.folder = reading, folder

    async def ask(self, question, site):
        return replied(self.reading, question, site)

    async def export(self, asked, site):
        path = self.folder / "export"
        exported(self.reading, asked, site, str(path))
        yield path.read_bytes()


class FixedClock:
    def __init__(self, now):
        self._now = now

    def now_ms(self):
        return self._now


@pytest.fixture
def front(tmp_path):
    zone, _, now, reading = the_past(0)
    control = SqliteControl(Folder(tmp_path))
    goals = (checked("Sign up", {"event": "Signup"}), checked("Pay", {"event": "Buy"}))
    control.put_site(Site(id="shop", domains=("shop.example",), timezone=zone, goals=goals))
    control.put_site(Site(id="open", public=True))
    control.put_key(Key(id="k1", hash=key_hash(KEY), scopes=frozenset({Scope.READ}), site="shop"))
    door = AskDoor(AskHere(reading, tmp_path), control, Keys(control), FixedClock(now))
    yield Front(door.routes())
    control.close()


def test_what_is_of_no_site_is_for_who_may_read_all(tmp_path):
    """Neither the public nor the key of one site is told of it."""

    class Listening:
        async def ask(self, question, site):
            heard.append(question.elsewhere)
            return b"{}"

    heard = []
    control = SqliteControl(Folder(tmp_path))
    control.put_site(Site(id="open", public=True))
    for name, scope, site in (
        ("of-all", Scope.READ, None),
        ("of-one", Scope.READ, "open"),
        ("sends", Scope.SERVER, None),
    ):
        told = Key(id=name, hash=key_hash(name), scopes=frozenset({scope}), site=site)
        control.put_key(told)
    front = Front(AskDoor(Listening(), control, Keys(control), FixedClock(0)).routes())
    for key in (None, "of-one", "sends", "of-all"):
        assert asked(front, "POST", "/api/aside", {"site": "open"}, key=key)[0] == 200
    assert heard == [False, False, False, True]
    control.close()


def asked(front, method, path, body=None, key=KEY, query="", gone=None):
    headers = {b"content-type": b"application/json"} | ({b"x-api-key": key.encode()} if key else {})
    raw = json.dumps(body).encode() if body is not None else b""
    request = Request(method, path, query, headers, raw, gone=gone)

    async def whole():
        answer = await front(request)
        if isinstance(answer, Stream):
            return answer.status, b"".join([chunk async for chunk in answer.chunks])
        return answer.status, json.loads(answer.body)

    return asyncio.run(whole())


def a_query(**changes):
    return {"site": "shop", "range": "all", "metrics": ["visitors", "revenue"]} | changes


def test_a_question_is_answered_in_the_interfaces_shape(front):
    """Results, totals, meta and the settled question, as docs/query.md shows them."""
    status, answer = asked(front, "POST", "/api/query", a_query(dimensions=["country"], limit=2))
    assert (status, answer["status"]) == (200, "success")
    data = answer["data"]
    assert {"results", "totals", "meta", "query"} == set(data)
    assert {"total_rows", "elapsed_ms", "read", "fresh_until", "explained"} == set(data["meta"])
    assert {"dimensions", "metrics"} == set(data["results"][0])
    zone, events, now, _ = the_past(0)
    question = {"range": "all", "metrics": ["visitors", "revenue"], "dimensions": ["country"]}
    expected = naive.answer(question | {"limit": 2}, events, zone, now)
    assert expected["results"] == data["results"]
    assert data["meta"]["elapsed_ms"] > 0


@pytest.mark.parametrize(
    ("body", "status", "details"),
    [
        (a_query(metrics=["vistors"]), 400, "metrics"),
        (a_query(colour="red"), 400, "colour"),
        (a_query(goal="Nothing", metrics=["conversions"]), 400, "goal"),
        (a_query(filters=["matches", "page", ["("]]), 400, "filters"),
        (a_query(site="nowhere"), 404, None),
        (a_query(site="open"), 200, None),
        (["no object"], 400, "query"),
    ],
)
def test_what_is_wrong_is_told_with_its_field(front, body, status, details):
    """The owner's shape of errors, with the field that was sent."""
    actual, answer = asked(front, "POST", "/api/query", body)
    assert status == actual
    assert details == (answer.get("details") or {}).get("field")


@pytest.mark.parametrize(
    ("site", "key", "path", "status"),
    [
        ("shop", None, "/api/query", 401),
        ("shop", "wrong", "/api/query", 401),
        ("open", None, "/api/query", 200),
        ("nowhere", None, "/api/query", 401),
        ("open", None, "/api/sql", 401),
        ("open", KEY, "/api/sql", 403),
        ("shop", KEY, "/api/sql", 200),
    ],
)
def test_figures_are_for_readers_and_rows_for_owners(front, site, key, path, status):
    """A public site's figures are anybody's; its rows still need a key of that site."""
    body = {"site": site, "sql": "SELECT 1"} if path == "/api/sql" else a_query(site=site)
    actual, _ = asked(front, "POST", path, body, key=key)
    assert status == actual


def test_stats_have_the_owners_shape(front):
    """`hourly_visitors`, `top_pages` and `summary`, as the first clients expect them."""
    status, answer = asked(front, "GET", "/api/stats", query="site=shop&period=day&limit=7")
    data = answer["data"]
    assert status == 200
    assert 7 == len(data["hourly_visitors"]["labels"]) == len(data["hourly_visitors"]["data"])
    assert {"url", "views", "percentage"} == set(data["top_pages"][0])
    assert {"total_sessions", "total_pageviews", "avg_session_duration"} == set(data["summary"])
    assert asked(front, "GET", "/api/stats", query="site=shop&limit=1e9")[0] == 400


def test_funnels_journeys_and_retention_are_answered(front):
    """Each has rows, a total and the question as it was settled."""
    common = {"site": "shop", "range": "all"}
    steps = [{"page": "/"}, {"event": "Signup"}]
    status, funnel = asked(front, "POST", "/api/funnel", common | {"steps": steps})
    assert status == 200
    assert [row["step"] for row in funnel["data"]["results"]] == [1, 2]
    status, journeys = asked(front, "POST", "/api/journeys", common)
    assert status == 200
    assert journeys["data"]["results"][0]["visits"] > 0
    status, retention = asked(front, "POST", "/api/retention", common | {"interval": "day"})
    assert status == 200
    assert retention["data"]["results"][0]["rates"][0] == 100.0


def test_goals_tell_conversions_rates_and_revenue(front):
    """Each goal of the site has a row, and a query may ask for it by name."""
    status, answer = asked(front, "POST", "/api/goals/report", {"site": "shop", "range": "all"})
    assert status == 200
    signup, pay = answer["data"]["results"]
    zone, events, now, _ = the_past(0)
    question = {
        "range": "all",
        "metrics": ["conversions", "conversion_rate"],
        "goal": {"event": "Signup"},
    }
    expected = naive.answer(question, events, zone, now)["totals"]["metrics"]
    assert expected == [signup["conversions"], signup["conversion_rate"]]
    question = {"range": "all", "metrics": ["revenue"], "filters": ["is", "event", ["Buy"]]}
    assert naive.answer(question, events, zone, now)["totals"]["metrics"] == [pay["revenue"]]
    by_name = a_query(metrics=["conversions", "conversion_rate"], goal="Sign up")
    assert expected == asked(front, "POST", "/api/query", by_name)[1]["data"]["totals"]


def test_sql_reads_the_sites_rows(front):
    """Sealed and hot rows are in, and types are told; more than `limit` is said to be cut."""
    body = {"site": "shop", "sql": "SELECT day, count(*) AS n FROM events GROUP BY day", "limit": 1}
    status, answer = asked(front, "POST", "/api/sql", body)
    assert status == 200
    assert answer["data"]["columns"] == [
        {"name": "day", "type": "DATE"},
        {"name": "n", "type": "BIGINT"},
    ]
    assert answer["data"]["truncated"]
    events = the_past(0)[1]
    body = {"site": "shop", "sql": "SELECT count(*), count(DISTINCT visit) FROM events"}
    happened = naive.happened(events)
    expected = [len(happened), len({id(one.visit) for one in happened})]
    assert [expected] == asked(front, "POST", "/api/sql", body)[1]["data"]["rows"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "PRAGMA enable_external_access",
        "CREATE TABLE mine AS SELECT 1",
        "DROP VIEW events",
        "SELECT 1; SELECT 2",
        "SELECT * FROM hot_events",
        "SELECT * FROM masked",
        "SELECT * FROM sys",
        "SELECT getenv('PATH')",
        "CALL pragma_version()",
        "SELEC",
        "  ",
    ],
)
def test_sql_reaches_nothing_else(front, sql):
    """Neither files nor network nor other tables, no change, no second statement: all is a 400."""
    status, answer = asked(front, "POST", "/api/sql", {"site": "shop", "sql": sql})
    assert status == 400
    assert answer["details"]["field"] == "sql"


def test_sql_tells_moments_with_a_zone(front):
    """As `now()` is, and whatever is made of `to_timestamp`."""
    sql = "SELECT epoch_ms(time_ms) AS wall, to_timestamp(0) AS at, [to_timestamp(0)] FROM events LIMIT 1"
    told = asked(front, "POST", "/api/sql", {"site": "shop", "sql": sql})[1]["data"]
    assert told["columns"][1] == {"name": "at", "type": "TIMESTAMP WITH TIME ZONE"}
    at, listed = told["rows"][0][1:]
    assert datetime.fromisoformat(at) == datetime(1970, 1, 1, tzinfo=UTC)
    assert listed == [at]


def test_sql_that_goes_on_for_ever_is_ended(front, monkeypatch):
    """A question has seconds, not more."""
    monkeypatch.setattr(sandbox, "DEFAULT", sandbox.Caps(seconds=0.2))
    sql = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7"
    status, answer = asked(front, "POST", "/api/sql", {"site": "shop", "sql": sql})
    assert status == 400
    assert "longer than" in answer["details"]["error"]


def test_exports_hold_every_event(front, tmp_path):
    """Parquet and CSV give all events of the range, in the documented columns."""
    events = the_past(0)[1]
    for kind, reader in (("parquet", "read_parquet"), ("csv", "read_csv")):
        status, body = asked(front, "GET", f"/api/export/events.{kind}", query="site=shop")
        assert status == 200
        path = tmp_path / f"out.{kind}"
        path.write_bytes(body)
        rows = duckdb.sql(
            f"SELECT event_id, time_ms, type, page FROM {reader}('{path}')"
        ).fetchall()
        expected = [
            (one.event.event_id, one.event.time_ms, one.event.type, one.event.page)
            for one in naive.happened(events)
        ]
        assert sorted(expected) == sorted(rows)
    assert asked(front, "GET", "/api/export/events.csv", query="site=shop", key=None)[0] == 401


def test_an_export_keeps_to_its_days(front, tmp_path):
    """`from` and `to` are days of the site, both included."""
    zone, events, now, _ = the_past(0)
    day = naive.local(now, zone).date().isoformat()
    query = f"site=shop&from={day}&to={day}"
    _, body = asked(front, "GET", "/api/export/events.csv", query=query)
    expected = [o for o in naive.happened(events) if naive.bucket(o.event.time_ms, "", zone) == day]
    assert len(expected) + 1 == len(body.decode().splitlines())


def test_nothing_goes_on_for_who_is_gone(tmp_path):
    """When the client hangs up, the work is cancelled."""
    stopped = []

    class Slow:
        async def ask(self, question, site):
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(True)

    control = SqliteControl(Folder(tmp_path))
    control.put_site(Site(id="open", public=True))
    front = Front(AskDoor(Slow(), control, Keys(control), FixedClock(10**12)).routes())

    async def gone():
        await asyncio.sleep(0)

    status, _ = asked(front, "POST", "/api/query", a_query(site="open"), key=None, gone=gone)
    assert status == 503
    assert stopped == [True]
    control.close()


def test_every_door_is_in_the_openapi_document(front):
    """The document is made of the same table, with a schema for each body and answer."""
    told = document(front.routes)
    assert "/api/query" in told["paths"]
    assert "Report" in told["components"]["schemas"]
