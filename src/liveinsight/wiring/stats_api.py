"""The parts of the function that answers about the past."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from liveinsight.adapters import patterns
from liveinsight.adapters.aws.client import DynamoDb, connect
from liveinsight.adapters.aws.history import LakeAndTail
from liveinsight.adapters.aws.lake import S3, S3Lake
from liveinsight.adapters.aws.table import DynamoEvents
from liveinsight.adapters.recognise.agents import UaParserAgents
from liveinsight.domain.question import Question
from liveinsight.domain.rows import Export, Sql
from liveinsight.domain.site import Site
from liveinsight.http.api.sites import SitesDoor
from liveinsight.http.ask import AskDoor
from liveinsight.http.routes import Front
from liveinsight.http.trackers.plausible_stats import PlausibleStatsDoor
from liveinsight.ports import Clock
from liveinsight.usecases.recognise import recognise
from liveinsight.wiring.aws import Environment, Parts, log
from liveinsight.wiring.replies import exported, replied

# Of a function's memory DuckDB may use so much; the rest is Python's and the files' pages'.
DUCKDB_SHARE = 0.55
BLOCK_BYTES = 1 << 20
# CloudFront keeps `GET /api/stats` for all with the same key.
AT_THE_EDGE = b"max-age=30"


class AskHere:
    """The port `Asker`: the function itself holds history."""

    def __init__(self, tail: LakeAndTail, clock: Clock) -> None:
        self._tail = tail
        self._clock = clock

    async def ask(self, question: Question, site: Site) -> bytes:
        """The reply as JSON."""
        with self._tail.reading(self._clock.now_ms()) as reading:
            if isinstance(question, Sql):  # locked in, it could fetch nothing itself
                self._tail.lake.fetch(file.path for file in reading.relations.files(site.id))
            return replied(reading, question, site)

    async def export(self, export: Export, site: Site) -> AsyncIterator[bytes]:
        """The site's events as a file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"events.{export.format}"
            with self._tail.reading(self._clock.now_ms()) as reading:
                exported(reading, export, site, str(path))
            with path.open("rb") as file:
                while block := file.read(BLOCK_BYTES):
                    yield block


def stats_api(
    environment: Environment | None = None,
    dynamodb: DynamoDb | None = None,
    s3: S3 | None = None,
    clock: Clock | None = None,
    root: Path | None = None,
) -> Front:
    """Tells the past."""
    environment = environment or Environment()
    parts = Parts(environment, dynamodb, clock)
    asker = AskHere(tail_of(parts, s3, root), parts.clock)
    door = AskDoor(asker, parts.control, parts.keys, parts.clock, cache=AT_THE_EDGE)
    sites = SitesDoor(
        parts.control,
        parts.keys,
        parts.clock,
        parts.control.refresh,
        check_patterns=patterns.check,
    )
    plausible = PlausibleStatsDoor(asker, parts.control, parts.keys, parts.clock)
    routes = (*door.routes(), *plausible.routes(), *sites.routes())
    return Front(routes, environment.origins())


def tail_of(parts: Parts, s3: S3 | None, root: Path | None) -> LakeAndTail:
    """The lake and what came since."""
    environment = parts.environment
    # The one folder that a function may write: its own /tmp.
    root = root or Path(tempfile.gettempdir(), "liveinsight")
    lake = S3Lake(
        s3 or connect("s3"),
        parts.dynamodb,
        bucket=environment.text("LAKE_BUCKET"),
        table=environment.text("CONTROL_TABLE"),
        root=root / "lake",
    )
    events = DynamoEvents(
        parts.dynamodb,
        environment.text("EVENTS_TABLE"),
        shards=parts.shards,
        ttl_hours=parts.ttl_hours,
        recognised=recognise(UaParserAgents()),
        poisoned=lambda where: log("poisoned", level="error", where=where),
    )
    memory_mb = environment.number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1024)
    return LakeAndTail(lake, events, parts.zone_of, memory_mb=int(memory_mb * DUCKDB_SHARE))
