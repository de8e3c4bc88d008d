"""A site that was given another time zone: all that was kept is told under its days."""

from datetime import date
from errno import ENOSPC
from pathlib import Path
from random import Random

import pytest

from builders import NOON_MS, an_event
from lake_house import (
    FAR_AHEAD,
    LONG_AGO,
    House,
    day_of,
    first_kept,
    held_events,
    held_rollup,
    held_visits,
    told_events,
    told_rollup,
    told_visit_rows,
)
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.moving import LocalMovable
from liveinsight.adapters.local.store.engine import Engine
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.sql import bring
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.adapters.sql.relations import over
from liveinsight.domain import query as queries
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS, HOUR_MS, day_span
from liveinsight.domain.site import Site
from liveinsight.usecases.answer import answer
from liveinsight.wiring.bringing import Import
from liveinsight.wiring.settings import Settings
from oracle import traffic

WEST, EAST = "America/New_York", "Asia/Seoul"
FARTHEST = "Pacific/Kiritimati", "Etc/GMT+12"


def move(house: House, zone: str, site: str = "shop") -> None:
    control = SqliteControl(house.folder)
    control.put_site(Site(id=site, timezone=zone))
    control.close()


def redate(house: House, zone: str) -> None:
    """As the server does: the sealer's thread writes, the tail's reads anew."""
    move(house, zone)
    house.store.keep_house()
    house.tail()


def check(house: House, events: list, zone: str) -> None:
    """What lies there is what a loop over the events says of that zone."""
    counted = [event for event in events if event.aside is None]
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(counted, zone)
    told = told_events(counted, zone)
    rows = house.rows(Relation.EVENTS)
    ids = {row[0] for row in told}
    assert held_events(row for row in rows if row["event_id"] in ids) <= told
    # Month files have no ids, or made ones, where only their order matters.
    held = [held_events([row | {"event_id": None}]).pop() for row in rows]
    assert sorted(held, key=repr) == sorted(((None, *row[1:]) for row in told), key=repr)


@pytest.mark.parametrize("first", [*traffic.ZONES, FARTHEST[0]])
@pytest.mark.parametrize("then", [WEST, EAST, FARTHEST[1]])
def test_all_is_told_as_if_the_zone_had_always_been_the_new_one(
    tmp_path: Path, first: str, then: str
):
    """Day files and month files, what is hot, and what comes after."""
    random = Random(first + then)
    events, now = traffic.traffic(random.randrange(1000), first)
    events = first_kept(events)
    cut, late = len(events) // 2, len(events) * 3 // 4
    house = House(tmp_path, now, {"shop": first})
    house.keep(events[:cut])
    house.tail()
    house.store.seal()
    house.clock.ms = now + 40 * DAY_MS
    house.store.compact()
    house.clock.ms = now
    house.keep(events[cut:late])
    house.tail()
    redate(house, then)
    check(house, events[:late], then)
    house.keep(events[late:])
    house.tail()
    check(house, events, then)
    house.clock.ms = now + HOUR_MS  # no visit goes on, so nothing stays hot
    house.store.seal()
    check(house, events, then)
    counted = [event for event in events if event.aside is None]
    assert held_rollup(house.rows(Relation.ROLLUP)) == told_rollup(counted, then)
    assert {file.zone for file in house.store.moment.relations.files("shop")} == {then}
    house.close()


def today(house: House, zone: str) -> list:
    query = queries.parse({"site": "shop", "range": "today", "metrics": ["visitors", "pageviews"]})
    with house.store.reading() as reading:
        site = Site(id="shop", timezone=zone)
        return answer(query, site, SqlHistory(reading), house.clock.ms).totals


def test_today_is_all_there_at_once(tmp_path: Path):
    """A newcomer sets the zone after the first events: where it is still yesterday by the old one."""
    evening_ms = day_span(date(2026, 5, 10), "UTC").start_ms + 2 * HOUR_MS
    house = House(tmp_path, evening_ms)
    house.keep([an_event(time_ms=evening_ms - n * HOUR_MS, visitor=n) for n in range(2)])
    house.tail()
    house.store.seal()
    house.keep([an_event(time_ms=evening_ms - 1000, visitor=9)])
    house.tail()
    redate(house, WEST)
    assert today(house, WEST) == [3, 3]
    house.restart()
    assert today(house, WEST) == [3, 3]
    house.close()


def test_what_is_only_hot_is_told_in_the_new_zone_too(tmp_path: Path):
    """Nothing is sealed yet: there is no file to write."""
    evening_ms = day_span(date(2026, 5, 10), "UTC").start_ms + HOUR_MS
    house = House(tmp_path, evening_ms)
    house.keep([an_event(time_ms=evening_ms)])
    house.tail()
    redate(house, WEST)
    assert today(house, WEST) == [1, 1]
    house.close()


def test_where_it_fails_all_goes_on_and_it_is_tried_an_hour_later(tmp_path: Path):
    """A full disk, say: events are sealed as before, in the zone there was."""
    full = []

    def at(step: str) -> None:
        if step == "synced" and full:
            raise OSError(ENOSPC, "no space left")

    house = House(tmp_path, NOON_MS, at=at)
    house.keep([an_event()])
    house.tail()
    house.store.seal()
    full.append(True)
    with pytest.raises(OSError, match="no space"):
        redate(house, WEST)
    full.clear()
    house.store.keep_house()
    house.keep([an_event(time_ms=NOON_MS + 1)])
    house.tail()
    house.store.seal()
    assert {file.zone for file in house.store.moment.relations.files("shop")} == {"UTC"}
    house.clock.ms += HOUR_MS
    house.store.keep_house()
    house.tail()
    assert {file.zone for file in house.store.moment.relations.files("shop")} == {WEST}
    assert len(house.rows(Relation.EVENTS)) == 2
    house.close()


