"""The events table's index in memory, as far as it is asked: what is put, and queries by time.

As quick as a list, so that a property can be tried on hundreds of tables; what DynamoDB itself
makes of the same requests is tried on the emulators.
"""

from decimal import Decimal

import pytest

from liveinsight.adapters.aws import keys
from liveinsight.adapters.aws.table import DynamoEvents, DynamoHot, Told


class Throttled(Exception):
    """A query that is refused."""


class Index:
    """A client of DynamoDB with one table, and what is written to and read from it."""

    def __init__(self, shards=1) -> None:
        self._shards = shards
        self._items = {}
        self.queries = 0
        self.sent = 0
        self.fails_at = 0
        self._hot = DynamoHot(self, "events", shards=shards, ttl_hours=24, pause=pytest.fail)

    def keep(self, event, now_ms):
        """Write an event, as the collector does at this moment."""
        self._hot.keep([(event, Told())], now_ms)

    def reader(self):
        """Reads them, recognised already."""
        return DynamoEvents(
            self,
            "events",
            shards=self._shards,
            ttl_hours=24,
            recognised=lambda event, _: event,
            poisoned=pytest.fail,
        )

    def batch_write_item(self, **request):
        (puts,) = request["RequestItems"].values()
        for put in puts:
            item = put["PutRequest"]["Item"]
            self._items[item["session_id"]["S"], item["timestamp"]["N"]] = item
        return {}

    def query(self, **request):
        assert request["IndexName"] == keys.TYPE_INDEX
        assert request["FilterExpression"] == "#ttl > :ttl"
        told = request["ExpressionAttributeValues"]
        first, last = Decimal(told[":from"]["N"]), Decimal(told[":to"]["N"])
        found = [
            item
            for item in self._items.values()
            if item["event_type"] == told[":type"]
            and first <= Decimal(item["timestamp"]["N"]) <= last
            and int(item["ttl"]["N"]) > int(told[":ttl"]["N"])
        ]
        self.queries += 1
        if self.queries == self.fails_at:
            raise Throttled
        self.sent += len(found)
        return {"Items": sorted(found, key=lambda item: Decimal(item["timestamp"]["N"]))}
