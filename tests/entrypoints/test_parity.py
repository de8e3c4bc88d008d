"""The golden set: the same requests sent to both homes, the same questions asked of both through
their doors. What differs is a defect of one of them.
"""

import asyncio
import json
import time
from hashlib import sha256
from random import Random

import pytest

from aws_home import CONTROL, SETTINGS, a_request, make_tables, ministack, on_ministack
from dashboard_home import a_view
from liveinsight.adapters.aws.client import connect
from liveinsight.adapters.aws.control import DynamoControl
from liveinsight.adapters.clock import FixedClock, SystemClock
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.domain.goal import checked as a_goal
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.period import HOUR_MS
from liveinsight.domain.site import Site
from liveinsight.entrypoints.proxy import handler_of
from liveinsight.wiring import aws
from liveinsight.wiring.event_collector import event_collector
from liveinsight.wiring.realtime_api import realtime_api
from liveinsight.wiring.sealer import sealer
from liveinsight.wiring.stats_api import stats_api
from served import Served

TEXT = "a-golden-key"
KEY = Key(
    id="golden",
    hash=sha256(TEXT.encode()).digest(),
    scopes=frozenset({Scope.READ, Scope.SERVER}),
)
SITE = Site(
    id="shop",
    domains=("shop.example",),
    timezone="Asia/Seoul",
    goals=(a_goal("Sign up", {"event": "Signup"}), a_goal("Pricing", {"page": "/pricing"})),
)
HEADERS = {"X-API-Key": TEXT}
BUCKET = "liveinsight-lake-dev-golden"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PATIENCE_S = 60


def golden_events():
    """Requests of a day, in the order in which they arrive: late, repeated, silent, of bots."""
    random = Random(2026)
    events = []
    for visitor in range(24):
        ago = 120 + visitor * 2400
        for nth in range(visitor % 4 + 1):
            about = {"referrer": random.choice((None, "https://www.google.com/", "https://t.co/x"))}
            if nth == 2:
                about |= {"session_id": f"s-{visitor}"}
            events.append(a_view("shop", visitor, f"/p{nth}", ago - nth * 25, **about))
            engaged = {
                "event_type": "engagement",
                "engaged_ms": 900 + nth,
                "scroll_depth": 10 * nth,
            }
            events.append(a_view("shop", visitor, f"/p{nth}", ago - nth * 25 - 20, **engaged))
        if visitor % 3 == 0:
            events.append(a_view("shop", visitor, "/pricing", ago - 90, title=None))
            sale = {"amount": "12.90", "currency": random.choice(("EUR", "KRW"))}
            props = {"plan": random.choice(("pro", "free"))}
            signup = {"event_type": "Signup", "props": props, "revenue": sale}
            events.append(a_view("shop", visitor, "/pricing", ago - 95, **signup))
        if visitor % 5 == 0:
            events.append(a_view("shop", visitor, "/", ago - 99, event_type="session_end"))
            events.append(a_view("shop", visitor, "/after", ago - 105))
    # Never had a visit; a bot; spam; what nobody knows.
    events.append(a_view("shop", 200, "/", 4000, event_type="engagement", engaged_ms=5))
    events.append(a_view("shop", 201, "/", 4000) | {"user_agent": BOT})
    events.append(a_view("shop", 202, "/", 4000, referrer="https://semalt.com/"))
    events.append(a_view("elsewhere", 203, "/", 4000))
    for number, event in enumerate(events):
        event["event_id"] = f"golden-{number}"
    # A third is late, some by hours; each request's last event comes in the next one once more.
    late = [event for number, event in enumerate(events) if number % 3 == 1]
    in_order = [event for event in events if event not in late]
    arriving = sorted(in_order, key=lambda event: event["timestamp"]) + late
    batches = [arriving[start : start + 17] for start in range(0, len(arriving), 17)]
    repeated = [[*batches[n - 1][-1:], *batch] if n else batch for n, batch in enumerate(batches)]
    return [*repeated, repeated[1], repeated[-1]]


METRICS = [
    *("visitors", "visits", "pageviews", "events", "views_per_visit", "bounce_rate"),
    *("visit_duration", "time_on_page", "scroll_depth", "revenue"),
]
DIMENSIONS = (
    *("page", "hostname", "event", "title", "prop:plan", "source", "channel", "referrer"),
    *("country", "browser", "browser_version", "os", "device", "screen", "language"),
    *("entry_page", "exit_page", "time:hour", "time:day"),
)
FILTERS = (
    ["is", "country", ["KR", "US"]],
    ["contains", "page", ["p"]],
    ["and", [["is_not", "browser", ["Firefox"]], ["matches", "page", ["^/p[12]$"]]]],
    ["not", ["is", "prop:plan", ["pro"]]],
)
STEPS = [{"page": "/p0"}, {"page": "/pricing"}, {"event": "Signup"}]


def golden_questions():
    """(path, body): every door, every metric, every dimension, filters, comparisons, goals."""
    asked = {"site": "shop", "range": "7d"}
    yield "query", asked | {"metrics": METRICS}
    for dimension in DIMENSIONS:
        yield "query", asked | {"metrics": METRICS[:7], "dimensions": [dimension]}
    for tree in FILTERS:
        yield "query", asked | {"metrics": METRICS, "filters": tree}
        by = {"metrics": ["visitors", "visits"], "dimensions": ["source", "page"]}
        yield "query", asked | by | {"filters": tree, "limit": 5}
    for about in ({"goal": {"event": "Signup"}}, {"goal": {"page": "/pricing"}}):
        metrics = ["conversions", "conversion_rate", "revenue"]
        yield "query", asked | about | {"metrics": metrics, "dimensions": ["country"]}
    yield "query", asked | {"metrics": ["visitors"], "compare": "previous_period"}
    yield "goals/report", asked
    yield "props", asked
    for within in ("visit", "day"):
        yield "funnel", asked | {"steps": STEPS, "within": within}
    yield "journeys", asked
    yield "retention", asked | {"interval": "day"}
    yield (
        "sql",
        {"site": "shop", "sql": "SELECT page, count(*) AS n FROM events GROUP BY ALL ORDER BY ALL"},
    )


