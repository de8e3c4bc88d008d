"""Forgetting on AWS, put together: from somebody's machine, with their rights."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from liveinsight.adapters.aws.client import DynamoDb, connect, plainly
from liveinsight.adapters.aws.control import DynamoControl
from liveinsight.adapters.aws.forgetting import AwsForgetting
from liveinsight.adapters.aws.lake import S3
from liveinsight.adapters.aws.sealer import DynamoSealer
from liveinsight.ports import Clock
from liveinsight.wiring.aws import Environment, Parts
from liveinsight.wiring.moving import Functions, variables_of
from liveinsight.wiring.stats_api import tail_of


@contextmanager
def forgetting_at(
    address: str,
    *,
    dynamodb: DynamoDb | None = None,
    s3: S3 | None = None,
    functions: Functions | None = None,
    clock: Clock | None = None,
) -> Iterator[tuple[AwsForgetting, DynamoControl]]:
    """What forgets in the home with that lake, and what people decided there."""
    with plainly(), TemporaryDirectory(prefix="liveinsight-") as folder:
        environment = Environment(variables_of(address, functions))
        parts = Parts(environment, dynamodb or connect("dynamodb"), clock)
        sealer = DynamoSealer(tail_of(parts, s3, Path(folder)), parts.control.sites)
        forgetting = AwsForgetting(
            parts.dynamodb,
            events=environment.text("EVENTS_TABLE"),
            sessions=environment.text("SESSIONS_TABLE"),
            sealer=sealer,
            told=parts.control.note_forgotten,
            now_ms=parts.clock.now_ms,
            pause=time.sleep,
        )
        yield forgetting, parts.control
