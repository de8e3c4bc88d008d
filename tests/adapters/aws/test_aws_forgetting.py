"""Forgetting on AWS: gone from tables, files and every answer, whatever the sealer does meanwhile."""

import pytest

from aws_home import CONTROL, EVENTS, SESSIONS, Failing
from aws_house import ZONE, AwsHouse, a_bucket
from builders import NOON_MS, an_event
from liveinsight.adapters.aws.client import connect
from liveinsight.adapters.aws.control import DynamoControl
from liveinsight.adapters.aws.forgetting import AwsForgetting
from liveinsight.adapters.aws.live import DynamoLive
from liveinsight.adapters.aws.sessions import DynamoSessions
from liveinsight.adapters.aws.table import DynamoEvents, Told
from liveinsight.adapters.clock import FixedClock
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.filter import EVERYTHING
from liveinsight.domain.forget import Doomed
from liveinsight.domain.period import DAY_MS, HOUR_MS, MINUTE_MS
from liveinsight.domain.range import Span
from oracle import naive

ALL = {"range": "all", "metrics": ["visitors", "visits", "pageviews", "events", "bounce_rate"]}


@pytest.fixture(scope="module")
def s3(_shared):
    client = connect("s3")
    yield client
    client.close()


@pytest.fixture
def house(dynamodb, s3, tmp_path):
    with a_bucket(s3):
        yield AwsHouse(dynamodb, s3, tmp_path)


def traffic():
    """Two days of three visitors, six events each a day, in visits that span some minutes."""
    return [
        an_event(
            time_ms=NOON_MS - day * DAY_MS + n * 13 * MINUTE_MS + visitor,
            visitor=visitor,
            type="page_view" if n % 3 else "Signup",
        )
        for day in (1, 0)
        for visitor in (1, 2, 3)
        for n in range(6)
    ]


def forgetting(house, client, sealer=None, now_ms=NOON_MS + 2 * HOUR_MS):
    return AwsForgetting(
        client,
        events=EVENTS,
        sessions=SESSIONS,
        sealer=sealer or house.sealer(),
        told=DynamoControl(client, CONTROL, lambda: now_ms).note_forgotten,
        now_ms=lambda: now_ms,
        pause=pytest.fail,
    )


SOME_MINUTES = Span(NOON_MS, NOON_MS + 30 * MINUTE_MS)


@pytest.mark.parametrize(
    "doomed",
    [Doomed("shop", 2), Doomed("shop", None, SOME_MINUTES), Doomed("shop", 3, SOME_MINUTES),
     Doomed("shop"), Doomed("blog")],
    ids=["visitor", "span", "both", "all", "another site"],
)  # fmt: skip
@pytest.mark.parametrize("sealed", [False, True], ids=["hot", "sealed"])
def test_what_is_left_is_what_would_have_been_without(house, dynamodb, doomed, sealed):
    """Hot or sealed: answers are those of the other events, at once, sealed again, and each event
    that went is told once.
    """
    events = traffic()
    now_ms = NOON_MS + 2 * HOUR_MS
    house.keep(events, now_ms)
    if sealed:
        house.sealer().seal(now_ms)
    warm = house.sandbox()
    house.ask(ALL, now_ms, warm)
    left = [event for event in events if not doomed.covers(event)]
    assert forgetting(house, dynamodb).forget(doomed) == len(events) - len(left)
    expected = naive.answer(ALL, left, ZONE, now_ms)["totals"]["metrics"]
    assert house.ask(ALL, now_ms)["totals"] == expected
    assert house.ask(ALL, now_ms, warm)["totals"] == expected
    assert dynamodb.scan(TableName=EVENTS)["Count"] == len(left)
    house.sealer().seal(now_ms + HOUR_MS)
    assert house.ask(ALL, now_ms)["totals"] == expected
    assert forgetting(house, dynamodb).forget(doomed) == 0


def test_what_the_sealer_brings_back_goes_too(house, dynamodb):
    """A run of the sealer between the files and the tables finds the events in the table once more."""
    house.keep(traffic(), NOON_MS + 2 * HOUR_MS)

    def seal_first(request):
        if request["TableName"] == EVENTS:
            house.sealer().seal(NOON_MS + 2 * HOUR_MS)

    meanwhile = Failing(dynamodb, scan=seal_first)
    forgetting(house, meanwhile).forget(Doomed("shop", 2))
    assert house.ask(ALL, NOON_MS + 2 * HOUR_MS)["totals"][0] == 4


def test_who_is_never_first_is_told(house, dynamodb):
    """Where another seals each time in between, the command says so and can be run again."""
    house.keep(traffic(), NOON_MS + 2 * HOUR_MS)

    def lose(request):
        if request["TableName"] == CONTROL and "generation" in request["Item"]:
            house.sealer().seal(NOON_MS + 2 * HOUR_MS)

    always_late = house.sealer(dynamodb=Failing(dynamodb, put_item=lose))
    with pytest.raises(Unavailable):
        forgetting(house, dynamodb, always_late).forget(Doomed("shop", 2))
    assert forgetting(house, dynamodb).forget(Doomed("shop", 2)) == 12


def test_sessions_go_too(house, dynamodb):
    """The visitor's session is deleted, others stay."""
    sessions = DynamoSessions(dynamodb, SESSIONS, shards=1, ttl_hours=24)
    for visitor in (1, 2):
        event = an_event(visitor=visitor)
        sessions.touch([(event, Told(session_id=f"s-{visitor}"))], NOON_MS)
    forgetting(house, dynamodb).forget(Doomed("shop", 2))
    (item,) = dynamodb.scan(TableName=SESSIONS)["Items"]
    assert item["session_id"]["S"] == "s-1"


def test_warm_functions_forget_within_a_minute(house, dynamodb):
    """Who is here is told without the forgotten when the mark is read again."""
    now_ms = NOON_MS + 2 * HOUR_MS
    clock = FixedClock(now_ms)
    control = DynamoControl(dynamodb, CONTROL, clock.now_ms)
    events = DynamoEvents(
        dynamodb, EVENTS, shards=2, ttl_hours=24,
        recognised=lambda event, _: event, poisoned=pytest.fail,
    )  # fmt: skip
    watching = DynamoLive(events, clock.now_ms, control.forgotten_ms, memory_mb=256)
    house.keep([an_event(time_ms=now_ms - 1000, visitor=visitor) for visitor in (1, 2)], now_ms)
    assert watching.look("shop", EVERYTHING, now_ms).active_users == 2
    forgetting(house, dynamodb).forget(Doomed("shop", 2))
    clock.advance(MINUTE_MS)
    assert watching.look("shop", EVERYTHING, clock.now_ms()).active_users == 1
