"""Forgetting: events are gone from answers, journal, files and live view, to the last byte."""

import time
from pathlib import Path

import pytest

from builders import NOON_MS, an_event
from lake_house import House, held_rollup, held_visits, told_rollup, told_visit_rows
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.forgetting import Forgotten, forget_groups
from liveinsight.domain.errors import NotFound
from liveinsight.domain.forget import Doomed
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS, MINUTE_MS
from liveinsight.domain.range import Span
from liveinsight.domain.visitor import identified
from liveinsight.wiring import forgetting
from liveinsight.wiring.settings import Settings
from served import Served, command

MARK = "Xq7Marked"


def traffic() -> list:
    """Three days of three visitors, some visits over midnight, some events set aside."""
    found = []
    for day in range(3):
        for visitor in (1, 2, 3):
            for n in range(6):
                at = NOON_MS - day * DAY_MS + n * 13 * MINUTE_MS + visitor
                kind = "page_view" if n % 3 else "Signup"
                mark = f"/{MARK}-{visitor}-{day}"
                found.append(an_event(time_ms=at, visitor=visitor, type=kind, page=mark))
            found.append(
                an_event(time_ms=NOON_MS - day * DAY_MS, visitor=visitor, aside="bot", page="/bot")
            )
    return found


def forget(house: House, doomed: Doomed) -> tuple[int, bool]:
    return forgetting.forget(Settings(data_dir=house.folder.path), doomed, lambda _s: None)


def agrees(house: House, events: list) -> None:
    """Every relation says what a walk over these events says."""
    counted = [event for event in events if event.aside is None]
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(counted, "UTC")
    assert len(house.rows(Relation.EVENTS)) == len(counted)
    assert {row["event_id"] for row in house.rows(Relation.ASIDE)} == {
        event.event_id for event in events if event.aside is not None
    }


HALF, ALL = 30, 63
YESTERDAY = Span(NOON_MS - DAY_MS, NOON_MS - DAY_MS + 30 * MINUTE_MS)


@pytest.mark.parametrize(
    ("doomed", "sealed"),
    [
        (Doomed("shop", 2), 0),
        (Doomed("shop", 2), ALL),
        (Doomed("shop", None, YESTERDAY), HALF),
        (Doomed("shop", 3, Span(NOON_MS, NOON_MS + 20 * MINUTE_MS)), HALF),
        (Doomed("shop"), HALF),
        (Doomed("shop", 99), ALL),
    ],
    ids=["hot visitor", "sealed visitor", "span", "both", "all", "nobody"],
)
def test_what_is_left_is_what_would_have_been_without(tmp_path, doomed, sealed):
    """Hot, sealed, or both: visits that lose a part are judged as if it had never come, roll-ups
    too, at once and after the next start and seal.
    """
    house, events = House(tmp_path, NOON_MS + DAY_MS), traffic()
    if sealed:
        house.keep(events[:sealed])
        house.tail()
        house.store.seal()
    if events[sealed:]:
        house.keep(events[sealed:])
        house.tail()
    kept = [event for event in events if not doomed.covers(event)]
    assert forget(house, doomed)[0] == len(events) - len(kept)
    house.tail()
    agrees(house, kept)
    house.restart()
    agrees(house, kept)
    house.store.seal()
    agrees(house, kept)
    counted = [event for event in kept if event.aside is None]
    assert held_rollup(house.rows(Relation.ROLLUP)) == told_rollup(counted, "UTC")
    house.close()


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_byte_is_left(tmp_path):
    """Neither in the journal's free pages, nor its log, nor in files that were replaced."""
    house = House(tmp_path, NOON_MS)
    house.keep(traffic())
    house.tail()
    house.store.seal()
    house.keep([an_event(visitor=2, page=f"/{MARK}-2-hot") for _ in range(200)])
    house.close()
    assert f"{MARK}-2-".encode() in bytes_of(tmp_path)
    _, is_gone = forget(house, Doomed("shop", 2))
    assert is_gone
    assert f"{MARK}-2-".encode() not in bytes_of(tmp_path)
    forgetting.erase(Settings(data_dir=tmp_path), "shop")
    assert MARK.encode() not in bytes_of(tmp_path)