def test_files_of_before_zones_were_noted_are_taken_for_the_sites(tmp_path: Path):
    """They are left as they are, until the site is given another zone."""
    house = House(tmp_path, NOON_MS)
    house.keep([an_event()])
    house.tail()
    house.store.seal()
    house.db.execute("UPDATE lake_file SET zone = ''")
    house.restart()
    assert house.store.redate() == 0
    house.keep([an_event(time_ms=NOON_MS + 1)])
    house.tail()
    house.store.seal()
    redate(house, EAST)
    assert {file.zone for file in house.store.moment.relations.files("shop")} == {EAST}
    assert len(house.rows(Relation.EVENTS)) == 2
    house.close()


def zones(house: House, site: str = "shop") -> set[str]:
    return {file.zone for file in house.store.moment.relations.files(site)}


def test_a_failure_leaves_nothing_behind(tmp_path: Path):
    """What was written until then would fill the disk try by try."""
    steps = []

    def at(step: str) -> None:
        steps.append(step)
        if step == "synced" and steps.count("synced") == 20:
            raise OSError(ENOSPC, "no space left")

    house = House(tmp_path, NOON_MS, at=at)
    house.keep([an_event(time_ms=NOON_MS - n * DAY_MS) for n in range(5)])
    house.tail()
    house.store.seal()
    before = set(tmp_path.rglob("*.parquet*"))
    with pytest.raises(OSError, match="no space"):
        redate(house, WEST)
    assert set(tmp_path.rglob("*.parquet*")) == before
    assert zones(house) == {"UTC"}
    house.close()


def test_what_is_left_out_for_damage_is_waited_for(tmp_path: Path):
    """Days of a file that cannot be read now would be left out for good."""
    house = House(tmp_path, NOON_MS)
    house.keep([an_event(time_ms=NOON_MS - n * DAY_MS) for n in range(3)])
    house.tail()
    house.store.seal()
    path = Path(house.store.moment.relations.files("shop")[0].path)
    body = path.read_bytes()
    path.write_bytes(b"damaged")
    assert house.store.leave_out_damaged()
    redate(house, WEST)
    assert zones(house) == {"UTC"}
    path.write_bytes(body)
    house.restart()
    redate(house, WEST)
    assert zones(house) == {WEST}
    assert len(house.rows(Relation.EVENTS)) == 3
    house.close()


def test_who_moves_takes_all_sites_in_their_zones(tmp_path: Path):
    """Several that wait for it."""
    house = House(tmp_path, NOON_MS, {"shop": "UTC", "blog": "UTC"})
    house.keep([an_event(), an_event(site="blog")])
    house.tail()
    house.store.seal()
    move(house, WEST)
    move(house, EAST, "blog")
    house.close()
    home = LocalMovable(house.folder, house.clock, Limits())
    home.seal()
    assert {(file.site, file.zone) for file in home.holding().files} == {
        ("shop", WEST),
        ("blog", EAST),
    }
    home.close()


def test_an_import_that_runs_meanwhile_goes_on_in_the_new_zone(tmp_path: Path, monkeypatch):
    """Its days were told in the one before."""
    monkeypatch.setattr(bring, "ROWS_AT_ONCE", 2)
    house = House(tmp_path / "data", NOON_MS, {"shop": "UTC", "copy": "UTC"})
    midnight = day_span(date(2026, 5, 10), "UTC").start_ms
    events = [an_event(time_ms=midnight + n * 5 * HOUR_MS, visitor=n) for n in range(9)]
    house.keep(events)
    house.keep([an_event(site="copy")])
    house.tail()
    house.store.seal()
    path = tmp_path / "export.parquet"
    with house.store.reading() as reading:
        rows = over(reading.relations.pieces("shop", LONG_AGO, FAR_AHEAD), Relation.EVENTS)
        reading.cursor.execute(f"COPY (FROM {rows}) TO '{path}' (FORMAT parquet)")
    importing = Import(Settings(data_dir=tmp_path / "data"), "copy", path)
    told = []

    def after_a_part(done: int, _: int) -> None:
        told.append(done)
        if len(told) == 2:
            move(house, EAST, "copy")
            house.tail()
            house.store.keep_house()
            house.tail()

    importing.export(after_a_part)
    importing.close()
    house.tail()
    assert zones(house, "copy") == {EAST}
    rows = house.rows(Relation.EVENTS, "copy")
    assert len(rows) == len(events) + 1
    assert [row for row in rows if row["day"] != day_of(row["time_ms"], EAST)] == []
    house.close()


def test_under_load_the_new_tables_are_read_at_once(tmp_path: Path, monkeypatch):
    """More comes while they are made: that is for the next turn, or there would be no end of it."""
    house = House(tmp_path, NOON_MS)
    house.keep([an_event()])
    house.tail()
    stage = Engine._stage
    comes = iter(range(50))

    def staged(engine, *told):
        for _ in comes:
            house.keep([an_event()])
            break
        return stage(engine, *told)

    monkeypatch.setattr(Engine, "_stage", staged)
    move(house, WEST)
    house.store.keep_house()
    assert house.store.tail() == 1
    assert next(comes) == 1
    house.tail()
    assert len(house.rows(Relation.EVENTS)) == 2
    house.close()
