"""Whatever the OpenAPI document allows, and what it doesn't, is answered without a failure."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error

from served import Served, command

EXAMPLES = 12  # of each operation, by somebody with every right and by nobody
SCOPES = ("read", "server", "import", "admin")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a site that anybody may read."""
    folder = tmp_path_factory.mktemp("data")
    about = ("--data-dir", folder)
    command("site", "add", "shop", "--public", *about)
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    key = command("key", "create", *scopes, *about).stdout.strip()
    with Served(folder, LIVEINSIGHT_RATE_LIMIT_PER_MINUTE="0") as running:
        running.key = key
        yield running


@pytest.mark.parametrize("known", [True, False])
def test_no_request_makes_the_server_fail(server, known):
    """Generated requests, valid and not, to every operation: no 5xx, and it lives on."""
    url = f"http://127.0.0.1:{server.port}"
    api = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
    headers = {"X-API-Key": server.key} if known else {}
    operations = [found.ok() for found in api.get_all_operations()]
    assert {"/api/events", "/api/realtime", "/healthz"} <= {one.path for one in operations}
    for operation in operations:
        asked_all_ways(operation, headers)
    assert server.ask("GET", "/healthz")[0] == 200
    assert "Traceback" not in server.log


def asked_all_ways(operation, headers):
    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def asked(case):
        # Who closes the event stream is the client: figures are asked for as JSON.
        told = headers | {"Accept": "application/json"}
        case.call_and_validate(headers=told, checks=[not_a_server_error], timeout=30)

    asked()
