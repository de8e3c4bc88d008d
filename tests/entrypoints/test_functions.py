"""The functions as API Gateway calls them: the owner's shapes, and faults between two writes."""

import asyncio
import json
import subprocess
import sys
from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from aws_home import (
    CONTROL,
    EVENTS,
    SESSIONS,
    SETTINGS,
    Failing,
    a_request,
    make_tables,
    on_moto,
    remove_tables,
)
from liveinsight.adapters.aws.client import connect
from liveinsight.adapters.clock import SystemClock
from liveinsight.domain.period import local_time
from liveinsight.domain.site import Site
from liveinsight.entrypoints.proxy import handler_of
from liveinsight.wiring import aws
from liveinsight.wiring.event_collector import event_collector
from liveinsight.wiring.realtime_api import realtime_api
from liveinsight.wiring.sealer import sealer
from liveinsight.wiring.stats_api import stats_api

SECRET = "s" * 32
KEY = "a-reading-key"
VIEW = {"session_id": "s-1", "page_url": "https://shop.example/a", "event_id": "e-1"}


@pytest.fixture(scope="module")
def shared():
    with on_moto() as client:
        yield client


@pytest.fixture
def dynamodb(shared):
    make_tables(shared)
    shared.put_item(
        TableName=CONTROL,
        Item={
            "kind": {"S": "key"},
            "name": {"S": "reader"},
            "body": {
                "S": json.dumps(
                    {
                        "id": "reader",
                        "hash": b64encode(sha256(KEY.encode()).digest()).decode(),
                        "scopes": ["read"],
                    }
                )
            },
        },
    )
    yield shared
    remove_tables(shared)


def environment(**more):
    return aws.Environment(SETTINGS | more)


def collector(client, **more):
    return handler_of(event_collector(environment(**more), client), SECRET)


def realtime(client, **more):
    return handler_of(realtime_api(environment(**more), client), SECRET)


@pytest.fixture
def history(dynamodb, tmp_path):
    """The functions of the past over a bucket: asking, and sealing."""
    s3 = connect("s3")
    s3.create_bucket(Bucket="lake")
    told = environment(LAKE_BUCKET="lake")
    with asyncio.Runner() as runner:
        ask = handler_of(stats_api(told, dynamodb, s3, root=tmp_path / "asks"), SECRET, runner.run)
        yield ask, sealer(told, dynamodb, s3, root=tmp_path / "seals")
    for item in s3.list_objects_v2(Bucket="lake").get("Contents", []):
        s3.delete_object(Bucket="lake", Key=item["Key"])
    s3.delete_bucket(Bucket="lake")
    s3.close()


def answered(handler, *told, **about):
    answer = handler(a_request(*told, **about), None)
    return answer["statusCode"], json.loads(answer["body"])


def events_in(client):
    return client.scan(TableName=EVENTS)["Items"]


@pytest.mark.parametrize(
    ("told", "about", "status"),
    [
        (("POST", "/api/event", {"n": "pageview", "u": "https://shop.example/a"}), {}, 202),
        (
            ("POST", "/api/send", {"type": "event", "payload": {"url": "https://shop.example/a"}}),
            {},
            200,
        ),
        (
            ("POST", "/count"),
            {"query": {"p": "/a"}, "headers": {"Referer": "https://shop.example/"}},
            200,
        ),
        (
            ("GET", "/matomo.php"),
            {"query": {"idsite": "1", "rec": "1", "url": "https://shop.example/a"}},
            200,
        ),
        (
            (
                "POST",
                "/mp/collect",
                {
                    "client_id": "1",
                    "events": [
                        {"name": "page_view", "params": {"page_location": "https://shop.example/a"}}
                    ],
                },
            ),
            {},
            204,
        ),
        (
            ("POST", "/v1/page", {"type": "page", "properties": {"url": "https://shop.example/a"}}),
            {},
            200,
        ),
    ],
)
def test_other_trackers_clients_are_heard(dynamodb, told, about, status):
    """At the paths that Terraform gives to the collector; the event is in the table."""
    answer = collector(dynamodb)(a_request(*told, **about), None)
    assert answer["statusCode"] == status
    (item,) = events_in(dynamodb)
    assert item["page_url"]["S"] == "https://shop.example/a"