class LocalAnswers:
    """Home 1, asked over HTTP."""

    def __init__(self, server) -> None:
        self._server = server

    def send(self, batch):
        status, told, _ = self._server.ask("POST", "/api/events", {"events": batch}, X_API_Key=TEXT)
        return status, told

    def ask(self, method, path, body=None):
        status, told, _ = self._server.ask(method, path, body, X_API_Key=TEXT)
        return status, told


class AwsAnswers:
    """Home 2: its functions, each asked as API Gateway asks."""

    def __init__(self, dynamodb, s3, run, folder) -> None:
        told = aws.Environment(SETTINGS | {"LAKE_BUCKET": BUCKET})
        self._collect = handler_of(event_collector(told, dynamodb))
        self._live = handler_of(realtime_api(told, dynamodb))
        self._ask = handler_of(stats_api(told, dynamodb, s3, root=folder / "asks"), "", run)
        self.clock = FixedClock(SystemClock().now_ms())
        self.seal = sealer(told, dynamodb, s3, self.clock, folder / "seals")

    def send(self, batch):
        request = a_request("POST", "/api/events", {"events": batch}, headers=HEADERS)
        answer = self._collect(request, None)
        return answer["statusCode"], json.loads(answer["body"])

    def ask(self, method, path, body=None):
        handler = self._live if path.startswith("/api/realtime") else self._ask
        path, _, query = path.partition("?")
        params = dict(pair.split("=") for pair in query.split("&")) if query else None
        answer = handler(a_request(method, path, body, query=params, headers=HEADERS), None)
        return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    """Both, after the golden requests."""
    folder = tmp_path_factory.mktemp("homes")
    control = SqliteControl(Folder(folder / "local"))
    control.put_site(SITE)
    control.put_key(KEY)
    control.close()
    with (
        Served(folder / "local") as server,
        ministack() as address,
        on_ministack(address) as dynamodb,
        asyncio.Runner() as runner,
    ):
        make_tables(dynamodb)
        decided = DynamoControl(dynamodb, CONTROL, SystemClock().now_ms)
        decided.put_site(SITE)
        decided.put_key(KEY)
        s3 = connect("s3")
        s3.create_bucket(Bucket=BUCKET)
        local, there = LocalAnswers(server), AwsAnswers(dynamodb, s3, runner.run, folder / "aws")
        for number, batch in enumerate(golden_events()):
            for home in (local, there):
                status, told = home.send(batch)
                assert status == 200, told
            if number in {2, 6}:
                there.seal()
                there.seal()
        # What came hours late is found by the hourly sweep.
        there.clock.advance(HOUR_MS)
        there.seal()
        yield local, there
        s3.close()


def pageviews(home):
    body = {"site": "shop", "range": "7d", "metrics": ["pageviews", "events"]}
    return home.ask("POST", "/api/query", body)[1]["data"]["totals"]


@pytest.fixture(scope="module")
def caught_up(homes):
    """When home 1's store has read all."""
    local, there = homes
    until = time.monotonic() + PATIENCE_S
    while pageviews(local) != pageviews(there) and time.monotonic() < until:
        time.sleep(0.05)
    return homes


@pytest.mark.parametrize(
    ("path", "body"),
    [pytest.param(*asked, id=f"{n}") for n, asked in enumerate(golden_questions())],
)
def test_both_homes_answer_alike(caught_up, path, body):
    """A question of the golden set has one answer, wherever it is asked."""
    local, there = (home.ask("POST", f"/api/{path}", body) for home in caught_up)
    assert local[0] == there[0] == 200, (local, there)
    assert without_meta(local[1]["data"]) == without_meta(there[1]["data"])


def without_meta(told):
    """What was answered, without from what, how fast, and when it was asked."""
    return {
        name: value for name, value in told.items() if name not in {"meta", "elapsed_ms", "query"}
    }


def test_there_is_something_to_compare(caught_up):
    """The golden set is no empty house."""
    assert pageviews(caught_up[0])[0] > 60


@pytest.mark.parametrize(
    "path", ["/api/stats?period=day&limit=3&site=shop", "/api/realtime?site=shop"]
)
def test_the_owners_shapes_are_alike(caught_up, path):
    """`GET /api/stats` and `GET /api/realtime`, but for the moment of asking."""
    local, there = (home.ask("GET", path) for home in caught_up)
    assert local[0] == there[0] == 200, (local, there)
    volatile = {"timestamp", "series"}
    told = [
        {k: v for k, v in answer[1]["data"].items() if k not in volatile}
        for answer in (local, there)
    ]
    assert told[0] == told[1]


def test_what_is_set_aside_is_alike(caught_up):
    """Bots, spam and what has no visit; what is dropped at the door only home 1 counts."""
    asked = {"site": "shop", "range": "7d"}
    kept = {"bot", "spam_referrer", "no_visit"}
    told = [
        [
            row
            for row in home.ask("POST", "/api/aside", asked)[1]["data"]["results"]
            if row["reason"] in kept
        ]
        for home in caught_up
    ]
    assert {row["reason"] for row in told[0]} == kept
    assert told[0] == told[1]
