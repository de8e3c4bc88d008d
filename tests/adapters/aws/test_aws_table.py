"""Events in DynamoDB: durable, once each, and read back whole."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from aws_home import CHROME, EVENTS, Failing
from builders import NOON_MS, an_event
from liveinsight.adapters.aws.table import DynamoEvents, DynamoHot, Told
from liveinsight.domain.agent import Agent
from liveinsight.domain.errors import Unavailable
from liveinsight.usecases.recognise import recognise

pytestmark = pytest.mark.parametrize("_shared", ["moto", "ministack"], indirect=True)

HOUR_MS = 3_600_000
TOLD = Told(session_id="s-1", page_url="https://shop.example/", user_agent=CHROME)


class OneAgent:
    def read(self, user_agent):
        is_bot = "bot" in user_agent
        return Agent(browser="Chrome", device="bot" if is_bot else "desktop", is_bot=is_bot)


def a_hot(client, shards=1, pauses=None):
    pause = pauses.append if pauses is not None else lambda _: None
    return DynamoHot(client, EVENTS, shards=shards, ttl_hours=24, pause=pause)


def a_reader(client, shards=1, poisoned=None):
    return DynamoEvents(
        client,
        EVENTS,
        shards=shards,
        ttl_hours=24,
        recognised=recognise(OneAgent()),
        poisoned=(poisoned if poisoned is not None else []).append,
    )


def read(client, *, shards=1, now_ms=NOON_MS, from_ms=NOON_MS - HOUR_MS, to_ms=NOON_MS + 1):
    events = a_reader(client, shards).between(from_ms, to_ms, now_ms)
    return [event.row() for event in events]


def throttled(verb):
    return ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, verb)


def test_what_is_kept_is_read_whole(dynamodb):
    """An event comes back as it was, with what its user agent tells."""
    event = an_event(type="Signup", props={"plan": "pro", "seats": 3}, country="KR", device="other")
    a_hot(dynamodb).keep([(event, TOLD)], NOON_MS)
    (told,) = read(dynamodb)
    assert told.props == {"plan": "pro", "seats": 3}
    assert (told.event_id, told.time_ms, told.country) == (event.event_id, NOON_MS, "KR")
    assert (told.browser, told.device) == ("Chrome", "desktop")


def test_the_owners_attributes_are_there(dynamodb):
    """The item has the names that the owner's table has, and goes after a day."""
    event = an_event(time_ms=NOON_MS, event_id=1_234_567_891)
    told = Told("s-1", "u-1", "https://shop.example/?a=1", "https://x.example/", CHROME)
    a_hot(dynamodb).keep([(event, told)], NOON_MS)
    (item,) = dynamodb.scan(TableName=EVENTS)["Items"]
    del item["event"]
    assert item == {
        "session_id": {"S": "s-1"},
        "timestamp": {"N": f"{NOON_MS}.234567891"},
        "event_type": {"S": "page_view"},
        "site": {"S": "shop"},
        "visitor": {"S": "0000000000000007"},
        "user_id": {"S": "u-1"},
        "page_url": {"S": "https://shop.example/?a=1"},
        "referrer": {"S": "https://x.example/"},
        "user_agent": {"S": CHROME},
        "ttl": {"N": str(NOON_MS // 1000 + 86_400)},
    }


def test_sent_again_is_kept_once(dynamodb):
    """The same events, sent twice and twice in a batch, are in the table once each."""
    hot = a_hot(dynamodb)
    events = [(an_event(event_id=n), TOLD) for n in range(3)]
    hot.keep(events + events, NOON_MS)
    hot.keep(events, NOON_MS + 5)
    assert sorted(event.event_id for event in read(dynamodb)) == [0, 1, 2]


def test_a_hundred_events_of_many_shards_are_read(dynamodb):
    """A full batch, spread over shards, is all there."""
    events = [(an_event(event_id=n, time_ms=NOON_MS - n), TOLD) for n in range(100)]
    a_hot(dynamodb, shards=4).keep(events, NOON_MS)
    assert len(read(dynamodb, shards=4)) == 100


def test_the_end_of_a_range_is_not_in_it(dynamodb):
    """`between` holds its first millisecond and not its last."""
    hot = a_hot(dynamodb)
    hot.keep([(an_event(event_id=n, time_ms=NOON_MS + n), TOLD) for n in range(3)], NOON_MS)
    told = read(dynamodb, from_ms=NOON_MS, to_ms=NOON_MS + 2)
    assert sorted(event.time_ms - NOON_MS for event in told) == [0, 1]


def test_what_is_over_is_not_read(dynamodb):
    """DynamoDB may delete days late: an event past its time to live is gone for readers."""
    a_hot(dynamodb).keep([(an_event(), TOLD)], NOON_MS)
    assert len(read(dynamodb, now_ms=NOON_MS + 23 * HOUR_MS)) == 1
    assert read(dynamodb, now_ms=NOON_MS + 24 * HOUR_MS) == []


def test_bots_are_set_aside_when_read(dynamodb):
    """A bot's event is kept as it came and judged when it is read."""
    a_hot(dynamodb).keep([(an_event(), TOLD._replace(user_agent="a bot"))], NOON_MS)
    (told,) = read(dynamodb)
    assert (told.aside, told.device) == ("bot", "bot")


def test_what_is_not_taken_is_sent_again(dynamodb):
    """Items that DynamoDB leaves unprocessed are sent again, with longer and longer pauses."""
    pauses: list[float] = []
    answers = [2, 1]

    def leave_some(request):
        if not answers:
            return None
        ((table, wanted),) = request["RequestItems"].items()
        left = answers.pop(0)
        dynamodb.batch_write_item(RequestItems={table: wanted[left:]})
        return {"UnprocessedItems": {table: wanted[:left]}}

    failing = Failing(dynamodb, batch_write_item=leave_some)
    a_hot(failing, pauses=pauses).keep([(an_event(event_id=n), TOLD) for n in range(5)], NOON_MS)
    assert len(read(dynamodb)) == 5
    assert pauses == [0.05, 0.1]


@pytest.mark.parametrize(
    "error", [throttled("BatchWriteItem"), EndpointConnectionError(endpoint_url="x")]
)
def test_what_never_works_is_not_acknowledged(dynamodb, error):
    """A table that stays throttled, or cannot be reached, is told as 503, never as done."""

    def fail(request):
        raise error

    failing = Failing(dynamodb, batch_write_item=fail)
    with pytest.raises(Unavailable) as caught:
        a_hot(failing).keep([(an_event(), TOLD)], NOON_MS)
    assert caught.value.retry_after_s > 0
    assert len(failing.calls) == 6


def test_a_wrong_request_is_not_tried_again(dynamodb):
    """What can never work fails at once."""
    hot = DynamoHot(dynamodb, "nowhere", shards=1, ttl_hours=24, pause=lambda _: None)
    with pytest.raises(ClientError):
        hot.keep([(an_event(), TOLD)], NOON_MS)


def test_a_poisoned_event_does_not_block(dynamodb):
    """An item that can't be read is told by its key and passed over."""
    a_hot(dynamodb).keep([(an_event(), TOLD)], NOON_MS)
    dynamodb.put_item(
        TableName=EVENTS,
        Item={
            "session_id": {"S": "bad"},
            "timestamp": {"N": f"{NOON_MS}.5"},
            "event_type": {"S": "page_view"},
            "event": {"B": b"\x93\x01"},
            "ttl": {"N": str(NOON_MS)},
        },
    )
    poisoned: list[str] = []
    told = list(a_reader(dynamodb, poisoned=poisoned).between(NOON_MS, NOON_MS + 1, NOON_MS))
    assert len(told) == 1
    assert len(poisoned) == 1
    assert "bad" in poisoned[0]
