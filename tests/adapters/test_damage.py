"""Damage on the disk: it is named, and everything else goes on."""

import json
import sqlite3
from pathlib import Path

import pytest

from builders import NOON_MS, an_event
from lake_house import House
from liveinsight.adapters.local.store.content import LocalContent
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS
from liveinsight.usecases.check import check
from served import Served, command


def visitors(house: House) -> set[int]:
    return {row["visitor"] for row in house.rows(Relation.EVENTS)}


def named(house: House) -> set[str]:
    content = LocalContent(house.folder)
    try:
        return {damage.part for damage in check(content, lambda _done, _of: None)}
    finally:
        content.close()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 4, len(content) // 2):
        content[place] ^= 0xFF
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    "damage",
    [cut, flip, Path.unlink, lambda path: path.write_bytes(b"")],
    ids=["cut", "flip", "gone", "empty"],
)
def test_a_damaged_file_is_left_out(tmp_path, damage):
    """Its day loses what was in it; other days, new events of that day, and seals go on. Put back,
    it counts again.
    """
    house = House(tmp_path, NOON_MS)
    house.keep([an_event(time_ms=NOON_MS - n * DAY_MS, visitor=n) for n in range(4)])
    house.tail()
    house.store.seal()
    house.close()
    (path,) = (tmp_path / "lake" / "shop" / "events").glob("2026-05-27-*")
    whole = path.read_bytes()
    damage(path)
    house = House(tmp_path, NOON_MS)
    assert f"lake/shop/events/{path.name}" in named(house)
    house.keep([an_event(visitor=9), an_event(time_ms=NOON_MS - DAY_MS, visitor=8)])
    house.tail()
    assert visitors(house) == {0, 2, 3, 8, 9}
    house.store.seal()
    assert visitors(house) == {0, 2, 3, 8, 9}
    path.write_bytes(whole)
    house.restart()
    assert visitors(house) == {0, 1, 2, 3, 8, 9}
    house.close()


def test_damage_that_is_found_by_a_question_is_left_out(tmp_path):
    """The first one is told so, the next one is answered."""
    data = tmp_path / "data"
    house = House(data, NOON_MS, {"shop": "UTC"})
    house.keep([an_event(time_ms=NOON_MS - n * DAY_MS, visitor=n) for n in range(4)])
    house.tail()
    house.store.seal()
    house.close()
    command("site", "set", "shop", "--public", "--data-dir", data)
    (path,) = (data / "lake" / "shop" / "events").glob("2026-05-27-*")
    cut(path)
    asked = {
        "site": "shop",
        "range": {"from": "2026-05-01", "to": "2026-05-30"},
        "metrics": ["pageviews"],
        "filters": ["and", [["is", "page", ["/"]], ["is", "hostname", ["shop.example"]]]],
    }
    with Served(data) as server:
        status, told, _ = server.ask("POST", "/api/query", asked)
        assert (status, "liveinsight check" in told["message"]) == (503, True), told
        status, told, _ = server.ask("POST", "/api/query", asked)
        assert (status, told["data"]["totals"]) == (200, [3])
        assert path.name in server.log


def test_a_damaged_commit_group_is_left_out(tmp_path):
    """In the middle of others: they are read, sealed and counted, it is named."""
    house = House(tmp_path, NOON_MS)
    for n in range(5):
        house.keep([an_event(visitor=n)])
    house.db.execute("UPDATE journal SET body = x'93' WHERE seq = 2")
    house.db.execute("UPDATE journal SET body = x'93a1ff' WHERE seq = 4")
    house.tail()
    assert visitors(house) == {0, 2, 4}
    assert named(house) == {"journal, commit group 2", "journal, commit group 4"}
    house.store.seal()
    house.restart()
    assert visitors(house) == {0, 2, 4}
    house.close()


def pages_of(path: Path, seq: int) -> bytes:
    """A stretch of the group's body, to find it by."""
    db = sqlite3.connect(path)
    (body,) = db.execute("SELECT body FROM journal WHERE seq = ?", (seq,)).fetchone()
    db.close()
    return bytes(body)


def test_damaged_pages_of_the_database_are_named(tmp_path):
    """A page of the journal's tree that is overwritten: the server starts, keeps the groups that can
    be read, and takes new events; check tells what is wrong.
    """
    house = House(tmp_path, NOON_MS)
    for n in range(12):
        house.keep([an_event(visitor=n, title=f"{n}.{k} " * 60) for k in range(40)])
    house.close()
    path = tmp_path / "liveinsight.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = bytearray(path.read_bytes())
    middle = content.find(pages_of(path, 6)[9000:9100])
    page = middle // 4096 * 4096
    content[page : page + 4096] = b"\xff" * 4096
    path.write_bytes(bytes(content))
    with Served(tmp_path) as server:
        assert server.send("new") == 200
        assert server.stop() == 0
        assert "commit group 6 is damaged" in server.log
    done = command("check", "--json", "--data-dir", tmp_path)
    parts = {one["part"] for one in json.loads(done.stdout)}
    assert (done.returncode, "journal, commit group 6" in parts) == (1, True)
    house = House(tmp_path, NOON_MS)
    house.tail()
    assert visitors(house) >= set(range(12)) - {5}
    house.close()


def test_a_ruined_database_is_one_line(tmp_path):
    """Whatever page is overwritten, the server either serves or says in one line what to do."""
    house = House(tmp_path / "whole", NOON_MS)
    house.keep([an_event()])
    house.close()
    db = sqlite3.connect(tmp_path / "whole" / "liveinsight.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    whole = (tmp_path / "whole" / "liveinsight.db").read_bytes()
    for page in (0, 1, 3, 5):
        folder = tmp_path / f"page-{page}"
        folder.mkdir()
        ruined = bytearray(whole)
        ruined[page * 4096 + 16 : page * 4096 + 4096] = b"\xa5" * 4080
        (folder / "liveinsight.db").write_bytes(bytes(ruined))
        done = command("site", "list", "--data-dir", folder)
        if done.returncode:
            assert done.stderr.count("\n") == 1, done.stderr
            assert "liveinsight.db" in done.stderr
            assert "ackup" in done.stderr
