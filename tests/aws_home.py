"""An AWS home for tests: the owner's tables on moto in the test's own process, or on MiniStack,
which is stricter and tells what capacity is used; and requests to its functions.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto import mock_aws

EVENTS, SESSIONS, CONTROL = (
    f"liveinsight-{name}-dev" for name in ("events", "sessions", "control")
)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Safari/537.36"
)
OF_ACTIVITY = ("site", "visitor", "start_time", "country", "referrer")
SETTINGS = {"EVENTS_TABLE": EVENTS, "SESSIONS_TABLE": SESSIONS, "CONTROL_TABLE": CONTROL}


@contextmanager
def on_moto() -> Iterator:
    """A DynamoDB client of an empty account."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        from liveinsight.adapters.aws.client import connect  # noqa: PLC0415 - reads the above

        client = connect("dynamodb")
        yield client
        client.close()


@contextmanager
def ministack() -> Iterator[str]:
    """MiniStack as a process on loopback; its address."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    # By its own command it would listen to everybody.
    command = [sys.executable, "-m", "hypercorn", "--bind", "127.0.0.1:0", "ministack.app:app"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=kept | {"IOT_MTLS_ENABLED": "0", "PYTHONUNBUFFERED": "1", "LOG_LEVEL": "INFO"},
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        told = (re.search(r"Running on (http://127\.0\.0\.1:\d+)", line) for line in process.stdout)
        address = next(found[1] for found in told if found)
        # What it logs from now on is nobody's, but must not fill the pipe.
        rest = threading.Thread(target=process.stdout.read, daemon=True)
        rest.start()
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # it serves from a process of its own
        process.wait()
    rest.join()
    process.stdout.close()


@contextmanager
def on_ministack(address: str) -> Iterator:
    """A DynamoDB client of it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        from liveinsight.adapters.aws.client import connect  # noqa: PLC0415 - reads the above

        client = connect("dynamodb")
        yield client
        client.close()


def make_tables(client) -> None:
    """The three tables, with the keys that terraform/dynamodb.tf gives them."""
    client.create_table(
        TableName=EVENTS,
        BillingMode="PAY_PER_REQUEST",
        **_keyed(session_id="S", timestamp="N"),
        AttributeDefinitions=_typed(session_id="S", timestamp="N", event_type="S"),
        GlobalSecondaryIndexes=[_index("EventTypeIndex", event_type="S", timestamp="N")],
    )
    client.create_table(
        TableName=SESSIONS,
        BillingMode="PAY_PER_REQUEST",
        **_keyed(session_id="S"),
        AttributeDefinitions=_typed(session_id="S", is_active="S", last_activity="N"),
        GlobalSecondaryIndexes=[
            _index("ActivityIndex", is_active="S", last_activity="N")
            | {"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(OF_ACTIVITY)}}
        ],
    )
    client.create_table(
        TableName=CONTROL,
        BillingMode="PAY_PER_REQUEST",
        **_keyed(kind="S", name="S"),
        AttributeDefinitions=_typed(kind="S", name="S"),
    )


def remove_tables(client) -> None:
    """And all that is in them."""
    for table in (EVENTS, SESSIONS, CONTROL):
        client.delete_table(TableName=table)


def _typed(**types):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def _keyed(**types):
    kinds = zip(types, ("HASH", "RANGE"), strict=False)
    return {"KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in kinds]}


def _index(index_name, **types):
    return {"IndexName": index_name, **_keyed(**types), "Projection": {"ProjectionType": "ALL"}}


class Failing:
    """A client of which one verb fails as told; every other call goes through, and is counted."""

    def __init__(self, client, **failures) -> None:
        self._client = client
        self._failures = failures
        self.calls: list[str] = []

    def __getattr__(self, verb):
        def call(**request):
            self.calls.append(verb)
            fail = self._failures.get(verb)
            answer = fail(request) if fail else None
            return getattr(self._client, verb)(**request) if answer is None else answer

        return call


def a_request(method, path, body=None, *, query=None, headers=None, peer="198.51.100.7"):
    """A proxy event as API Gateway sends it."""
    told = {"User-Agent": CHROME, "Content-Type": "application/json"} | (headers or {})
    return {
        "httpMethod": method,
        "path": path,
        "headers": told,
        "multiValueHeaders": {name: [value] for name, value in told.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {k: [v] for k, v in query.items()},
        "body": body if isinstance(body, str | None) else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"identity": {"sourceIp": peer}},
    }
