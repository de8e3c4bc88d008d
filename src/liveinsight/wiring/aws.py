"""Home 2: what all functions of AWS have, put together once for as long as a sandbox lives.

Each function's own parts are put together in a file of its name beside this one, so that the
collector loads (and its package holds) neither what knows user agents nor anything of DuckDB.
"""

import json
import os
from collections.abc import Mapping

from liveinsight.adapters.aws.client import DynamoDb, connect
from liveinsight.adapters.aws.control import DynamoControl, DynamoSalts
from liveinsight.adapters.clock import SystemClock
from liveinsight.domain.errors import Misconfigured
from liveinsight.http.addresses import Addresses
from liveinsight.http.auth import Keys
from liveinsight.http.exchange import Request
from liveinsight.ports import Clock


class EdgeAddresses(Addresses):
    """The function's skin has settled who speaks: the peer is the client, and what is left of the
    edge's own headers is the edge's word.
    """

    def is_proxied(self, request: Request) -> bool:
        """The edge's headers are to be believed: the skin took forged ones away."""
        del request
        return True


class Environment:
    """What Terraform tells a function."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ

    def text(self, name: str) -> str:
        """A setting that must be there."""
        value = self._environ.get(name)
        if not value:
            raise Misconfigured(f"{name} is not set; terraform/lambda.tf sets it")
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        value = self._environ.get(name, str(default))
        if not value.isdecimal():
            raise Misconfigured(f"{name} must be a whole number, not {value!r}")
        return int(value)

    def origins(self) -> tuple[str, ...]:
        """The origins that may read."""
        names = ("LIVEINSIGHT_CORS_ORIGIN", "LIVEINSIGHT_DASHBOARD_ORIGIN")
        return tuple(value for name in names if (value := self._environ.get(name)))


def log(message: str, *, level: str = "info", **fields: object) -> None:
    """A line for CloudWatch, whose saved questions look for these fields."""
    print(json.dumps({"level": level, "message": message, **fields}, default=str))  # noqa: T201


class Parts:
    """What all functions have."""

    def __init__(
        self, environment: Environment, dynamodb: DynamoDb | None, clock: Clock | None = None
    ) -> None:
        self.environment = environment
        self.dynamodb: DynamoDb = dynamodb or connect("dynamodb")
        self.clock: Clock = clock or SystemClock()
        table = environment.text("CONTROL_TABLE")
        self.control = DynamoControl(self.dynamodb, table, self.clock.now_ms)
        self.salts = DynamoSalts(self.dynamodb, table, self.clock.now_ms)
        self.keys = Keys(self.control)
        self.shards = environment.number("LIVEINSIGHT_GSI_SHARDS", 1)
        self.ttl_hours = environment.number("LIVEINSIGHT_EVENT_TTL_HOURS", 24)

    def zone_of(self, site: str) -> str:
        """The time zone of the site's days."""
        found = self.control.sites().by_name(site)
        return found.timezone if found else "UTC"
