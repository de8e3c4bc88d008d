"""The port `HotStore`: what was kept is there for another reader, in memory and in both homes."""

import asyncio

import pytest

from aws_home import EVENTS, SESSIONS, make_tables, on_moto, remove_tables
from builders import NOON_MS, an_event
from liveinsight.adapters.aws.sessions import DynamoSessions
from liveinsight.adapters.aws.table import DynamoEvents, DynamoHot
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.journal import SqliteHotReader, SqliteJournal
from liveinsight.domain.drop import Drop
from liveinsight.domain.sighting import Caller, Sighting
from liveinsight.domain.visitor import fingerprint
from liveinsight.usecases.collect import Outcome
from liveinsight.wiring.intake import Intake
from memory import MemoryHot


class Memory:
    """A list."""

    def __init__(self) -> None:
        self._hot = MemoryHot()

    async def keep(self, *batches, drops):
        for batch in batches:
            await self._hot.keep(batch, drops)

    def read(self):
        return self._hot.events


class Local:
    """The journal, and another connection to read it by."""

    def __init__(self, path) -> None:
        self._folder = Folder(path)

    async def keep(self, *batches, drops):
        journal = SqliteJournal(self._folder, FixedClock(NOON_MS), asyncio.Event().set)
        journal.resume()
        journal.check_room()
        await asyncio.gather(*(journal.keep(batch, drops) for batch in batches))
        await journal.stop()

    def read(self):
        reader = SqliteHotReader(self._folder)
        rows = [event.row() for _, events, _ in reader.after(0) for event in events]
        reader.close()
        return rows


class Aws:
    """The collector's intake over the tables, and another function's reader of them."""

    def __init__(self, client) -> None:
        self._client = client
        hot = DynamoHot(client, EVENTS, shards=3, ttl_hours=24, pause=pytest.fail)
        sessions = DynamoSessions(client, SESSIONS, shards=3, ttl_hours=24)
        self._batch = []
        self._intake = Intake(self, hot, sessions, FixedClock(NOON_MS), lambda *_, **__: None)

    def judge(self, *_):
        """What the intake is to keep."""
        return Outcome(events=self._batch)

    async def keep(self, *batches, drops):
        for batch in batches:
            self._intake.check_room()
            # A function does one request at a time: it is collected, then kept.
            self._batch = batch
            told = [Sighting(event_id=f"{event.time_ms}", session_id="s") for event in batch]
            self._intake.judge(told, Caller(NOON_MS))
            await self._intake.keep(batch, drops)

    def read(self):
        reader = DynamoEvents(
            self._client,
            EVENTS,
            shards=3,
            ttl_hours=24,
            recognised=lambda event, _: event,
            poisoned=pytest.fail,
        )
        events = reader.between(NOON_MS - 10_000, NOON_MS + 10_000, NOON_MS)
        return [event.row() for event in events]


@pytest.fixture(scope="module")
def dynamodb():
    with on_moto() as client:
        yield client


@pytest.fixture(params=["memory", "local", "aws"])
def home(request, tmp_path):
    if request.param == "aws":
        client = request.getfixturevalue("dynamodb")
        make_tables(client)
        yield Aws(client)
        remove_tables(client)
    else:
        yield Memory() if request.param == "memory" else Local(tmp_path)


def events_of(first, count, **about):
    times = range(NOON_MS + first, NOON_MS + first + count)
    return [an_event(event_id=fingerprint("shop", f"{n}"), time_ms=n, **about) for n in times]


def rows(events):
    return [event.row() for event in events]


def in_time(events):
    return sorted(events, key=lambda event: event.time_ms)


def test_what_is_kept_is_read_whole(home):
    """Every field of an event comes back as it went, to the last digit of its ids."""
    events = events_of(
        0, 1, type="Signup", visitor=2**64 - 1, session=2**63, prior=5, title="제목",
        props={"plan": "pro", "seats": 3, "trial": True}, revenue_amount="12.90",
        revenue_currency="EUR", country="KR",
    )  # fmt: skip
    asyncio.run(home.keep(events, drops={}))
    assert home.read() == rows(events)


def test_batches_at_once_are_all_there(home):
    """What three requests brought together is there when they are told so, each event once."""
    batches = [events_of(1000 * n, 60) for n in range(3)]
    asyncio.run(home.keep(*batches, drops={}))
    assert in_time(home.read()) == rows(event for batch in batches for event in batch)


def test_what_was_there_stays(home):
    """A later keep leaves what an earlier one kept."""
    first, second = events_of(0, 2), events_of(500, 2)
    asyncio.run(home.keep(first, drops={}))
    asyncio.run(home.keep(second, drops={}))
    assert in_time(home.read()) == rows(first + second)


def test_drops_alone_are_taken(home):
    """A request of which nothing is kept is told well, and its reasons are no events."""
    asyncio.run(home.keep([], drops={("shop", Drop.BOT): 2}))
    assert home.read() == []