def test_a_bare_event_is_answered_in_the_owners_shape(dynamodb):
    """One bare event: processed, its session new, then updated."""
    collect = collector(dynamodb)
    status, body = answered(collect, "POST", "/api/events", VIEW)
    assert status == 200
    assert body["status"] == "success"
    assert body["data"] == {
        "processed_events": 1,
        "session_updated": True,
        "new_session": True,
        "dropped": {},
        "event_ids": ["e-1"],
    }
    _, body = answered(collect, "POST", "/api/events", VIEW | {"event_id": "e-2"})
    assert body["data"]["new_session"] is False


def test_a_batch_is_all_there(dynamodb):
    """A hundred events of one request are a hundred items."""
    batch = {"events": [VIEW | {"event_id": f"e-{n}"} for n in range(100)]}
    status, body = answered(collector(dynamodb), "POST", "/api/events", batch)
    assert (status, body["data"]["processed_events"]) == (200, 100)
    assert len(events_in(dynamodb)) == 100


def test_a_wrong_batch_leaves_nothing(dynamodb):
    """One invalid event refuses all, and its place and field are told."""
    batch = {"events": [VIEW, VIEW | {"page_url": "ftp://shop.example"}]}
    status, body = answered(collector(dynamodb), "POST", "/api/events", batch)
    assert status == 400
    assert body["status"] == "error"
    assert (body["details"]["index"], body["details"]["field"]) == (1, "page_url")
    assert events_in(dynamodb) == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("{", {}, 400),
        ("x" * 1_000_001, {}, 413),
        ("<a/>", {"Content-Type": "application/xml"}, 415),
        (VIEW, {"X-CSRF-Token": "v1.1.nonce.forged"}, 403),
        (VIEW, {"X-API-Key": "unknown"}, 401),
    ],
)
def test_errors_have_their_status(dynamodb, body, headers, status):
    """What is wrong is told by status, in the owner's shape, readable for any origin."""
    answer = collector(dynamodb)(a_request("POST", "/api/events", body, headers=headers), None)
    assert answer["statusCode"] == status
    assert json.loads(answer["body"])["status"] == "error"
    assert answer["multiValueHeaders"]["access-control-allow-origin"] == ["*"]


def test_a_csrf_token_is_accepted(dynamodb):
    """A token fetched from one sandbox is good in another, for its session only."""
    _, made = answered(collector(dynamodb), "POST", "/api/csrf-token", {"session_id": "s-1"})
    headers = {"X-CSRF-Token": made["data"]["csrf_token"], "X-Session-ID": "s-1"}
    other = collector(dynamodb)
    assert answered(other, "POST", "/api/events", VIEW, headers=headers)[0] == 200
    headers["X-Session-ID"] = "s-2"
    assert answered(other, "POST", "/api/events", VIEW, headers=headers)[0] == 403


def test_gzip_in_base64_is_read(dynamodb):
    """A packed body arrives in base64 and is read."""
    import gzip  # noqa: PLC0415 - only here

    request = a_request("POST", "/api/events", "", headers={"Content-Encoding": "gzip"})
    request["body"] = b64encode(gzip.compress(json.dumps(VIEW).encode())).decode()
    request["isBase64Encoded"] = True
    assert collector(dynamodb)(request, None)["statusCode"] == 200
    assert len(events_in(dynamodb)) == 1


def test_the_pixel_is_a_picture(dynamodb):
    """The pixel is a GIF in base64, and its page view is kept."""
    query = {"url": "https://shop.example/a?utm_source=x&b=ü"}
    answer = collector(dynamodb)(a_request("GET", "/api/pixel.gif", query=query), None)
    assert answer["isBase64Encoded"] is True
    assert b64decode(answer["body"]).startswith(b"GIF89a")
    (item,) = events_in(dynamodb)
    assert item["page_url"] == {"S": query["url"]}


def test_the_edges_word_needs_its_secret(dynamodb):
    """Country and address are the edge's only with its secret; forged they are passed over."""
    collect = collector(dynamodb)
    told = {"CloudFront-Viewer-Country": "KR", "CloudFront-Viewer-Address": "2001:db8::7:4711"}

    def country_and_visitor(headers, event_id, peer):
        event = VIEW | {"event_id": event_id, "session_id": event_id}
        answered(collect, "POST", "/api/events", event, headers=headers, peer=peer)
        (item,) = (item for item in events_in(dynamodb) if item["session_id"]["S"] == event_id)
        return item.get("country"), item["visitor"]

    forged = country_and_visitor(told | {"X-Origin-Secret": "t" * 32}, "e-1", "192.0.2.1")
    direct = country_and_visitor({}, "e-2", "192.0.2.1")
    through = country_and_visitor(told | {"X-Origin-Secret": SECRET}, "e-3", "192.0.2.1")
    elsewhere = country_and_visitor(told | {"X-Origin-Secret": SECRET}, "e-4", "192.0.2.99")
    assert forged == direct
    assert forged[0] is None
    assert through == elsewhere
    assert through[0] == {"S": "KR"}
    assert through[1] != direct[1]


