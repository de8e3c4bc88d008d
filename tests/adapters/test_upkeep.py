"""What is asked of the journal again and again costs little, and keeps nobody from writing."""

from pathlib import Path

from builders import NOON_MS, an_event
from lake_house import House
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.journal import SqliteHotReader
from liveinsight.domain.period import DAY_MS, HOUR_MS


def test_what_waits_is_counted_once_and_from_any_group(tmp_path: Path):
    """Events after a group: none, then those that came, and again after some were read."""
    folder = Folder(tmp_path)
    db = folder.connect()
    reader = SqliteHotReader(folder)
    assert reader.waiting(0) == 0
    for seq, n in ((1, 5), (2, 7)):
        db.execute("INSERT INTO journal VALUES (?, 0, ?, x'')", (seq, n))
    assert reader.waiting(0) == 12
    db.execute("INSERT INTO journal VALUES (3, 0, 100, x'')")
    assert reader.waiting(0) == 112
    assert reader.waiting(1) == 107
    assert reader.waiting(3) == 0
    db.execute("INSERT INTO journal VALUES (4, 0, 1, x'')")
    assert reader.waiting(3) == 1
    reader.close()
    db.close()


def test_nothing_to_forget_asks_for_no_writing(tmp_path: Path):
    """While another writes, housekeeping with nothing old to remove neither waits nor fails."""
    house = House(tmp_path, NOON_MS)
    house.keep([an_event()])
    house.tail()
    house.store.seal()
    other = Folder(tmp_path).connect()
    other.execute("BEGIN IMMEDIATE")
    assert not house.store.tidy()
    other.execute("ROLLBACK")
    other.close()
    house.close()


def test_old_groups_and_those_of_a_wrong_clock_are_forgotten(tmp_path: Path):
    """Sealed groups of an hour stay; older ones go, and so do those from days ahead."""
    house = House(tmp_path, NOON_MS)
    for at_ms in (NOON_MS + 3 * DAY_MS, NOON_MS - 2 * HOUR_MS, NOON_MS - HOUR_MS, NOON_MS):
        house.keep([an_event(time_ms=at_ms)], at_ms=at_ms)
    house.tail()
    house.store.seal()
    while house.store.tidy():
        pass
    left = [at_ms for (at_ms,) in house.db.execute("SELECT at_ms FROM journal ORDER BY seq")]
    assert left == [NOON_MS - HOUR_MS, NOON_MS]
    house.close()
