"""What writing costs, by the write units that an emulator tells: those of docs/cost.md."""

from random import Random

import pytest

from aws_home import CHROME, EVENTS, OF_ACTIVITY, SESSIONS, make_tables, on_ministack, remove_tables
from builders import NOON_MS, an_event
from documents import ROOT
from liveinsight.adapters.aws.sealer import end_idle_sessions
from liveinsight.adapters.aws.sessions import DynamoSessions
from liveinsight.adapters.aws.table import DynamoHot, Told
from liveinsight.domain.period import HOUR_MS
from liveinsight.usecases.cost import WRITE_UNITS_PER_EVENT, WRITE_UNITS_PER_REQUEST

VIEWS = (1, 1, 1, 2, 2, 2, 3, 4, 6, 9)  # of visits: 3.1 on the mean


class Metered:
    """A client that adds up the write units that its calls used."""

    def __init__(self, client) -> None:
        self._client = client
        self.units = 0.0
        self.calls = 0

    def __getattr__(self, verb):
        def call(**request):
            if verb == "query":
                return self._client.query(**request)
            answer = getattr(self._client, verb)(**request, ReturnConsumedCapacity="TOTAL")
            told = answer["ConsumedCapacity"]
            for part in told if isinstance(told, list) else [told]:
                self.units += part["CapacityUnits"]
            self.calls += 1
            return answer

        return call


@pytest.fixture
def dynamodb(_ministack):
    with on_ministack(_ministack) as client:
        make_tables(client)
        yield client
        remove_tables(client)


def a_days_requests():
    """Visits as they are: each view is a request, and so is what was engaged when it is left."""
    random = Random(31)
    for visit in range(40):
        at_ms = NOON_MS + random.randrange(HOUR_MS)
        for _ in range(VIEWS[visit % len(VIEWS)]):
            about = {"visitor": visit + 1, "page": f"/blog/{random.randrange(99)}", "country": "KR"}
            about |= {"title": "How we count", "language": "ko-KR", "screen": "1920x1080"}
            told = Told(
                session_id=f"0a1b2c3d-4e5f-6789-abcd-{visit:012d}",
                page_url=f"https://shop.example{about['page']}?utm_source=news",
                referrer="https://www.google.com/",
                user_agent=CHROME,
            )
            yield an_event(time_ms=at_ms, **about), told
            at_ms += random.randrange(5_000, 90_000)
            engaged = {"type": "engagement", "engaged_ms": 4_000, "scroll_depth": 60}
            yield an_event(time_ms=at_ms, **about, **engaged), told
            at_ms += 500


def test_an_event_costs_two_units(dynamodb):
    """The item is one unit, its place in EventTypeIndex the other; sent again it costs no index."""
    meter = Metered(dynamodb)
    hot = DynamoHot(meter, EVENTS, shards=1, ttl_hours=24, pause=lambda _: None)
    requests = list(a_days_requests())
    for pair in requests:
        hot.keep([pair], NOON_MS)
    assert meter.units / len(requests) == WRITE_UNITS_PER_EVENT == 2
    meter.units = 0
    hot.keep(requests[:1], NOON_MS)
    assert meter.units == 1


def test_a_session_costs_little_more_than_one_unit(dynamodb):
    """Most updates leave ActivityIndex alone."""
    meter = Metered(dynamodb)
    sessions = DynamoSessions(meter, SESSIONS, shards=1, ttl_hours=24)
    requests = sorted(a_days_requests(), key=lambda pair: pair[0].time_ms)
    for event, told in requests:
        sessions.touch([(event, told)], event.time_ms)
    assert meter.calls == len(requests)
    assert meter.units / len(requests) <= WRITE_UNITS_PER_REQUEST == 1.3
    meter.units = 0
    ended = end_idle_sessions(meter, SESSIONS, shards=1, now_ms=NOON_MS + 3 * HOUR_MS)
    assert (ended, meter.units / ended) == (40, 2)


def test_the_index_is_terraforms():
    """What these tests have in ActivityIndex is what terraform/dynamodb.tf puts there."""
    told = (ROOT / "terraform" / "dynamodb.tf").read_text("utf-8")
    listed = ", ".join(f'"{name}"' for name in OF_ACTIVITY)
    assert f"non_key_attributes = [{listed}]" in told
