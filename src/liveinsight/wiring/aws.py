"""Home 2: the parts of each function, put together once for as long as its sandbox lives.

Imports stand in the functions that need them: the collector must not load what knows user agents,
nor anything of DuckDB.
"""

import json
import os
import secrets
import time
from collections.abc import Mapping

from liveinsight.adapters.aws.client import DynamoDb, connect
from liveinsight.adapters.aws.control import DynamoControl, DynamoSalts
from liveinsight.adapters.clock import SystemClock
from liveinsight.domain.errors import Misconfigured
from liveinsight.http.addresses import Addresses
from liveinsight.http.auth import Keys
from liveinsight.http.exchange import Request
from liveinsight.http.routes import Front


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


class _Parts:
    """What all functions have."""

    def __init__(self, environment: Environment, dynamodb: DynamoDb | None) -> None:
        self.environment = environment
        self.dynamodb: DynamoDb = dynamodb or connect("dynamodb")
        self.clock = SystemClock()
        table = environment.text("CONTROL_TABLE")
        self.control = DynamoControl(self.dynamodb, table, self.clock.now_ms)
        self.salts = DynamoSalts(self.dynamodb, table, self.clock.now_ms)
        self.keys = Keys(self.control)
        self.shards = environment.number("LIVEINSIGHT_GSI_SHARDS", 1)
        self.ttl_hours = environment.number("LIVEINSIGHT_EVENT_TTL_HOURS", 24)


def event_collector(
    environment: Environment | None = None, dynamodb: DynamoDb | None = None
) -> Front:
    """Takes events."""
    from liveinsight.adapters.aws.deferred import (  # noqa: PLC0415
        EdgeCountries,
        EveryId,
        EveryVisit,
        UnreadAgents,
    )
    from liveinsight.adapters.aws.sessions import DynamoSessions  # noqa: PLC0415
    from liveinsight.adapters.aws.table import DynamoHot  # noqa: PLC0415
    from liveinsight.adapters.recognise.sources import KnownSources  # noqa: PLC0415
    from liveinsight.http.collect import CollectDoor  # noqa: PLC0415
    from liveinsight.http.limits import RateLimit  # noqa: PLC0415
    from liveinsight.usecases.collect import Collect  # noqa: PLC0415
    from liveinsight.wiring.intake import Intake  # noqa: PLC0415

    environment = environment or Environment()
    parts = _Parts(environment, dynamodb)
    intake = Intake(
        DynamoHot(
            parts.dynamodb,
            environment.text("EVENTS_TABLE"),
            shards=parts.shards,
            ttl_hours=parts.ttl_hours,
            pause=time.sleep,
        ),
        DynamoSessions(
            parts.dynamodb,
            environment.text("SESSIONS_TABLE"),
            shards=parts.shards,
            ttl_hours=parts.ttl_hours,
        ),
        parts.clock,
        log,
    )
    collect = Collect(
        control=parts.control,
        salts=parts.salts,
        seen=EveryId(),
        visits=EveryVisit(),
        agents=UnreadAgents(),
        countries=EdgeCountries(),
        sources=KnownSources(),
        new_id=lambda: secrets.token_hex(16),
    )
    door = CollectDoor(
        collect=intake.remembering(collect),
        hot=intake,
        control=parts.control,
        keys=parts.keys,
        addresses=EdgeAddresses(),
        # The stage's throttle and the firewall count for all sandboxes together; none alone can.
        limit=RateLimit(0),
        clock=parts.clock,
        country_header=b"cloudfront-viewer-country",
    )
    return Front(door.routes(), environment.origins())


def realtime_api(environment: Environment | None = None, dynamodb: DynamoDb | None = None) -> Front:
    """Tells who is here now."""
    from liveinsight.adapters.aws.live import DynamoLive  # noqa: PLC0415
    from liveinsight.adapters.aws.table import DynamoEvents  # noqa: PLC0415
    from liveinsight.adapters.recognise.agents import UaParserAgents  # noqa: PLC0415
    from liveinsight.http.live import LiveDoor  # noqa: PLC0415
    from liveinsight.usecases.recognise import recognise  # noqa: PLC0415
    from liveinsight.usecases.watch import Watch  # noqa: PLC0415

    environment = environment or Environment()
    parts = _Parts(environment, dynamodb)
    events = DynamoEvents(
        parts.dynamodb,
        environment.text("EVENTS_TABLE"),
        shards=parts.shards,
        recognised=recognise(UaParserAgents()),
        poisoned=lambda where: log("poisoned", level="error", where=where),
    )
    watch = Watch(DynamoLive(events, parts.clock.now_ms), parts.clock)
    door = LiveDoor(watch, parts.control, parts.keys, parts.clock)
    return Front(door.routes(), environment.origins())
