"""A start reads the journal in large batches, and holds what it held before."""

import random
from pathlib import Path

import duckdb
import pytest

from builders import NOON_MS, an_event
from lake_house import House, held_visits, told_visit_rows
from liveinsight.adapters.local.store import engine
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.sql.hot_tables import HotTables
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS

MINUTE_MS = 60_000


@pytest.fixture
def house(tmp_path: Path):
    house = House(tmp_path, NOON_MS + DAY_MS)
    yield house
    house.close()


def some_hours(draw: random.Random, n: int) -> list:
    """Visits of a few people, some without a first event, out of order, some told twice."""
    kinds = ("page_view", "page_view", "engagement", "Signup", "session_end")
    events = [
        an_event(
            event_id=k % (n - 5),
            time_ms=NOON_MS + draw.randrange(300) * MINUTE_MS,
            visitor=draw.randrange(9),
            type=draw.choice(kinds),
            page=f"/{draw.randrange(4)}",
            country=draw.choice((None, "KR", "DE")),
        )
        for k in range(n)
    ]
    draw.shuffle(events)
    return events


@pytest.mark.parametrize("seed", range(3))
def test_a_start_holds_what_was_held(house: House, monkeypatch, seed: int):
    """Visits over the edges of batches, duplicates and drops are as they came one by one."""
    monkeypatch.setattr(engine, "STAGED_EVENTS_PER_MB", 40 / Limits().memory_mb)
    monkeypatch.setattr(engine, "COLUMN_EVENTS", 15)
    events = some_hours(random.Random(seed), 200)
    for first in range(0, len(events), 10):
        house.keep(events[first : first + 10], drops=[("shop", "bot", 1)])
        house.tail()
    relations = (Relation.EVENTS, Relation.VISITS, Relation.ASIDE)
    before = {relation: sorted(map(repr, house.rows(relation))) for relation in relations}
    heard: list[int] = []
    house.store.close()
    house.store = house.open_store()
    house.store.catch_up(lambda n: heard.append(n) or True)
    assert {relation: sorted(map(repr, house.rows(relation))) for relation in relations} == before
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(
        list({event.event_id: event for event in reversed(events)}.values()), "UTC"
    )
    assert heard == [20] * 10


@pytest.mark.parametrize("seed", range(3))
def test_what_is_settled_is_what_was_held(house: House, monkeypatch, seed: int):
    """Rows that are settled are judged on, sealed and read as before, also by who reads meanwhile."""
    events = some_hours(random.Random(seed), 200)
    told_of = {event.event_id: event for event in reversed(events)}
    monkeypatch.setattr(engine, "LOOSE_EVENTS", 15)
    settled = count_settled(monkeypatch)
    for first in range(0, len(events), 10):
        house.keep(events[first : first + 10])
        with house.store.reading() as reading:
            ask = "SELECT count(*), sum(event_id) FROM hot_events"
            before = reading.cursor.execute(ask).fetchall()
            house.tail()
            house.store.settle()
            assert reading.cursor.execute(ask).fetchall() == before
        if first == 100:
            house.store.seal()
    assert len(settled) > 5
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(
        list(told_of.values()), "UTC"
    )


def count_settled(monkeypatch) -> list[int]:
    """A list that grows with each time."""
    settled: list[int] = []
    settle = HotTables.settle

    def noted(hot: HotTables) -> None:
        settle(hot)
        settled.append(1)

    monkeypatch.setattr(HotTables, "settle", noted)
    return settled


def test_settled_rows_take_little_room(house: House, monkeypatch):
    """Of a start nothing is left behind that only judging needed."""
    monkeypatch.setattr(engine, "LOOSE_EVENTS", 20_000)
    house.keep(some_hours(random.Random(1), 20_000))
    house.store.catch_up()
    house.store.settle()
    with house.store.reading() as reading:
        held = "SELECT sum(memory_usage_bytes) FROM duckdb_memory() WHERE tag = 'IN_MEMORY_TABLE'"
        ((settled,),) = reading.cursor.execute(held).fetchall()
        reading.cursor.execute("CREATE TEMP TABLE loose AS FROM hot_events")
        ((both,),) = reading.cursor.execute(held).fetchall()
    assert 0 < 3 * settled < both


def test_what_could_not_be_settled_waits_for_more(house: House, monkeypatch):
    """It would fail again at once, and each try costs time and a line in the log."""
    tries: list[HotTables] = []

    def fails(hot: HotTables) -> None:
        tries.append(hot)
        raise duckdb.Error("no room")

    monkeypatch.setattr(engine, "LOOSE_EVENTS", 15)
    monkeypatch.setattr(HotTables, "settle", fails)
    for number in (1, 2):
        house.keep([an_event() for _ in range(20)])
        house.tail()
        with pytest.raises(duckdb.Error):
            house.store.settle()
        house.store.settle()
        assert len(tries) == number


def test_a_start_that_is_stopped_ends_soon(house: House, monkeypatch):
    """Who says no after a part is not read to."""
    monkeypatch.setattr(engine, "COLUMN_EVENTS", 10)
    house.keep(some_hours(random.Random(1), 60)[:10])
    house.keep(some_hours(random.Random(2), 60)[:10])
    heard: list[int] = []
    house.store.catch_up(lambda n: bool(heard.append(n)))
    assert heard == [10]


def test_a_damaged_last_group_is_no_reason_to_wait(tmp_path):
    """A start reads what can be read, and comes to its end."""
    house = House(tmp_path, NOON_MS)
    house.keep([an_event()])
    house.keep([an_event()])
    house.db.execute("UPDATE journal SET body = x'00' WHERE seq = (SELECT max(seq) FROM journal)")
    house.restart()
    assert len(house.rows(Relation.EVENTS)) == 1
    house.keep([an_event()])
    house.tail()
    assert len(house.rows(Relation.EVENTS)) == 2
    house.close()