def test_a_throttled_table_says_come_back(dynamodb, monkeypatch):
    """While the events table is throttled nothing is acknowledged: 503, and when to try again."""
    monkeypatch.setattr("time.sleep", lambda _: None)

    def throttle(request):
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchWriteItem")

    answer = collector(Failing(dynamodb, batch_write_item=throttle))(
        a_request("POST", "/api/events", VIEW), None
    )
    assert answer["statusCode"] == 503
    assert int(answer["multiValueHeaders"]["retry-after"][0]) > 0


def test_a_lost_session_loses_no_event(dynamodb, capsys):
    """When the second of the two writes fails the event is kept, acknowledged, and it is logged."""

    def time_out(request):
        raise TimeoutError

    failing = Failing(dynamodb, update_item=time_out)
    assert answered(collector(failing), "POST", "/api/events", VIEW)[0] == 200
    assert len(events_in(dynamodb)) == 1
    assert '"session_not_noted"' in capsys.readouterr().out


def test_a_function_run_twice_counts_once(dynamodb):
    """The same request, run again by who got no answer, leaves one event and one view."""
    event = VIEW | {"timestamp": SystemClock().now_ms()}
    for _ in range(2):
        assert answered(collector(dynamodb), "POST", "/api/events", event)[0] == 200
    assert len(events_in(dynamodb)) == 1
    (session,) = dynamodb.scan(TableName=SESSIONS)["Items"]
    assert session["page_count"] == {"N": "1"}


def test_a_warm_request_is_two_calls(dynamodb):
    """Once warm, a request costs one write of events and one update of its session."""
    counting = Failing(dynamodb)
    collect = collector(counting)
    answered(collect, "POST", "/api/events", VIEW)
    counting.calls.clear()
    answered(collect, "POST", "/api/events", VIEW | {"event_id": "e-2"})
    assert counting.calls == ["batch_write_item", "update_item"]


def test_a_first_request_is_five_calls(dynamodb):
    """A sandbox's first event reads secrets, sites and the day's salt, and writes what a warm one
    writes; a home's very first also makes them. Around midnight it looks for the salt of the day
    before, too: here it is never midnight.
    """
    now_ms = SystemClock().now_ms()
    zone = next(zone for zone in ("UTC", "Asia/Tokyo") if local_time(now_ms, zone).hour)
    site = Site(id="default", timezone=zone)
    aws.DynamoControl(dynamodb, CONTROL, SystemClock().now_ms).put_site(site)
    answered(collector(dynamodb), "POST", "/api/events", VIEW)
    counting = Failing(dynamodb)
    answered(collector(counting), "POST", "/api/events", VIEW)
    assert counting.calls == ["query", "query", "get_item", "batch_write_item", "update_item"]


def test_a_warm_question_of_who_is_here_is_a_call_a_type(dynamodb):
    """Sites and keys are known for a minute; each type of event is one query."""
    counting = Failing(dynamodb)
    handler = realtime(counting)
    answered(handler, "GET", "/api/realtime", headers={"X-API-Key": KEY})
    counting.calls.clear()
    # Another filter, as the same question within a second is answered from memory.
    query = {"filters": '["is","country",["KR"]]'}
    status, _ = answered(handler, "GET", "/api/realtime", query=query, headers={"X-API-Key": KEY})
    assert (status, counting.calls) == (200, ["query"] * 5)


def test_realtime_tells_who_is_here(dynamodb):
    """What was collected is live at once, recognised, in the owner's shape, for who has a key."""
    answered(collector(dynamodb), "POST", "/api/events", VIEW)
    status, body = answered(realtime(dynamodb), "GET", "/api/realtime", headers={"X-API-Key": KEY})
    assert status == 200
    data = body["data"]
    assert (data["active_users"], data["events_last_5min"]) == (1, 1)
    assert data["current_pages"] == {"/a": 1}
    assert data["feed"][0]["browser"] == "Chrome"


