"""The OpenAPI document, walked against a running server: what strangers may send never breaks it."""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

ROOT = Path(__file__).parents[2]
SCOPES = ("read", "server", "import", "admin")

# So many examples an operation: a walk, not a siege.
bounded = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)


def liveinsight(folder, *words):
    return [sys.executable, "-m", "liveinsight", *words, "--data-dir", str(folder)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server on a free port, and a key that may do all."""
    folder = tmp_path_factory.mktemp("walked") / "data"
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "LIVEINSIGHT_RATE_LIMIT_PER_MINUTE": "0",
    }
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    key = subprocess.run(
        liveinsight(folder, "key", "create", *scopes), env=environ, capture_output=True, check=True
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder.parent / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            liveinsight(folder, "serve", "--port", str(port)), env=environ, stderr=said
        )
    yield f"http://127.0.0.1:{port}", key.stdout.decode().strip()
    process.terminate()
    process.wait()


@pytest.mark.parametrize("mode", GenerationMode)
def test_nothing_that_may_be_sent_breaks_the_server(server, mode):
    """Every operation answers what fits its form, and what just doesn't, without failing itself."""
    url, key = server
    headers = {"X-API-Key": key, "Accept": "application/json", "Connection": "close"}
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json", wait_for_schema=60)
    broken: list[str] = []

    def walk(case):
        answer = case.call(headers=headers, timeout=30)
        if answer.status_code >= 500 and answer.status_code != 503:
            broken.append(case.as_curl_command())

    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:
        strategy = operation.as_strategy(generation_mode=mode)
        with suppress(Unsatisfiable):  # an operation with nothing that could be wrong
            bounded(given(case=strategy)(walk))()
    assert broken == []
