"""Sessions in DynamoDB: one item, one update, harmless when repeated."""

import pytest

from aws_home import SESSIONS, Failing
from builders import NOON_MS, an_event
from liveinsight.adapters.aws.sessions import DynamoSessions
from liveinsight.adapters.aws.table import Told

pytestmark = pytest.mark.parametrize("_shared", ["moto", "ministack"], indirect=True)

MINUTE_MS = 60_000
TOLD = Told(session_id="s-1", user_id="u-1", referrer="https://x.example/")


@pytest.fixture
def sessions(dynamodb):
    return DynamoSessions(dynamodb, SESSIONS, shards=1, ttl_hours=24)


def stored(dynamodb):
    (item,) = dynamodb.scan(TableName=SESSIONS)["Items"]
    return {name: next(iter(value.values())) for name, value in item.items()}


def touch(sessions, after_ms=0, **about):
    event = an_event(time_ms=NOON_MS + after_ms, **about)
    return sessions.touch([(event, TOLD)], event.time_ms)


def test_a_session_has_the_owners_attributes(dynamodb, sessions):
    """The first event makes the item with the owner's names."""
    assert touch(sessions, 12_345, page="/a", country="KR") is True
    item = stored(dynamodb)
    del item["last_event"], item["ttl"]
    assert item == {
        "session_id": "s-1",
        "site": "shop",
        "visitor": "0000000000000007",
        "user_id": "u-1",
        "start_time": str(NOON_MS + 12_345),
        "last_activity": str(NOON_MS - NOON_MS % (10 * MINUTE_MS)),
        "last_seen": str(NOON_MS + 12_345),
        "is_active": "1",
        "page_count": "1",
        "referrer": "https://x.example/",
        "current_page": "/a",
        "country": "KR",
    }


def test_it_goes_on_within_half_an_hour(dynamodb, sessions):
    """A second view goes on with the visit, one after the gap starts another."""
    assert touch(sessions) is True
    assert touch(sessions, 29 * MINUTE_MS, page="/b") is False
    assert touch(sessions, 60 * MINUTE_MS, page="/c") is True
    item = stored(dynamodb)
    assert (item["page_count"], item["current_page"]) == ("3", "/c")
    assert item["start_time"] == str(NOON_MS)


def test_an_ended_session_leaves_the_index(dynamodb, sessions):
    """`session_end` takes the session out of ActivityIndex, and the next view starts a visit."""
    touch(sessions)
    touch(sessions, 1000, type="session_end", page=None)
    assert "is_active" not in stored(dynamodb)
    assert touch(sessions, 2000) is True
    assert stored(dynamodb)["is_active"] == "1"


def test_the_same_request_again_counts_nothing(dynamodb, sessions):
    """A request that is sent again changes nothing and starts nothing."""
    event = an_event()
    assert sessions.touch([(event, TOLD)], NOON_MS) is True
    before = stored(dynamodb)
    assert sessions.touch([(event, TOLD)], NOON_MS + 5) is False
    assert stored(dynamodb) == before


def test_a_batch_is_one_update_a_session(dynamodb):
    """Ten events of two sessions are two calls."""
    counting = Failing(dynamodb)
    sessions = DynamoSessions(counting, SESSIONS, shards=3, ttl_hours=24)
    batch = [(an_event(time_ms=NOON_MS + n), Told(session_id=f"s-{n % 2}")) for n in range(10)]
    sessions.touch(batch, NOON_MS)
    assert counting.calls == ["update_item"] * 2
    items = dynamodb.scan(TableName=SESSIONS)["Items"]
    assert [item["page_count"]["N"] for item in items] == ["5", "5"]