def test_realtime_sees_what_came_since(dynamodb):
    """A warm function that knows the last half hour tells the event that came after."""
    collect, watch = collector(dynamodb), realtime(dynamodb)
    answered(collect, "POST", "/api/events", VIEW)
    for n in range(2):
        body = VIEW | {"session_id": f"s-{n}", "event_id": f"e-{n + 5}"}
        answered(collect, "POST", "/api/events", body, peer=f"192.0.2.{n}")
    headers = {"X-API-Key": KEY}
    _, first = answered(watch, "GET", "/api/realtime", headers=headers)
    assert first["data"]["active_users"] == 3


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("wrong", 401)])
def test_realtime_needs_a_key(dynamodb, key, status):
    """Without a key that may read, nothing is told."""
    headers = {"X-API-Key": key} if key else {}
    assert answered(realtime(dynamodb), "GET", "/api/realtime", headers=headers)[0] == status


def test_realtime_as_a_fragment(dynamodb):
    """Asked for HTML it answers the fragment."""
    headers = {"X-API-Key": KEY, "Accept": "text/html"}
    answer = realtime(dynamodb)(a_request("GET", "/api/realtime", headers=headers), None)
    assert answer["multiValueHeaders"]["content-type"] == ["text/html; charset=utf-8"]
    assert answer["body"].startswith("<section")


def test_nothing_is_pushed(dynamodb):
    """A function can't stream: who asks for a stream gets one answer, and is not left waiting."""
    headers = {"X-API-Key": KEY, "Accept": "text/event-stream"}
    answer = realtime(dynamodb)(a_request("GET", "/api/realtime", headers=headers), None)
    assert answer["statusCode"] == 200
    assert answer["multiValueHeaders"]["content-type"] == ["application/json"]


def test_the_edge_may_keep_answers(dynamodb, history):
    """CloudFront answers for all who hold the same key: 3 s who is here, 30 s history; no refusal."""
    ask, _ = history
    answered(collector(dynamodb), "POST", "/api/events", VIEW)
    headers = {"X-API-Key": KEY}

    def kept(handler, path, headers=headers):
        answer = handler(a_request("GET", path, headers=headers), None)
        return answer["multiValueHeaders"]["cache-control"]

    assert kept(realtime(dynamodb), "/api/realtime") == ["max-age=0, s-maxage=3"]
    assert kept(ask, "/api/stats") == ["max-age=30"]
    assert kept(realtime(dynamodb), "/api/realtime", {}) == ["no-store"]
    assert kept(ask, "/api/stats", {}) == ["no-store"]


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "Query"),
        ReadTimeoutError(endpoint_url="x"),
    ],
)
def test_tables_that_cannot_be_read_are_told(dynamodb, error):
    """A table that is throttled or doesn't answer is 503 with a time to come back, not an accident."""

    def fail(request):
        if request["TableName"] == EVENTS:
            raise error

    handler = realtime(Failing(dynamodb, query=fail))
    answer = handler(a_request("GET", "/api/realtime", headers={"X-API-Key": KEY}), None)
    assert answer["statusCode"] == 503
    assert answer["multiValueHeaders"]["retry-after"] == ["5"]


@pytest.mark.parametrize("origin", ["https://stats.example", "*"])
def test_reads_are_for_the_owners_origin(dynamodb, origin):
    """The answer carries the origin that Terraform was told."""
    handler = realtime(dynamodb, LIVEINSIGHT_CORS_ORIGIN=origin)
    headers = {"X-API-Key": KEY, "Origin": "https://stats.example"}
    answer = handler(a_request("GET", "/api/realtime", headers=headers), None)
    assert answer["multiValueHeaders"]["access-control-allow-origin"] == [origin]


def test_stats_has_the_owners_shape(dynamodb, history):
    """Before and after sealing the past is told alike, in the owner's shape."""
    ask, seal = history
    collect = collector(dynamodb)
    for n, page in enumerate(("/a", "/a", "/b")):
        url = f"https://shop.example{page}"
        answered(collect, "POST", "/api/events", VIEW | {"event_id": f"e-{n}", "page_url": url})
    query = {"period": "hour", "limit": "2"}
    told = []
    for _ in range(2):
        status, body = answered(ask, "GET", "/api/stats", query=query, headers={"X-API-Key": KEY})
        assert status == 200
        told.append(body["data"])
        assert seal().raced is False
    assert told[0] == told[1]
    assert set(told[0]) == {"hourly_visitors", "top_pages", "summary"}
    assert len(told[0]["hourly_visitors"]["labels"]) == 2
    assert told[0]["top_pages"] == [
        {"url": "/a", "views": 2, "percentage": 66.7},
        {"url": "/b", "views": 1, "percentage": 33.3},
    ]
    assert told[0]["summary"] == {
        "total_sessions": 1,
        "total_pageviews": 3,
        "avg_session_duration": 0,
    }


