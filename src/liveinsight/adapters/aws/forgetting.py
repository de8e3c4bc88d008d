"""Forgetting on AWS: the tables first, then the lake, so that nothing doomed is sealed again.

Stopped anywhere, it is run again. What DynamoDB and S3 keep by themselves for a while (recovery to
a point in time, versions of replaced files) they let go in the days that terraform/ names.
"""

from collections.abc import Callable, Sequence

from liveinsight.adapters.aws.client import DynamoDb, delete_all, scanned
from liveinsight.adapters.aws.keys import Item
from liveinsight.adapters.aws.lake import Raced
from liveinsight.adapters.aws.sealer import DynamoSealer
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.forget import Doomed

# The scheduled sealer may be faster; it takes seconds.
TRIES = 5
IN_SPAN = "#site = :site AND #timestamp >= :from AND #timestamp < :to"
TOUCHES_SPAN = "#site = :site AND last_seen >= :from AND start_time < :to"


class AwsForgetting:
    """Forgets events of a home for good."""

    def __init__(
        self,
        client: DynamoDb,
        *,
        events: str,
        sessions: str,
        sealer: DynamoSealer,
        told: Callable[[int], None],
        now_ms: Callable[[], int],
        pause: Callable[[float], None],
    ) -> None:
        self._client = client
        self._events = events
        self._sessions = sessions
        self._sealer = sealer
        self._told = told
        self._now_ms = now_ms
        self._pause = pause

    def forget(self, doomed: Doomed) -> int:
        """How many events went, each counted once: of the files, and of what is in none yet."""
        gone = self._of_files(doomed)
        self._delete(self._events, ("session_id", "timestamp"), IN_SPAN, doomed)
        self._delete(self._sessions, ("session_id",), TOUCHES_SPAN, doomed)
        # Warm functions that tell who is here remember an hour: they begin anew.
        self._told(self._now_ms())
        self._of_files(doomed)  # what a run of the sealer brought back from the table meanwhile
        return gone

    def _of_files(self, doomed: Doomed) -> int:
        for _ in range(TRIES):
            try:
                return self._sealer.forget(doomed, self._now_ms())
            except Raced:
                continue
        raise Unavailable("Others seal all the time: forget again.", retry_after_s=60)

    def _delete(self, table: str, key: Sequence[str], where: str, doomed: Doomed) -> None:
        values: Item = {
            ":site": {"S": doomed.site},
            ":from": {"N": str(doomed.span.start_ms)},
            ":to": {"N": str(doomed.span.end_ms)},
        }
        if doomed.visitor is not None:
            where += " AND visitor = :visitor"
            values[":visitor"] = {"S": f"{doomed.visitor:016x}"}
        names = {f"#{name}": name for name in ("timestamp", "site") if f"#{name}" in where}
        found = scanned(
            self._client,
            TableName=table,
            FilterExpression=where,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
        keys = [{name: item[name] for name in key} for item in found]
        delete_all(self._client, table, keys, self._pause)
