"""The parts of the function that seals."""

from collections.abc import Callable
from pathlib import Path

from liveinsight.adapters.aws.client import DynamoDb
from liveinsight.adapters.aws.lake import S3
from liveinsight.adapters.aws.sealer import DynamoSealer, Sealed, end_idle_sessions
from liveinsight.ports import Clock
from liveinsight.wiring.aws import Environment, Parts, log
from liveinsight.wiring.stats_api import tail_of


def sealer(
    environment: Environment | None = None,
    dynamodb: DynamoDb | None = None,
    s3: S3 | None = None,
    clock: Clock | None = None,
    root: Path | None = None,
) -> Callable[[], Sealed]:
    """Seals what is there, when called."""
    parts = Parts(environment or Environment(), dynamodb, clock)
    sealing = DynamoSealer(tail_of(parts, s3, root), parts.control.sites)
    sessions = parts.environment.text("SESSIONS_TABLE")

    def seal() -> Sealed:
        now_ms = parts.clock.now_ms()
        done = sealing.seal(now_ms)
        ended = end_idle_sessions(parts.dynamodb, sessions, shards=parts.shards, now_ms=now_ms)
        log(
            "sealed",
            events=done.events,
            files=done.files,
            lag_ms=done.lag_ms,
            sessions_ended=ended,
            raced=done.raced,
        )
        try:
            if site := sealing.redate(now_ms):
                log("redated", site=site)
        except Exception as error:  # noqa: BLE001 - all else is done
            log("not_redated", level="error", error=repr(error))
        return done

    return seal
