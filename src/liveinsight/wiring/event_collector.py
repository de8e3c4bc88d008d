"""The parts of the function that takes events."""

import secrets
import time

from liveinsight.adapters.aws.client import DynamoDb
from liveinsight.adapters.aws.deferred import EdgeLocations, UnreadAgents
from liveinsight.adapters.aws.sessions import DynamoSessions
from liveinsight.adapters.aws.table import DynamoHot
from liveinsight.adapters.later import EveryId, EveryVisit
from liveinsight.adapters.recognise.sources import KnownSources
from liveinsight.http.collect import CollectDoor
from liveinsight.http.limits import RateLimit
from liveinsight.http.routes import Front
from liveinsight.http.trackers.door import TrackersDoor
from liveinsight.usecases.collect import Collect
from liveinsight.wiring.aws import EdgeAddresses, Environment, Parts, log
from liveinsight.wiring.intake import Intake


def event_collector(
    environment: Environment | None = None, dynamodb: DynamoDb | None = None
) -> Front:
    """Takes events."""
    environment = environment or Environment()
    parts = Parts(environment, dynamodb)
    collect = Collect(
        control=parts.control,
        salts=parts.salts,
        seen=EveryId(),
        visits=EveryVisit(),
        agents=UnreadAgents(),
        locations=EdgeLocations(),
        sources=KnownSources(),
        new_id=lambda: secrets.token_hex(16),
    )
    intake = Intake(
        collect,
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
    door = CollectDoor(
        collect=intake,
        hot=intake,
        control=parts.control,
        keys=parts.keys,
        addresses=EdgeAddresses(),
        # The stage's throttle and the firewall count for all sandboxes together; none alone can.
        limit=RateLimit(0),
        clock=parts.clock,
        country_header=b"cloudfront-viewer-country",
    )
    trackers = TrackersDoor(door, parts.control)
    return Front((*door.routes(), *trackers.routes()), environment.origins())
