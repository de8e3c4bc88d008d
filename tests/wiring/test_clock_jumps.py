"""Clocks that jump: events are kept and counted, and a wrong clock removes nothing."""

import json
from pathlib import Path

import pytest

from builders import NOON_MS, an_event
from front_house import House as Doors
from front_house import a_view
from lake_house import FixedClock, House
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.store.duck import DuckStore
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS, HOUR_MS
from liveinsight.domain.site import Site


@pytest.mark.parametrize("jump_ms", [-DAY_MS, -HOUR_MS, HOUR_MS, 400 * DAY_MS], ids=str)
def test_events_are_kept_through_a_jump(tmp_path, jump_ms):
    """Back or forward, and set right again: each event counts once, at the time that was told then,
    and the live view shows those of now.
    """
    doors = Doors(tmp_path, Site(id="shop", public=True), limit=3)
    for number in range(3):
        assert doors.post(a_view(event_id=f"a{number}"))[0] == 200
    assert doors.post(a_view())[0] == 429
    doors.clock.advance(jump_ms)
    assert doors.post(a_view(event_id="b"))[0] == 200, "no limit of another time holds"
    assert doors.post(a_view(event_id="a0"))[1]["dropped"] == {"duplicate": 1}
    doors.clock.advance(-jump_ms)
    doors.clock.advance(60_000)
    doors.window.sweep(doors.clock.now_ms())  # as the server does each minute
    assert doors.post(a_view(event_id="c", title="now"))[0] == 200
    assert len(doors.hot.events) == 5
    live = json.loads(doors.ask("GET", "/api/realtime?site=shop").body)["data"]
    assert (live["active_users"], live["feed"][0]["title"]) == (1, "now")
    doors.close()


def test_a_wrong_clock_removes_nothing(tmp_path: Path):
    """A year ahead in a moment: retention waits. When it is set right, days go as they get old."""
    elapsed = FixedClock(0)
    house = House(tmp_path, NOON_MS)
    house.keep([an_event(time_ms=NOON_MS - n * DAY_MS, visitor=n) for n in range(5)])
    house.tail()
    house.store.seal()
    house.close()
    control = SqliteControl(Folder(tmp_path))
    control.put_site(Site(id="shop", retention_days=30))
    control.close()
    clock = FixedClock(NOON_MS)

    def opened() -> DuckStore:
        return DuckStore(Folder(tmp_path), clock, elapsed_ms=elapsed.now_ms)

    def days(store: DuckStore) -> int:
        first, last = store.moment.relations.days("shop")
        return (last - first).days

    store = opened()
    before = days(store)
    clock.ms += 365 * DAY_MS
    store.keep_house()
    assert days(store) == before
    clock.ms -= 365 * DAY_MS
    store.keep_house()
    assert days(store) == before
    for _ in range(28):  # time itself goes on, an hour of each day is looked at
        clock.ms += DAY_MS
        elapsed.ms += DAY_MS
        store.keep_house()
    assert days(store) < before
    store.close()


def test_seals_and_reads_go_on_after_a_jump_back(tmp_path: Path):
    """Commit groups of a later hour are sealed when it comes; nothing is there twice."""
    house = House(tmp_path, NOON_MS)
    house.keep([an_event(visitor=1)])
    house.clock.ms -= DAY_MS
    house.keep([an_event(time_ms=NOON_MS - DAY_MS, visitor=2)])
    house.tail()
    assert {row["visitor"] for row in house.rows(Relation.EVENTS)} == {1, 2}
    house.clock.ms += DAY_MS + 2 * HOUR_MS
    assert house.store.is_seal_due()
    house.store.seal()
    while house.store.tidy():
        pass
    assert {row["visitor"] for row in house.rows(Relation.EVENTS)} == {1, 2}
    house.restart()
    assert len(house.rows(Relation.EVENTS)) == 2
    house.close()
