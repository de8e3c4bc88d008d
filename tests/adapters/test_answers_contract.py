"""The port `History`, whole homes under it: one story of events, and the answers it must have, from
the definitions in memory, from one machine and from AWS, at each stage of being sealed.
"""

from contextlib import closing

import msgspec
import pytest

from aws_home import make_tables, on_moto, remove_tables
from aws_house import AwsHouse, a_bucket
from builders import NOON_MS, an_event
from lake_house import House, first_kept
from liveinsight.adapters.aws.client import connect
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.domain import query as queries
from liveinsight.domain.period import HOUR_MS, MINUTE_MS
from liveinsight.domain.site import Site
from liveinsight.usecases.answer import answer
from oracle import naive

ZONE = "Asia/Seoul"
METRICS = ["visitors", "visits", "pageviews", "events", "bounce_rate", "visit_duration"]
ALL = {"range": "all", "metrics": METRICS}


class Memory:
    """The events as they arrived; every answer is counted from all of them."""

    def __init__(self) -> None:
        self._events = []

    def keep(self, events, now_ms):
        del now_ms
        self._events += events

    def seal(self, now_ms):
        """Nothing to put away."""

    def ask(self, raw, now_ms):
        told = naive.answer(raw, first_kept(self._events), ZONE, now_ms)
        return told["results"], told["totals"]["metrics"]


class Local:
    """One machine."""

    def __init__(self, path) -> None:
        self._house = House(path, NOON_MS, {"shop": ZONE})
        self.close = self._house.close

    def keep(self, events, now_ms):
        self._house.clock.ms = now_ms
        self._house.keep(events)
        self._house.tail()

    def seal(self, now_ms):
        self._house.clock.ms = now_ms
        self._house.store.seal()

    def ask(self, raw, now_ms):
        with self._house.store.reading() as reading:
            query = queries.parse({"site": "shop"} | raw)
            site = Site(id="shop", timezone=ZONE)
            told = msgspec.to_builtins(answer(query, site, SqlHistory(reading), now_ms))
        return told["results"], told["totals"]


class Aws:
    """Tables and a bucket."""

    def __init__(self, dynamodb, s3, path) -> None:
        self._house = AwsHouse(dynamodb, s3, path, zone=ZONE)
        self.keep = self._house.keep

    def seal(self, now_ms):
        self._house.sealer().seal(now_ms)

    def ask(self, raw, now_ms):
        told = self._house.ask(raw, now_ms)
        return told["results"], told["totals"]


@pytest.fixture(scope="module")
def dynamodb():
    with on_moto() as client:
        yield client


@pytest.fixture(params=["memory", "local", "aws"])
def home(request, tmp_path):
    if request.param == "memory":
        yield Memory()
    elif request.param == "local":
        with closing(Local(tmp_path)) as local:
            yield local
    else:
        client = request.getfixturevalue("dynamodb")
        make_tables(client)
        with closing(connect("s3")) as s3, a_bucket(s3):
            yield Aws(client, s3, tmp_path)
        remove_tables(client)


def at(minutes, number, **about):
    """An event of that minute; numbers keep events apart."""
    fields = {"time_ms": NOON_MS + minutes * MINUTE_MS, "event_id": number, "country": "KR"}
    return an_event(**(fields | about))


def totals(home, hours, raw=ALL):
    return home.ask(raw, NOON_MS + hours * HOUR_MS)[1]


def test_a_story_is_told_at_each_stage(home):
    """Two visitors, one of whom comes back: hot, sealed, and sealed again, the same figures."""
    story = [
        at(0, 1, visitor=1),
        at(5, 2, visitor=1, page="/pricing"),
        at(6, 3, visitor=1, type="Signup"),
        at(7, 4, visitor=2),
        at(50, 5, visitor=1),
    ]
    home.keep(story, NOON_MS + HOUR_MS)
    # Visits: 6 minutes, one view alone twice.
    expected = [2, 3, 4, 5, 66.7, 120.0]
    assert totals(home, 1) == expected
    for hour in (1, 2, 2):
        home.seal(NOON_MS + hour * HOUR_MS)
        assert totals(home, 3) == expected


def test_what_comes_twice_counts_once(home):
    """In a batch, in another, and after it was sealed."""
    view = at(0, 1, visitor=1)
    home.keep([view, view], NOON_MS + 1)
    home.keep([view], NOON_MS + 2)
    home.seal(NOON_MS + HOUR_MS)
    home.keep([view], NOON_MS + HOUR_MS + 1)
    assert totals(home, 2) == [1, 1, 1, 1, 100.0, 0.0]


def test_what_comes_late_is_in_its_visit(home):
    """An event that comes after its visit was sealed joins it, and two visits may be one."""
    home.keep([at(0, 1, visitor=1), at(50, 2, visitor=1)], NOON_MS + HOUR_MS)
    home.seal(NOON_MS + HOUR_MS)
    assert totals(home, 1) == [1, 2, 2, 2, 100.0, 0.0]
    home.keep([at(25, 3, visitor=1, page="/b")], NOON_MS + HOUR_MS + 1)
    home.seal(NOON_MS + 2 * HOUR_MS + 2)
    assert totals(home, 3) == [1, 1, 3, 3, 0.0, 3000.0]


def test_what_had_no_visit_gets_one(home):
    """An engagement before any view is no visit's, until a late view gives it one."""
    engaged = at(10, 1, visitor=1, type="engagement", engaged_ms=4000)
    home.keep([engaged], NOON_MS + HOUR_MS)
    home.seal(NOON_MS + HOUR_MS)
    assert totals(home, 1) == [0, 0, 0, 0, None, None]
    home.keep([at(1, 2, visitor=1)], NOON_MS + HOUR_MS + 1)
    home.seal(NOON_MS + 2 * HOUR_MS + 2)
    assert totals(home, 3) == [1, 1, 1, 1, 100.0, 540.0]


@pytest.mark.parametrize("sealed", [False, True])
def test_rows_and_filters(home, sealed):
    """Rows by page in order, of all and of one visitor's country."""
    home.keep(
        [
            at(0, 1, visitor=1),
            at(1, 2, visitor=1, page="/a"),
            at(2, 3, visitor=2, page="/a"),
            at(3, 4, visitor=3, country="US"),
        ],
        NOON_MS + HOUR_MS,
    )
    if sealed:
        home.seal(NOON_MS + HOUR_MS)
    raw = {"range": "24h", "metrics": ["visitors", "pageviews"], "dimensions": ["page"]}
    rows, _ = home.ask(raw, NOON_MS + HOUR_MS)
    told = [(row["dimensions"], row["metrics"]) for row in rows]
    assert told == [(["/"], [2, 2]), (["/a"], [2, 2])]
    rows, sums = home.ask(raw | {"filters": ["is", "country", ["kr"]]}, NOON_MS + HOUR_MS)
    told = [(row["dimensions"], row["metrics"]) for row in rows]
    assert (told, sums) == ([(["/a"], [2, 2]), (["/"], [1, 1])], [2, 3])
