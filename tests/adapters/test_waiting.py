"""How much of the journal is not read yet."""

from pathlib import Path

from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.journal import SqliteHotReader


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