@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_site_that_was_removed_is_erased_and_a_typo_is_none(tmp_path, is_sealed):
    """What was collected of a removed site is known by its files or by the journal."""
    house = House(tmp_path, NOON_MS)
    house.keep(traffic())
    house.tail()
    if is_sealed:
        house.store.seal()
    house.close()
    control = SqliteControl(house.folder)
    control.remove_site("shop")
    control.close()
    with pytest.raises(NotFound):
        forgetting.erase(Settings(data_dir=tmp_path), "shpo")
    assert MARK.encode() in bytes_of(tmp_path)
    forgetting.erase(Settings(data_dir=tmp_path), "shop")
    assert MARK.encode() not in bytes_of(tmp_path)


def test_a_user_is_found_by_the_name_the_site_gave(tmp_path):
    """The id is made as collecting makes it; days are of the site's calendar."""
    house = House(tmp_path, NOON_MS, {"shop": "Asia/Seoul"})
    control = SqliteControl(house.folder)
    visitor = identified(control.secret("user_id"), "shop", "u-1")
    control.close()
    doomed = forgetting.doomed_events(house.folder, "shop", "u-1", None)
    assert doomed == Doomed("shop", visitor)
    with pytest.raises(NotFound):
        forgetting.doomed_events(house.folder, "blog", "u-1", None)
    house.close()


def test_each_message_is_heard_once(tmp_path):
    """Also when old ones were removed and their numbers are given again."""
    folder = House(tmp_path, NOON_MS).folder
    told = Forgotten(folder.connect())
    for at_ms in (1000, 2000, 3000):
        doomed = Doomed("shop", at_ms)
        forget_groups(folder, doomed, at_ms)
        assert told.news() == [doomed]
        assert told.news() == []
        told.clear(at_ms + 1)
    assert Forgotten(folder.connect()).news() == []
    told.close()


def test_a_damaged_group_keeps_none_of_the_others(tmp_path, caplog):
    """It is named, stays as it is, and what lies behind it is forgotten too."""
    house = House(tmp_path, NOON_MS)
    for visitor in (1, 2, 1):
        house.keep([an_event(visitor=visitor), an_event(visitor=3)])
    house.db.execute("UPDATE journal SET body = x'00' WHERE seq = 2")
    assert forget_groups(house.folder, Doomed("shop", 1), NOON_MS) == 2
    assert [record.args[0] for record in caplog.records] == [2]
    kept = house.db.execute("SELECT n FROM journal ORDER BY seq").fetchall()
    assert kept == [(1,), (2,), (1,)]
    house.close()


def until(condition):
    while not condition():
        time.sleep(0.02)


def totals(server, asked):
    status, told, _ = server.ask("POST", "/api/query", asked)
    assert status == 200, (told, server.log)
    return told["data"]["totals"]


def test_beside_a_server_the_live_view_forgets_too(tmp_path):
    """Within a moment; others stay, and whoever is forgotten may come again."""
    about = ("--data-dir", tmp_path)
    command("site", "add", "shop", "--public", *about)
    page = {"site": "shop", "page_url": "https://shop.example/a"}
    path = "/api/realtime?site=shop"
    with Served(tmp_path) as server:
        for user in ("u-1", "u-1", "u-2"):
            server.ask("POST", "/api/events", page | {"user_id": user})
        done = command("forget", "--site", "shop", "--user", "u-1", "--yes", *about)
        assert (done.returncode, "2 events" in done.stderr) == (0, True), done.stderr
        until(lambda: server.ask("GET", path)[1]["data"]["pageviews_last_30min"] == 1)
        live = server.ask("GET", path)[1]["data"]
        assert (live["active_users"], live["current_pages"], len(live["feed"])) == (1, {"/a": 1}, 1)
        told = server.ask("POST", "/api/events", page | {"user_id": "u-1"})[1]["data"]
        assert told["new_session"] is True
        assert server.ask("GET", path)[1]["data"]["active_users"] == 2
        asked = {"site": "shop", "range": "today", "metrics": ["pageviews", "visitors"]}
        until(lambda: totals(server, asked) == [2, 2])
        assert command("site", "erase", "shop", "--yes", *about).returncode == 0
        until(lambda: server.ask("GET", path)[1]["data"]["active_users"] == 0)
    done = command("forget", "--site", "shop", "--yes", *about)
    assert (done.returncode, "--user" in done.stderr) == (1, True)
