"""Sites managed through two warm functions, each of which remembers them for a minute."""

import asyncio
import json

from aws_home import CONTROL
from builders import NOON_MS
from liveinsight.adapters import patterns
from liveinsight.adapters.aws.control import DynamoControl
from liveinsight.adapters.clock import FixedClock
from liveinsight.domain.key import Key, Scope
from liveinsight.http.api.sites import SitesDoor
from liveinsight.http.auth import Keys, key_hash
from liveinsight.http.exchange import Request
from liveinsight.http.routes import Front

SECRET = "the-managers"


class Function:
    """One sandbox, as it stays warm."""

    def __init__(self, dynamodb, clock):
        self.control = DynamoControl(dynamodb, CONTROL, clock.now_ms)
        keys = Keys(self.control)
        self._front = Front(
            SitesDoor(
                self.control, keys, clock, self.control.refresh, check_patterns=patterns.check
            ).routes()
        )

    def ask(self, method, body=None):
        headers = {b"x-api-key": SECRET.encode(), b"content-type": b"application/json"}
        request = Request(method, "/api/sites", "", headers, json.dumps(body).encode())
        answer = asyncio.run(self._front(request))
        return answer.status, json.loads(answer.body)


def test_what_one_function_changed_another_never_undoes(dynamodb):
    """A site is there at once for who manages, is not made twice, and keeps all its settings."""
    clock = FixedClock(NOON_MS)
    one, other = Function(dynamodb, clock), Function(dynamodb, clock)
    scopes = frozenset({Scope.ADMIN})
    one.control.put_key(Key(id="k", hash=key_hash(SECRET), scopes=scopes))
    assert other.ask("GET")[0] == 200  # it remembers the sites from now on

    assert one.ask("POST", {"id": "blog", "timezone": "Asia/Seoul"})[0] == 200
    told = other.ask("GET")[1]["data"]["sites"]
    assert [site["id"] for site in told] == ["blog"]
    assert other.ask("POST", {"id": "blog"})[0] == 400

    assert other.ask("PUT", {"id": "blog", "public": True})[0] == 200
    assert one.ask("PUT", {"id": "blog", "domains": ["blog.example"]})[0] == 200
    (site,) = other.ask("GET")[1]["data"]["sites"]
    assert (site["timezone"], site["public"], site["domains"]) == (
        "Asia/Seoul",
        True,
        ["blog.example"],
    )
