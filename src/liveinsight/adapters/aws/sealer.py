"""Sealing on AWS: what came since is judged beside the files it touches, and its days written anew.

Nothing is remembered between runs but the manifest. A run that is repeated, runs late, or is cut off
at any step leaves the same lake: events are told apart by their ids, and files count only when the
manifest was swapped.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import islice

from msgspec import Struct

from liveinsight.adapters.aws import keys
from liveinsight.adapters.aws.client import DynamoDb, error_code, pages
from liveinsight.adapters.aws.history import LATE_MS, SWEEP_MS, LakeAndTail
from liveinsight.adapters.aws.lake import Manifest, Raced
from liveinsight.adapters.sql.redate import Redating
from liveinsight.adapters.sql.relations import Relations
from liveinsight.adapters.sql.seal import Change, Sealing, unfinished_months
from liveinsight.domain.forget import Doomed
from liveinsight.domain.period import HOUR_MS, local_day
from liveinsight.domain.site import Site
from liveinsight.domain.visit import GAP_MS

# Late events are looked for once an hour, among all that the table still holds.
SWEEP_EVERY_MS = HOUR_MS
COMPACT_AFTER = timedelta(days=3)
# Two who write at once don't write over one another: nothing here keeps them apart.
WRITER_BYTES = 4
# Some 20 s a million; a run has 300 s.
REDATED_EVENTS = 5_000_000


class Sealed(Struct, frozen=True):
    """What a run did."""

    events: int
    files: int
    lag_ms: int
    raced: bool = False


class DynamoSealer:
    """Seals what the events table holds into the lake."""

    def __init__(self, tail: LakeAndTail, sites: Callable[[], Iterable[Site]]) -> None:
        self._tail = tail
        self._sites = sites
        self._redated: dict[str, tuple[str, int]] = {}  # to which zone it was tried, and when

    def seal(self, now_ms: int, *, all_of_it: bool = False) -> Sealed:
        """One run; `all_of_it` takes in whatever the table still holds."""
        before = self._tail.lake.manifest()
        sweeps = all_of_it or now_ms - before.swept_ms >= SWEEP_EVERY_MS
        from_ms = min(before.sealed_ms, now_ms) - LATE_MS  # another's clock may be ahead
        if sweeps:  # after days without a run, from further back
            from_ms = min(from_ms, now_ms - SWEEP_MS)
        self._tail.reopen(before)
        events = self._tail.take(from_ms, now_ms)
        change = self._changed(before)
        if not change.new and sweeps:
            change = self._compacted(before, now_ms)
        try:
            self._publish(before, change, now_ms, swept_ms=now_ms if sweeps else before.swept_ms)
        except Raced:
            return Sealed(events, 0, now_ms - before.sealed_ms, raced=True)
        return Sealed(events, len(change.new), 0)

    def forget(self, doomed: Doomed, now_ms: int) -> int:
        """Write the days of doomed events anew without them; how many went, of the files and of
        what is not sealed. Raises `Raced` where somebody sealed meanwhile.
        """
        before = self._tail.lake.manifest()
        self._tail.reopen(before)
        self._tail.take(now_ms - SWEEP_MS, now_ms)
        gone = self._tail.forget(doomed)
        # Also with nothing to write: warm functions then read anew what they remember.
        self._publish(before, self._changed(before), now_ms, swept_ms=now_ms)
        return gone

    def _changed(self, before: Manifest) -> Change:
        """Days that were written to, as files."""
        change = Change([], [])
        with self._tail.looking() as (cursor, moment):
            for site, days in sorted(self._tail.dirty_days(cursor).items()):
                sealing = self._sealing(cursor, moment.relations, site, before.generation + 1)
                _add(change, sealing.days(days))
        return change

    def _compacted(self, before: Manifest, now_ms: int) -> Change:
        """Months that are over, a file each. One a run: a function's time is limited."""
        change = Change([], [])
        with self._tail.looking() as (cursor, moment):
            for site, month in islice(self._months_to_compact(moment.relations, now_ms), 1):
                sealing = self._sealing(cursor, moment.relations, site, before.generation + 1)
                _add(change, sealing.month(month))
        return change

    def redate(self, now_ms: int) -> str | None:
        """Have a site that was given another time zone be told in it, one a run; which.

        Called after all else. What fails is tried again in an hour, and others come before.
        """
        before = self._tail.lake.manifest()
        relations = Relations(before.files)
        hour = now_ms // HOUR_MS
        for site in self._sites():
            tried = site.timezone, hour
            if (
                relations.zone(site.id) in {None, site.timezone}
                or self._redated.get(site.id) == tried
            ):
                continue
            self._redated[site.id] = tried
            with self._tail.looking() as (cursor, _):
                change = Redating(
                    cursor,  # type: ignore[arg-type] # as below
                    relations,
                    site.id,
                    site.timezone,
                    generation=before.generation + 1,
                    place=self._tail.lake.place,
                    writer=secrets.token_hex(WRITER_BYTES),
                ).newest(REDATED_EVENTS)
            # Nothing was sealed by that: what came meanwhile still has to be.
            self._publish(
                before, change, now_ms, sealed_ms=before.sealed_ms, swept_ms=before.swept_ms
            )
            return site.id
        return None

    def _publish(
        self,
        before: Manifest,
        change: Change,
        now_ms: int,
        *,
        swept_ms: int,
        sealed_ms: int | None = None,
    ) -> None:
        self._tail.lake.publish(
            before,
            new=change.new,
            gone=change.gone,
            sealed_ms=now_ms if sealed_ms is None else sealed_ms,
            swept_ms=swept_ms,
            now_ms=now_ms,
        )

    def _sealing(self, cursor: object, relations: Relations, site: str, generation: int) -> Sealing:
        return Sealing(
            cursor,  # type: ignore[arg-type] # fetches files and is a cursor else
            relations,
            site,
            self._tail.zone_of(site),
            generation=generation,
            place=self._tail.lake.place,
            writer=secrets.token_hex(WRITER_BYTES),
        )

    def _months_to_compact(self, relations: Relations, now_ms: int) -> Iterator[tuple[str, date]]:
        for site in sorted(relations.sites()):
            today = local_day(now_ms, self._tail.zone_of(site)).date
            for month in unfinished_months(relations.files(site), today - COMPACT_AFTER):
                yield site, month


def _add(change: Change, part: Change) -> None:
    change.new += part.new
    change.gone += part.gone


def end_idle_sessions(client: DynamoDb, table: str, *, shards: int, now_ms: int) -> int:
    """Take sessions that were idle for half an hour out of ActivityIndex; how many.

    One that goes on meanwhile stays: the update asks whether it is still as it was seen.
    """
    ended = 0
    for key in keys.active_keys(shards):
        for item in pages(
            client,
            TableName=table,
            IndexName=keys.ACTIVITY_INDEX,
            KeyConditionExpression="is_active = :key AND last_activity < :idle",
            ExpressionAttributeValues={
                ":key": {"S": key},
                ":idle": {"N": str(now_ms - GAP_MS - keys.ACTIVITY_STEP_MS)},
            },
        ):
            try:
                client.update_item(
                    TableName=table,
                    Key={"session_id": item["session_id"]},
                    UpdateExpression="REMOVE is_active",
                    ConditionExpression="last_activity = :seen",
                    ExpressionAttributeValues={":seen": item["last_activity"]},
                )
            except Exception as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
            else:
                ended += 1
    return ended
