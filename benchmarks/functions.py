"""What the functions of the AWS home cost, without AWS's own time: the collector's start beside a
bare handler that makes one client of DynamoDB, and the work of each function for a request.

`python -m benchmarks.functions` builds the packages from what is installed and runs them unpacked.
DynamoDB is answered by a few lines here, at once; what S3 holds lies in a folder.
"""

import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from benchmarks.history import SHARE, SITE, made, now_ms
from benchmarks.results import keep

from liveinsight.adapters.aws.lake import Manifest
from liveinsight.adapters.aws.table import DynamoHot, Told
from liveinsight.adapters.clock import FixedClock, SystemClock
from liveinsight.adapters.sql.remembered import Remembered
from liveinsight.domain.event import Row
from liveinsight.entrypoints.proxy import handler_of
from liveinsight.wiring import replies
from liveinsight.wiring.aws import Environment
from liveinsight.wiring.event_collector import event_collector
from liveinsight.wiring.realtime_api import realtime_api
from liveinsight.wiring.stats_api import stats_api

ROOT = Path(__file__).resolve().parents[1]
KEY = "a-reading-key"
TABLES = {f"{name.upper()}_TABLE": name for name in ("events", "sessions", "control")}
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/147.0.0.0 Safari/537.36"
)
VIEW = {
    "session_id": "s-1",
    "page_url": "https://shop.example/pricing",
    "referrer": "https://t.co/x",
}
STARTS = 21
BARE = """
from botocore.session import get_session
client = get_session().create_client("dynamodb")
def handler(event, context):
    return {"statusCode": 200, "body": "{}"}
"""
FIRST = """
import json, sys
from time import perf_counter
%s
answer = handler(json.loads(sys.argv[1]), None)
assert answer["statusCode"] == 200, answer
"""


class Tables:
    """DynamoDB as far as the functions ask: one key, one salt, and the events it is given."""

    def __init__(self, items: list[dict[str, Any]], manifest: dict[str, Any] | None = None) -> None:
        self.items = items
        self._manifest = manifest
        digest = b64encode(sha256(KEY.encode()).digest()).decode()
        body = json.dumps({"id": "k", "hash": digest, "scopes": ["read"]})
        self._key = {"kind": {"S": "key"}, "name": {"S": "k"}, "body": {"S": body}}

    def query(self, **request: Any) -> dict[str, Any]:
        values = request["ExpressionAttributeValues"]
        if ":kind" in values:
            return {"Items": [self._key] if values[":kind"]["S"] == "key" else []}
        return {"Items": self.items if values[":type"]["S"] == "page_view" else []}

    def get_item(self, **request: Any) -> dict[str, Any]:
        if self._manifest and request["Key"]["kind"]["S"] == "lake":
            return {"Item": self._manifest}
        return {}

    def put_item(self, **request: Any) -> dict[str, Any]:
        del request
        return {}

    batch_write_item = update_item = delete_item = put_item


class Bucket:
    """S3 as a folder."""

    def __init__(self, folder: Path, manifest: bytes) -> None:
        self._folder, self._manifest = folder, manifest

    def get_object(self, **request: Any) -> dict[str, Any]:
        name = request["Key"]
        body = self._manifest if name == "manifest" else (self._folder / name).read_bytes()
        return {"Body": BytesIO(body)}

    head_object = put_object = delete_object = get_object


def a_request(method: str, path: str, body: object = None, query: Any = None) -> dict[str, Any]:
    """What API Gateway sends."""
    headers = {"User-Agent": CHROME, "Content-Type": "application/json", "X-API-Key": KEY}
    if path == "/api/events":
        del headers["X-API-Key"]
    return {
        "httpMethod": method,
        "path": path,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {k: [v] for k, v in query.items()},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"identity": {"sourceIp": "198.51.100.7"}},
    }


