"""Sessions in DynamoDB: one item a session, one update a session a request.

They answer "who is here" for people and other programs that read the table; LiveInsight's own
figures come from events alone, so nothing counted here can make them wrong.
"""

from collections.abc import Sequence

from liveinsight.adapters.aws import keys
from liveinsight.adapters.aws.client import DynamoDb, error_code
from liveinsight.adapters.aws.keys import Item
from liveinsight.adapters.aws.table import HOUR_S, Told
from liveinsight.domain.event import PAGE_VIEW, Event
from liveinsight.domain.visit import Step, ends, step

# The second of two equal requests finds its own last event and changes nothing.
_UNSEEN = "attribute_not_exists(last_event) OR last_event <> :last_event"


class DynamoSessions:
    """Takes events into their sessions."""

    def __init__(self, client: DynamoDb, table: str, *, shards: int, ttl_hours: int) -> None:
        self._client = client
        self._table = table
        self._shards = shards
        self._ttl_s = ttl_hours * HOUR_S

    def touch(self, events: Sequence[tuple[Event, Told]], now_ms: int) -> bool:
        """Note a request's events; whether one of them starts a visit."""
        by_session: dict[str, list[tuple[Event, Told]]] = {}
        for event, told in sorted(events, key=lambda pair: pair[0].time_ms):
            key = keys.session_key(event, told.session_id)
            by_session.setdefault(key, []).append((event, told))
        steps = [self._update(key, pairs, now_ms) for key, pairs in by_session.items()]
        return Step.STARTS in steps

    def _update(self, key: str, pairs: Sequence[tuple[Event, Told]], now_ms: int) -> Step:
        first, last = pairs[0][0], pairs[-1][0]
        before = self._changed(key, self._values(pairs, now_ms), is_over=ends(last.place.type))
        last_seen = before.get("last_seen")
        return step(
            first.place.type,
            first.time_ms,
            int(last_seen["N"]) if last_seen else None,
            ended=bool(before) and "is_active" not in before,
        )

    def _values(self, pairs: Sequence[tuple[Event, Told]], now_ms: int) -> Item:
        first, last = pairs[0], pairs[-1]
        views = [pair for pair in pairs if pair[0].place.type == PAGE_VIEW]
        last_ms = last[0].time_ms
        values: Item = {
            "site": {"S": last[0].place.site},
            "visitor": {"S": f"{last[0].visitor:016x}"},
            "start_time": {"N": str(first[0].time_ms)},
            "last_activity": {"N": str(last_ms - last_ms % keys.ACTIVITY_STEP_MS)},
            "last_seen": {"N": str(last_ms)},
            "last_event": {"S": f"{last[0].event_id:016x}"},
            "page_count": {"N": str(len(views))},
            "ttl": {"N": str(now_ms // 1000 + self._ttl_s)},
        }
        texts = {
            "user_id": last[1].user_id,
            "referrer": first[1].referrer,
            "current_page": views[-1][0].place.page if views else None,
            "country": last[0].client.country,
        }
        return values | {name: {"S": text} for name, text in texts.items() if text}

    def _changed(self, key: str, values: Item, *, is_over: bool) -> Item:
        """Write, and tell what was there before: nothing for a new session."""
        once = {"start_time", "referrer"}
        sets = [
            f"#{name} = if_not_exists(#{name}, :{name})" if name in once else f"#{name} = :{name}"
            for name in values
            if name != "page_count"
        ]
        active: Item = {}
        if not is_over:
            active = {
                "is_active": {
                    "S": keys.active_key(int(str(values["visitor"]["S"]), 16), self._shards)
                }
            }
            sets.append("#is_active = :is_active")
        expression = f"SET {', '.join(sets)} ADD #page_count :page_count"
        if is_over:
            expression += " REMOVE #is_active"
        told = values | active
        names = {f"#{name}": name for name in (*values, "is_active")}
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"session_id": {"S": key}},
                UpdateExpression=expression,
                ConditionExpression=_UNSEEN,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={f":{name}": value for name, value in told.items()},
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except Exception as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            repeated: Item = getattr(error, "response", {}).get("Item") or {}
            return repeated
        before: Item = answer.get("Attributes") or {}
        return before