def test_any_question_is_answered(dynamodb, history):
    """The query door, SQL and the export answer from what is sealed."""
    ask, seal = history
    answered(collector(dynamodb), "POST", "/api/events", VIEW)
    seal()
    headers = {"X-API-Key": KEY}
    raw = {"site": "default", "range": "today", "metrics": ["visitors"], "dimensions": ["browser"]}
    status, body = answered(ask, "POST", "/api/query", raw, headers=headers)
    assert status == 200
    (row,) = body["data"]["results"]
    assert (row["dimensions"], row["metrics"]) == (["Chrome"], [1])
    sql = {"site": "default", "sql": "SELECT page FROM events"}
    status, body = answered(ask, "POST", "/api/sql", sql, headers=headers)
    assert (status, body["data"]["rows"]) == (200, [["/a"]])
    export = a_request("GET", "/api/export/events.csv", headers=headers)
    answer = ask(export, None)
    assert answer["statusCode"] == 200
    assert "/a" in answer["body"]


def test_what_was_refused_lends_nothing_to_another_event(dynamodb):
    """Two of one id, the first of them too old: the second is kept with what it told itself."""
    old = {"timestamp": 1, "page_url": "https://shop.example/old", "session_id": "s-old"}
    _, body = answered(collector(dynamodb), "POST", "/api/events", {"events": [VIEW | old, VIEW]})
    assert body["data"]["dropped"] == {"too_old": 1}
    (item,) = events_in(dynamodb)
    assert (item["session_id"]["S"], item["page_url"]["S"]) == ("s-1", VIEW["page_url"])


def test_programs_that_read_plausible_read_here(dynamodb, history):
    """By its old interface and its new one."""
    ask, _ = history
    answered(collector(dynamodb), "POST", "/api/events", VIEW)
    headers = {"Authorization": f"Bearer {KEY}"}
    query = {"site_id": "default", "period": "day", "metrics": "visitors,pageviews"}
    status, body = answered(ask, "GET", "/api/v1/stats/aggregate", query=query, headers=headers)
    assert (status, body) == (
        200,
        {"results": {"visitors": {"value": 1}, "pageviews": {"value": 1}}},
    )
    told = {
        "site_id": "default",
        "metrics": ["visitors"],
        "date_range": "day",
        "dimensions": ["event:page"],
    }
    status, body = answered(ask, "POST", "/api/v2/query", told, headers=headers)
    assert (status, body["results"]) == (200, [{"metrics": [1], "dimensions": ["/a"]}])


def test_sites_are_the_control_tables(dynamodb):
    """An event of a site that is not there is dropped, and the sender learns no more."""
    aws.DynamoControl(dynamodb, CONTROL, SystemClock().now_ms).put_site(
        Site(id="shop", domains=("shop.example",))
    )
    event = VIEW | {"page_url": "https://other.example/"}
    batch = {"events": [VIEW | {"site": "shop"}, event | {"site": "nowhere"}]}
    _, body = answered(collector(dynamodb), "POST", "/api/events", batch)
    assert body["data"]["dropped"] == {"unknown_site": 1}
    assert [item["site"]["S"] for item in events_in(dynamodb)] == ["shop"]


def test_a_missing_setting_is_named():
    """A function without its table says which setting is missing."""
    with pytest.raises(aws.Misconfigured, match="CONTROL_TABLE"):
        event_collector(aws.Environment({}), Failing(None))


def test_the_collector_stays_light():
    """What a collector imports holds no DuckDB, no patterns of agents, no server and no arrays."""
    code = (
        "import sys; from liveinsight.wiring import aws\n"
        "from liveinsight.wiring.event_collector import event_collector\n"
        "from aws_home import Failing, SETTINGS\n"
        "made = {'get_item': lambda r: {'Item': {'value': {'B': b'x' * 32}}}, 'query': lambda r: {'Items': []}}\n"
        "event_collector(aws.Environment(SETTINGS), Failing(None, **made))\n"
        "heavy = {'duckdb', 'numpy', 're2', 'ua_parser', 'ua_parser_rs', 'uvicorn', 'sqlite3', 'maxminddb'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    path = ":".join(sys.path)
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "[]"