def environment(**more: str) -> Environment:
    """What Terraform would tell."""
    return Environment(TABLES | {"LAKE_BUCKET": "lake"} | more)


def times_ms(
    work: Callable[[], object], count: int, clock: Callable[[], float] = time.process_time
) -> list[float]:
    """How long each run takes: by default of the processor, whatever the neighbours do."""
    told = []
    for _ in range(count):
        began = clock()
        work()
        told.append((clock() - began) * 1000)
    return told


def summary(times: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    ordered = sorted(times)
    return {
        "p50_ms": round(statistics.median(ordered), 3),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)], 3),
    }


def starts(folder: Path) -> dict[str, Any]:
    """Process start to first answer, interleaved with the bare handler's."""
    build = [sys.executable, "scripts/package_functions.py", "--out", str(folder), "--installed"]
    subprocess.run([*build, "--only", "collector"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    zipfile.ZipFile(folder / "collector.zip").extractall(folder / "collector")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Instant)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environ = TABLES | {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    (folder / "bare.py").write_text(FIRST % BARE)
    (folder / "collector" / "first.py").write_text(
        FIRST % "from handlers.event_collector import handler"
    )
    request = json.dumps(a_request("POST", "/api/events", VIEW))

    def run(script: Path) -> None:
        subprocess.run([sys.executable, script, request], env=environ, check=True)

    told: dict[str, list[float]] = {"bare": [], "collector": []}
    for _ in range(STARTS):
        told["bare"] += times_ms(lambda: run(folder / "bare.py"), 1, time.perf_counter)
        told["collector"] += times_ms(
            lambda: run(folder / "collector" / "first.py"), 1, time.perf_counter
        )
    server.shutdown()
    ratio = statistics.median(told["collector"]) / statistics.median(told["bare"])
    return {name: summary(times) for name, times in told.items()} | {"ratio": round(ratio, 2)}


NOTHING = {"Query": b'{"Items":[],"Count":0}'}
# Those of a home that has been started before.
SECRETS = json.dumps(
    {
        "Items": [
            {"kind": {"S": "secret"}, "name": {"S": name}, "value": {"B": "c2VjcmV0"}}
            for name in ("cli", "csrf", "user_id")
        ]
    }
).encode()


class Instant(BaseHTTPRequestHandler):
    """A DynamoDB that has nothing and takes all."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # each answer would wait 40 ms for an acknowledgement

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        verb = self.headers["X-Amz-Target"].rpartition(".")[2]
        body = SECRETS if verb == "Query" and b'"secret"' in sent else NOTHING.get(verb, b"{}")
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        """Nothing."""


def collecting() -> dict[str, Any]:
    """A request of one event, and of a hundred."""
    handler = handler_of(event_collector(environment(), Tables([])))
    numbers = iter(range(10**9))

    def send(events: int) -> None:
        batch = [VIEW | {"event_id": f"e-{next(numbers)}"} for _ in range(events)]
        answer = handler(a_request("POST", "/api/events", {"events": batch}), None)
        assert answer["statusCode"] == 200

    send(1)
    single, hundred = times_ms(lambda: send(1), 2000), times_ms(lambda: send(100), 50)
    told = summary([one / 100 for one in hundred])
    return {"single": summary(single), "of_a_hundred_per_event": told}


def live(events: int) -> dict[str, Any]:
    """Who is here, asked each second of a warm function, when so many events happen an hour."""
    clock_ms = SystemClock().now_ms()
    items: list[dict[str, Any]] = []

    class Catching(Tables):
        def batch_write_item(self, **request: Any) -> dict[str, Any]:
            (puts,) = request["RequestItems"].values()
            items.extend(put["PutRequest"]["Item"] for put in puts)
            return {}

    hot = DynamoHot(Catching([]), "events", shards=1, ttl_hours=24, pause=time.sleep)
    fields = dict.fromkeys(Row.__struct_fields__)
    fields |= {"site": "default", "type": "page_view", "hostname": "shop.example"}
    fields |= {"source": "Direct", "channel": "Direct", "device": "desktop"}

    def happen(n: int, time_ms: int) -> None:
        about = {"event_id": n, "time_ms": time_ms, "visitor": n // 3, "page": f"/{n % 40}"}
        hot.keep([(Row(**(fields | about)).event(), Told(user_agent=CHROME))], clock_ms)

    def so_many_by(second: int) -> int:
        return events * second // 3600

    for n in range(events):
        happen(n, clock_ms - 3_600_000 + n * 3_600_000 // events)
    tables, clock = Tables(items), FixedClock(clock_ms)
    handler = handler_of(realtime_api(environment(), tables, clock))
    request = a_request("GET", "/api/realtime")

    def ask() -> None:
        answer = handler(request, None)
        assert json.loads(answer["body"])["data"]["visitors_last_30min"] > 0

    first = times_ms(ask, 1)[0]
    warm = []
    for second in range(1, 101):  # with what came in it, and in the ten seconds before once more
        clock.advance(1000)
        items.clear()
        for n in range(so_many_by(second - 11), so_many_by(second)):
            happen(events + n, clock_ms + n * 3_600_000 // events)
        warm += times_ms(ask, 1)
    return {"events": events, "first_ms": round(first, 1), "warm": summary(warm)}


def history(folder: Path, events: int, days: int) -> dict[str, Any]:
    """The owner's 30 days and the dashboard's main question over the sealed lake, unfiltered."""
    lake = folder / "lake"
    relations = made(lake, int(events / SHARE), days)
    files = tuple(relations.files(SITE))
    manifest = msgspec.json.encode(Manifest(generation=1, sealed_ms=now_ms(), files=files))
    pointer = {"generation": {"N": "1"}, "key": {"S": "manifest"}}
    tables, bucket = Tables([], pointer), Bucket(lake, manifest)
    site = json.dumps({"id": SITE, "timezone": "UTC"})
    tables_query = tables.query

    def query(**request: Any) -> dict[str, Any]:
        values = request["ExpressionAttributeValues"]
        if values.get(":kind") == {"S": "site"}:
            return {"Items": [{"body": {"S": site}}]}
        return tables_query(**request)

    tables.query = query  # type: ignore[method-assign]
    asked = {
        "stats": a_request("GET", "/api/stats", query={"period": "day", "limit": "30"}),
        "series": a_request(
            "POST",
            "/api/query",
            {
                "site": SITE,
                "range": "30d",
                "metrics": ["visitors", "visits", "pageviews", "bounce_rate", "visit_duration"],
                "dimensions": ["time:day"],
            },
        ),
        "pages": a_request(
            "POST",
            "/api/query",
            {"site": SITE, "range": "30d", "metrics": ["visitors"], "dimensions": ["page"]},
        ),
    }
    told: dict[str, Any] = {"events": events, "days": days}
    with asyncio.Runner() as runner:
        front = stats_api(environment(), tables, bucket, FixedClock(now_ms()), folder / "sandbox")
        handler = handler_of(front, "", runner.run)
        for name, request in asked.items():

            def ask(request: dict[str, Any] = request) -> None:
                # Answered from the files each time, not from what was answered before.
                replies.REMEMBERED = Remembered()
                answer = handler(request, None)
                assert answer["statusCode"] == 200, answer["body"]

            first = times_ms(ask, 1)[0]
            told[name] = {"first_ms": round(first, 1), "warm": summary(times_ms(ask, 20))}
    return told


def main() -> None:
    """Run it all and keep the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = {
            "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
            "start": starts(folder),
            "collector": collecting(),
            "realtime": [live(events) for events in (1000, 10_000, 100_000)],
            "stats": history(folder, 1_000_000, 30),
        }
    print(json.dumps(result, indent=1))
    keep("functions", result)


if __name__ == "__main__":
    main()
