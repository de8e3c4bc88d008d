"""Events in DynamoDB: the hot store of the AWS home, and its reader.

An item holds what the owner's table names, for people and for other programs, and the event as
LiveInsight keeps it in `event`. The user agent lies beside it, unread: recognising it would
double a collector's cold start, so whoever reads events does it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from liveinsight.adapters.aws import keys
from liveinsight.adapters.aws.client import DynamoDb, pages, write_all
from liveinsight.adapters.aws.keys import Item
from liveinsight.domain.event import BUILT_IN_TYPES, Event, Row

HOUR_S = 3600
# The longest that an event is under way between the moment it says it was kept and the index.
SLOW_MS = 60_000

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Row).decode


class Told(NamedTuple):
    """What arrived with an event and is not part of it: kept for the events table's day only."""

    session_id: str | None = None
    user_id: str | None = None
    page_url: str | None = None
    referrer: str | None = None
    user_agent: str = ""


class DynamoHot:
    """Writes events; returns when they are durable in three places of the region."""

    def __init__(
        self,
        client: DynamoDb,
        table: str,
        *,
        shards: int,
        ttl_hours: int,
        pause: Callable[[float], None],
    ) -> None:
        self._client = client
        self._table = table
        self._shards = shards
        self._ttl_s = ttl_hours * HOUR_S
        self._pause = pause

    def keep(self, events: Sequence[tuple[Event, Told]], now_ms: int) -> None:
        """Write them; the last of those that are the same, as a batch may name an item once."""
        ttl_s = now_ms // 1000 + self._ttl_s
        items = {
            (item["session_id"]["S"], item["timestamp"]["N"]): item
            for item in (self._item(event, told, ttl_s) for event, told in events)
        }
        write_all(self._client, self._table, list(items.values()), self._pause)

    def _item(self, event: Event, told: Told, ttl_s: int) -> Item:
        item: Item = {
            "session_id": {"S": keys.session_key(event, told.session_id)},
            "timestamp": {"N": keys.sort_key(event)},
            "event_type": {"S": keys.type_key(event, self._shards)},
            "site": {"S": event.place.site},
            "visitor": {"S": f"{event.visitor:016x}"},
            "event": {"B": _pack(event.row())},
            "ttl": {"N": str(ttl_s)},
        }
        texts = {
            "event_name": None if event.place.type in BUILT_IN_TYPES else event.place.type,
            "user_id": told.user_id,
            "page_url": told.page_url,
            "referrer": told.referrer,
            "user_agent": told.user_agent,
            "country": event.client.country,
        }
        return item | {name: {"S": text} for name, text in texts.items() if text}


class DynamoEvents:
    """Reads events by their time, whole as they would be in home 1.

    `recognised` puts what a user agent tells into its event.
    """

    def __init__(
        self,
        client: DynamoDb,
        table: str,
        *,
        shards: int,
        ttl_hours: int,
        recognised: Callable[[Event, str], Event],
        poisoned: Callable[[str], None],
    ) -> None:
        self._client = client
        self._table = table
        self._ttl_s = ttl_hours * HOUR_S
        self._recognised = recognised
        self._poisoned = poisoned
        self.keys = keys.type_keys(shards)

    def between(
        self, from_ms: int, to_ms: int, now_ms: int, *, read_ms: int = 0
    ) -> Iterator[Event]:
        """Events of `from_ms` and later, before `to_ms`, that are not past their time to live.

        One that can't be read is told and passed over: it must not keep the others back.
        """
        for key in self.keys:
            yield from self.of(key, from_ms, to_ms, now_ms, read_ms=read_ms)

    def of(
        self, key: str, from_ms: int, to_ms: int, now_ms: int, *, read_ms: int = 0
    ) -> Iterator[Event]:
        """The same of one of the index's keys; but for some seconds only what was kept since
        `read_ms`, for who has read the others.

        Their time to live tells when they were kept, so DynamoDB itself leaves the others out:
        they are read (and paid for), but neither sent nor decoded.
        """
        kept_until_s = (read_ms - SLOW_MS) // 1000 - 1 + self._ttl_s
        for item in pages(
            self._client,
            TableName=self._table,
            IndexName=keys.TYPE_INDEX,
            KeyConditionExpression="event_type = :type AND #time BETWEEN :from AND :to",
            # DynamoDB deletes expired items when it likes, which may be days later.
            FilterExpression="#ttl > :ttl",
            ProjectionExpression="session_id, #time, #event, user_agent",
            ExpressionAttributeNames={"#time": "timestamp", "#ttl": "ttl", "#event": "event"},
            ExpressionAttributeValues={
                ":type": {"S": key},
                ":from": {"N": str(from_ms)},
                # The largest key before `to_ms`.
                ":to": {"N": f"{to_ms - 1}.999999999"},
                ":ttl": {"N": str(max(now_ms // 1000, kept_until_s))},
            },
        ):
            if (event := self._read(item)) is not None:
                yield event

    def _read(self, item: Item) -> Event | None:
        try:
            packed = item["event"]["B"]
            event = _unpack(packed if isinstance(packed, bytes) else b"").event()
        except (msgspec.MsgspecError, KeyError) as error:
            where = f"{item.get('session_id')} {item.get('timestamp')}"
            self._poisoned(f"{where}: {error}")
            return None
        return self._recognised(event, str(item.get("user_agent", {}).get("S", "")))
