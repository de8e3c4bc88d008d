"""Little memory: what is hot is sealed and let go in small parts, so that there is always room."""

from pathlib import Path

import duckdb
import pytest

from builders import NOON_MS, an_event
from lake_house import House, held_rollup, held_visits, told_visit_rows
from liveinsight.adapters.local.store import limits
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.sql import seal
from liveinsight.adapters.sql.seal import Sealing
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS, HOUR_MS


@pytest.mark.parametrize("memory_mb", [64, 256, 1024, 4096])
def test_there_is_room_for_the_next_part(memory_mb: int):
    """What may be left after sealing and what is sealed next are no more than may be hot."""
    told = Limits(memory_mb)
    assert told.most_kept_hot + told.seal_events <= told.most_hot


def test_visits_that_go_on_are_let_go_where_memory_is_short(tmp_path: Path, monkeypatch):
    """A crowd that came within minutes never keeps the store full: it is sealed before its hour is
    over, and visits that go on after that are still one.
    """
    monkeypatch.setattr(limits, "HOT_EVENTS_PER_MB", 1)
    house = House(tmp_path, NOON_MS, limits=Limits(64))
    events = [
        an_event(event_id=n, time_ms=NOON_MS + n * 1000, visitor=n % 9, page=f"/{n % 4}")
        for n in range(300)
    ]
    seals = 0
    for first in range(0, len(events), 20):
        house.keep(events[first : first + 20])
        house.tail()
        while house.store.is_seal_due():
            house.store.seal()
            seals += 1
            assert house.store.hot_events() <= Limits(64).most_kept_hot
    assert seals > 5
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(events, "UTC")
    house.close()


def test_visits_that_go_on_stay_where_there_is_room(tmp_path: Path):
    """Else each of their next events would have to read them back from a file."""
    house = House(tmp_path, NOON_MS)
    house.keep([an_event(event_id=n, time_ms=NOON_MS, visitor=n) for n in range(100)])
    house.tail()
    house.store.seal()
    assert house.store.hot_events() == 100
    house.close()


def test_what_is_sorted_in_parts_lies_as_if_it_had_been_at_once(tmp_path: Path, monkeypatch):
    """Days and months that find no room are written part by part, into one file, in one order."""
    lakes, figures = [], []
    for memory_mb in (1024, 20):
        monkeypatch.setattr(Sealing, "_memory_mb", lambda _, told=memory_mb: told)
        monkeypatch.setattr(seal, "ROWS_PER_MB", 1)
        house = House(tmp_path / str(memory_mb), NOON_MS)
        house.keep(on_six_days(0))
        house.tail()
        house.store.seal()
        assert house.store.compact() > 0
        house.keep(on_six_days(1))  # late: the month's file is written anew
        house.tail()
        house.store.seal()
        files = sorted(house.folder.path.rglob("lake/*/events/*.parquet"))
        assert all(file.suffix == ".parquet" for file in files[0].parent.iterdir())
        named = [file.name for file in house.store.moment.relations.files("shop")]
        lakes.append([rows_of(file) for file in files if f"shop/events/{file.name}" in named])
        figures.append(held_rollup(house.rows(Relation.ROLLUP)))
        house.close()
    assert lakes[0] == lakes[1]
    assert figures[0] == figures[1]
    assert sum(map(len, lakes[0])) == 510


def on_six_days(hour: int) -> list:
    return [
        an_event(
            event_id=n * 2**55 + hour,
            visitor=n % 90,
            time_ms=NOON_MS - (0, 1, 40, 41, 42, 70)[n % 6] * DAY_MS + hour * HOUR_MS,
        )
        for n in range(1, 256)
    ]


def rows_of(file: Path) -> list:
    return duckdb.execute(f"FROM read_parquet('{file}')").fetchall()


def test_the_least_memory_is_enough_to_seal(tmp_path: Path):
    """With what a machine of 256 MB has for it, every dimension's figures are made."""
    house = House(tmp_path, NOON_MS + DAY_MS, limits=Limits(64))
    house.keep([an_event(event_id=n, visitor=n % 50, page=f"/{n}") for n in range(2000)])
    house.tail()
    assert house.store.seal() == 3
    figures = house.rows(Relation.ROLLUP)
    assert [row["pageviews"] for row in figures if row["dimension"] == "total"] == [2000]
    house.close()
