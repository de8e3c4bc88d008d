"""The parts of the function that tells who is here now."""

from liveinsight.adapters.aws.client import DynamoDb
from liveinsight.adapters.aws.live import DynamoLive
from liveinsight.adapters.aws.table import DynamoEvents
from liveinsight.adapters.recognise.agents import UaParserAgents
from liveinsight.http.live import LiveDoor
from liveinsight.http.routes import Front
from liveinsight.ports import Clock
from liveinsight.usecases.recognise import recognise
from liveinsight.usecases.watch import Watch
from liveinsight.wiring.aws import Environment, Parts, log

# CloudFront keeps an answer for all with the same key; a browser asks CloudFront each time.
AT_THE_EDGE = (b"cache-control", b"max-age=0, s-maxage=3")


def realtime_api(
    environment: Environment | None = None,
    dynamodb: DynamoDb | None = None,
    clock: Clock | None = None,
) -> Front:
    """Tells who is here now."""
    environment = environment or Environment()
    parts = Parts(environment, dynamodb, clock)
    events = DynamoEvents(
        parts.dynamodb,
        environment.text("EVENTS_TABLE"),
        shards=parts.shards,
        ttl_hours=parts.ttl_hours,
        recognised=recognise(UaParserAgents()),
        poisoned=lambda where: log("poisoned", level="error", where=where),
    )
    memory_mb = environment.number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 256)
    forgotten_ms = parts.control.forgotten_ms
    watching = DynamoLive(events, parts.clock.now_ms, forgotten_ms, memory_mb=memory_mb)
    watch = Watch(watching, parts.clock)
    door = LiveDoor(watch, parts.control, parts.keys, parts.clock, cache=AT_THE_EDGE)
    return Front(door.routes(), environment.origins())
