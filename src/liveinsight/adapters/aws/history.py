"""History on AWS: DuckDB in the function's memory over the lake's files and the table's events.

The same hot tables and relations as in home 1. A file is fetched when a statement is about to read
it, and events come by the time since the last look: told twice they are still one.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, cast

from msgspec.structs import asdict

from liveinsight.adapters.aws.lake import Manifest, S3Lake
from liveinsight.adapters.aws.table import DynamoEvents
from liveinsight.adapters.sql.fragments import EPOCH_DATE, RAW_TYPES
from liveinsight.adapters.sql.hot_tables import HotTables, Moment
from liveinsight.adapters.sql.memory import connect
from liveinsight.adapters.sql.reading import Reading
from liveinsight.domain.event import Event
from liveinsight.domain.forget import Doomed
from liveinsight.domain.period import DAY_MS, MINUTE_MS, local_day

BATCH_EVENTS = 20_000
# Events are in the table soon after their time; what comes later is found by the sealer's sweep.
LATE_MS = 10 * MINUTE_MS
# An event may be a day old when it comes, and stays a day from then.
SWEEP_MS = 2 * DAY_MS
AHEAD_MS = 5 * MINUTE_MS
_WRITTEN = re.compile(r"\bTO\s+'([^']+)'")

Zones = Callable[[str], str]


class Fetching:
    """A connection or cursor that has files copied here before a statement reads them."""

    def __init__(self, inner: Any, lake: S3Lake) -> None:
        self._inner = inner
        self._lake = lake
        self._paths = re.compile(rf"'({re.escape(str(lake.root))}/[^']+\.parquet)'")

    def execute(self, sql: str, *values: object) -> Any:
        """Run it, when its files are here; what it is about to write nobody has."""
        written = set(_WRITTEN.findall(sql))
        self._lake.fetch(path for path in self._paths.findall(sql) if path not in written)
        return self._inner.execute(sql, *values)

    def cursor(self) -> "Fetching":
        """Another on the same tables."""
        return Fetching(self._inner.cursor(), self._lake)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class JsonHotTables(HotTables):
    """Takes batches in as JSON: numpy needs a newer system than Lambda's Python 3.11 has."""

    spill: Path

    @contextmanager
    def _brought(self, events: Sequence[Event]) -> Iterator[None]:
        path = self.spill / "arrived.json"
        with path.open("w", encoding="utf-8") as file:
            for event in events:
                file.write(json.dumps(_row(event, self.zone_of)) + "\n")
        kinds = {name: "INTEGER" if kind == "DATE" else kind for name, kind in RAW_TYPES.items()}
        columns = ", ".join(
            f"{name}: '{kind}'" for name, kind in {**kinds, "aside": "VARCHAR"}.items()
        )
        self._db.execute(
            "CREATE OR REPLACE TEMP TABLE arrived AS\n"
            f"FROM read_json('{path}', format = 'newline_delimited', columns = {{{columns}}})"
        )
        yield
        self._db.execute("DROP TABLE arrived")
        path.unlink()


def _row(event: Event, zone_of: Zones) -> dict[str, object]:
    row: dict[str, object] = asdict(event.row())
    day = local_day(event.time_ms, zone_of(event.place.site)).date
    row["day"] = (day - EPOCH_DATE).days
    if event.props:
        row["props"] = json.dumps(
            event.props, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
    else:
        row["props"] = None
    return row


class LakeAndTail:
    """What is sealed and what came since, kept as long as the sandbox lives."""

    def __init__(
        self,
        lake: S3Lake,
        events: DynamoEvents,
        zone_of: Zones,
        *,
        memory_mb: int,
        threads: int = 1,
    ) -> None:
        self.lake = lake
        self._events = events
        self._zone_of = zone_of
        self._memory_mb = memory_mb
        self._threads = threads
        self.manifest = Manifest(generation=-1)
        self._read_ms = 0
        self._db: Any = None
        self._hot: HotTables

    def refresh(self, now_ms: int) -> None:
        """Begin anew where the lake changed; then take in what came since."""
        manifest = self.lake.manifest()
        if manifest.generation != self.manifest.generation:
            self.reopen(manifest)
            self._read_ms = 0
        # The sealer's clock may be ahead of this one.
        from_ms = self._read_ms or min(manifest.sealed_ms, now_ms)
        self.take(from_ms - LATE_MS, now_ms, read_ms=self._read_ms)
        self._read_ms = now_ms

    def reopen(self, manifest: Manifest) -> None:
        """Empty tables over the manifest's files."""
        if self._db is not None:
            self._db.close()
        spill = self.lake.root.parent / "spill"
        spill.mkdir(parents=True, exist_ok=True)
        self._db = Fetching(
            connect(spill, memory_mb=self._memory_mb, threads=self._threads), self.lake
        )
        hot = JsonHotTables(self._db, self._zone_of, manifest.files, generation=manifest.generation)
        hot.spill = spill
        hot.load_drops(manifest.drops)
        self._hot, self.manifest = hot, manifest

    def take(self, from_ms: int, now_ms: int, *, read_ms: int = 0) -> int:
        """Take in the events since then, of those only what was kept since the last reading; how
        many were told.
        """
        batch: list[Event] = []
        count = 0
        for event in self._events.between(from_ms, now_ms + AHEAD_MS, now_ms, read_ms=read_ms):
            batch.append(event)
            count += 1
            if len(batch) == BATCH_EVENTS:
                self._hot.add(batch, {}, 0)
                batch = []
        if batch:
            self._hot.add(batch, {}, 0)
        return count

    def zone_of(self, site: str) -> str:
        """The time zone in which the site's days are told here."""
        return self._hot.zone_of(site)

    def forget(self, doomed: Doomed) -> int:
        """Take events out of what was taken in and of their days; how many went."""
        return self._hot.forget(doomed)

    @contextmanager
    def looking(self) -> Iterator[tuple[Fetching, Moment]]:
        """A cursor and what can be read by it, at one moment."""
        cursor = self._db.cursor()
        try:
            yield cursor, self._hot.snapshot(cursor)
        finally:
            cursor.close()

    def dirty_days(self, cursor: Fetching) -> dict[str, list[date]]:
        """The days that were written to since the tables were opened."""
        return self._hot.dirty_days(cast("Any", cursor))

    @contextmanager
    def reading(self, now_ms: int) -> Iterator[Reading]:
        """Everything as it is now, for one question."""
        self.refresh(now_ms)
        with self.looking() as (cursor, moment):
            yield Reading(cast("Any", cursor), moment.relations, moment.seq, now_ms, now_ms)
