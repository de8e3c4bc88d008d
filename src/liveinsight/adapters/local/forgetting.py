"""Forgetting in the SQLite file: events leave the journal, and no byte of them stays behind.

SQLite leaves what was deleted in free pages and in the write-ahead log until something else is
written there. So the file is written anew and the log cut off.
"""

import logging
import sqlite3
import time
from collections.abc import Callable

from liveinsight.adapters.local.database import Folder, cut_log
from liveinsight.adapters.local.groups import Damaged, Group, pack, unpack
from liveinsight.domain.forget import Doomed
from liveinsight.domain.range import Span

log = logging.getLogger(__name__)

SELECT_GROUPS = """
SELECT seq, seq > (SELECT value FROM meta WHERE key = 'sealed_seq')
FROM journal
ORDER BY seq
"""
TRIES = 100
PAUSE_S = 0.1


def forget_groups(folder: Folder, doomed: Doomed, at_ms: int) -> int:
    """Take events out of all commit groups, sealed or not, and tell the server; how many of them
    were in no file yet.
    """
    db = folder.connect()
    db.execute("PRAGMA secure_delete = ON")
    gone = 0
    try:
        for seq, is_unsealed in db.execute(SELECT_GROUPS).fetchall():
            cleared = _cleared(db, seq, doomed)
            gone += cleared if is_unsealed else 0
        visitor = None if doomed.visitor is None else str(doomed.visitor)
        db.execute("BEGIN IMMEDIATE")
        db.execute(
            "INSERT INTO forgotten (site, visitor, start_ms, end_ms, at_ms) VALUES (?, ?, ?, ?, ?)",
            (doomed.site, visitor, doomed.span.start_ms, doomed.span.end_ms, at_ms),
        )
        db.execute("UPDATE meta SET value = value + 1 WHERE key = 'control_version'")
        db.execute("COMMIT")
    finally:
        db.close()
    return gone


def _cleared(db: sqlite3.Connection, seq: int, doomed: Doomed) -> int:
    """A transaction for each group: the server's next commit waits for one of them at most."""
    row = db.execute("SELECT body FROM journal WHERE seq = ?", (seq,)).fetchone()
    if row is None:
        return 0  # sealed and removed meanwhile
    try:
        group = unpack(row[0])
    except Damaged as error:
        log.warning("commit group %d is damaged and stays as it is: %s", seq, error)
        return 0
    kept = [event for event in group.events if not doomed.covers(event)]
    gone = len(group.events) - len(kept)
    if gone:
        db.execute(
            "UPDATE journal SET n = ?, body = ? WHERE seq = ?",
            (len(kept), pack(Group(kept, group.drops)), seq),
        )
    return gone


def write_anew(folder: Folder, pause: Callable[[float], None] = time.sleep) -> bool:
    """Leave nothing in the file but what counts; whether the log could be cut off."""
    db = folder.connect()
    try:
        db.execute("VACUUM")
        for _ in range(TRIES):
            if cut_log(db):
                return True
            pause(PAUSE_S)  # somebody reads an older state
        return False
    finally:
        db.close()


class Forgotten:
    """What a server hears of it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._last = self._newest()

    def news(self) -> list[Doomed]:
        """What was forgotten since the last look."""
        rows = self._db.execute(
            "SELECT n, site, visitor, start_ms, end_ms FROM forgotten WHERE n > ? ORDER BY n",
            (self._last,),
        ).fetchall()
        if rows:
            self._last = rows[-1][0]
        return [
            Doomed(site, None if visitor is None else int(visitor), Span(start_ms, end_ms))
            for _, site, visitor, start_ms, end_ms in rows
        ]

    def clear(self, before_ms: int) -> None:
        """Remove old messages that were heard. Their numbers may be given again."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "DELETE FROM forgotten WHERE at_ms < ? AND n <= ?", (before_ms, self._last)
        )
        self._last = self._newest(self._last)
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def _newest(self, limit: int = 2**62) -> int:
        (n,) = self._db.execute(
            "SELECT coalesce(max(n), 0) FROM forgotten WHERE n <= ?", (limit,)
        ).fetchone()
        return int(n)
