"""The AWS home's hot store, lake and sealer over whatever account a test gives it."""

from contextlib import contextmanager

import msgspec
import pytest

from aws_home import CHROME, CONTROL, EVENTS
from liveinsight.adapters.aws.history import LakeAndTail
from liveinsight.adapters.aws.lake import S3Lake
from liveinsight.adapters.aws.sealer import DynamoSealer
from liveinsight.adapters.aws.table import DynamoEvents, DynamoHot, Told
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.domain import query as queries
from liveinsight.domain.site import Site
from liveinsight.usecases.answer import answer

BUCKET = "liveinsight-lake-dev-1"
ZONE = "Asia/Seoul"
SHOP = Site(id="shop", timezone=ZONE)


@contextmanager
def a_bucket(s3):
    """The lake's bucket, which is gone again with all that is in it."""
    s3.create_bucket(Bucket=BUCKET)
    yield
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)


class AwsHouse:
    """Tables, a bucket, and as many sandboxes as a test asks for."""

    def __init__(self, dynamodb, s3, folder, zone=ZONE) -> None:
        self._dynamodb, self._s3, self._folder, self.zone = dynamodb, s3, folder, zone
        self._count = 0
        self.hot = DynamoHot(dynamodb, EVENTS, shards=2, ttl_hours=24, pause=lambda _: None)

    def keep(self, events, now_ms):
        pairs = [
            (event, Told(session_id=f"v-{event.visitor}", user_agent=CHROME)) for event in events
        ]
        for start in range(0, len(pairs), 100):
            self.hot.keep(pairs[start : start + 100], now_ms)

    def sandbox(self, s3=None, dynamodb=None, events=None):
        """A fresh function's view: nothing in its memory or its folder."""
        self._count += 1
        lake = S3Lake(
            s3 or self._s3,
            dynamodb or self._dynamodb,
            bucket=BUCKET,
            table=CONTROL,
            root=self._folder / f"{self._count}" / "lake",
        )
        events = DynamoEvents(
            events or self._dynamodb,
            EVENTS,
            shards=2,
            ttl_hours=24,
            recognised=lambda event, _: event,
            poisoned=pytest.fail,
        )
        return LakeAndTail(lake, events, lambda _: self.zone, memory_mb=256)

    def sealer(self, **clients):
        return DynamoSealer(self.sandbox(**clients), lambda: [Site(id="shop", timezone=self.zone)])

    def ask(self, raw, now_ms, tail=None):
        with (tail or self.sandbox()).reading(now_ms) as reading:
            query = queries.parse({"site": "shop"} | raw)
            return msgspec.to_builtins(
                answer(query, Site(id="shop", timezone=self.zone), SqlHistory(reading), now_ms)
            )

    def visitors_of_30_days(self, now_ms, tail=None):
        raw = {"range": "30d", "metrics": ["visitors", "pageviews"]}
        return self.ask(raw, now_ms, tail)["totals"]
