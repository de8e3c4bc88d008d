"""The journal: what is acknowledged is here, on disk, one row a commit group.

A group is whatever comes in until the group before it is down and nobody joins any more: those
who were answered by that one mostly come again at once. There is no timer: an idle journal writes
at once, a busy one writes larger groups. One thread writes, so a slow disk never holds the event
loop; one future answers all who wait for a group.
"""

import asyncio
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import SimpleQueue

from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.groups import Damaged, Group, Packing, unpack
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.event import Event
from liveinsight.ports import Clock, Drops

log = logging.getLogger(__name__)

# Waiting events beyond which new ones are refused: a few seconds of work, some 15 MB.
HIGH_WATER_EVENTS = 50_000
# With so many events a group is worth its write, whoever else comes.
ENOUGH_EVENTS = 500
# Who comes in one turn of the loop is judged in the next.
QUIET_TURNS = 2
PROBE_INTERVAL_S = 1.0
NOT_NOW = "Events cannot be stored at the moment."


class _Kept(asyncio.Future[None]):
    """Shared by all who wait for a group: one who hangs up cannot cancel it for the others."""

    def cancel(self, msg: object = None) -> bool:
        """Nothing: the waiting task's cancellation waits until the group is through."""
        del msg
        return False


class _Pending(Packing):
    """The group that is being filled, and the one future of all who wait for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.kept = _Kept(loop=loop)


class SqliteJournal:
    """Writes commit groups. Lives on one event loop; `on_lost` is called when a write failed."""

    def __init__(self, folder: Folder, clock: Clock, on_lost: Callable[[], None]) -> None:
        self._folder = folder
        self._clock = clock
        self._on_lost = on_lost
        self._db = folder.connect()
        self._next_seq = last_seq(self._db) + 1
        self._loop = asyncio.get_running_loop()
        self._pending: _Pending | None = None
        self._writing: _Pending | None = None
        self._drops: Counter[tuple[str, Drop]] = Counter()
        self._work: SimpleQueue[tuple[int, bytearray, int] | None] = SimpleQueue()
        # Closed until memory was rebuilt from what is here (`resume`).
        self.failure: str | None = "starting"
        self.commits = 0
        self.kept_events = 0
        self._thread = threading.Thread(target=self._write_groups, name="journal", daemon=True)
        self._thread.start()

    def check_room(self) -> None:
        """Refuse before any work is done for what could not be kept."""
        if self.failure is not None:
            raise Unavailable(NOT_NOW, retry_after_s=5)
        if self.backlog > HIGH_WATER_EVENTS:
            raise Unavailable("Too many events are waiting to be stored.", retry_after_s=2)

    @property
    def backlog(self) -> int:
        """Events that wait to be written."""
        return self._pending.count if self._pending else 0

    async def keep(self, events: Sequence[Event], drops: Mapping[tuple[str, Drop], int]) -> None:
        """Return when the events, and all that were given before, are on disk."""
        kept = self.append(events, drops)
        if kept is not None:
            await kept

    def append(
        self, events: Sequence[Event], drops: Mapping[tuple[str, Drop], int]
    ) -> asyncio.Future[None] | None:
        """What tells that the events, and all that were given before, are on disk; None: now.

        Drops ride along with the next group: they are figures, not worth a write of their own.
        """
        if self.failure is not None:
            raise Unavailable(NOT_NOW, retry_after_s=5)
        if drops:
            self._drops.update(drops)
        pending = self._pending
        if pending is None:
            if not events and self._writing is None:
                return None
            pending = self._pending = _Pending(self._loop)
            if self._writing is None:
                self._loop.call_soon(self._write_when_quiet)
        pending.add(events)
        return pending.kept

    async def stop(self) -> None:
        """Write what waits, drops included, and close."""
        while self.failure is None and (self._pending or self._writing or self._drops):
            if self._pending is None and self._writing is None:
                self._pending = _Pending(self._loop)
                self._write_next()
            waiting = self._pending or self._writing
            assert waiting is not None
            await asyncio.wait([waiting.kept])
        self._work.put(None)
        await asyncio.to_thread(self._thread.join)
        self._db.close()

    def _write_when_quiet(self, count: int = 0, quiet_turns: int = 0) -> None:
        """Write what waits, once no more than `count` wait for some turns, or they are enough."""
        if self._pending is None or self._writing is not None:
            return
        quiet_turns = 0 if self.backlog > count else quiet_turns + 1
        if quiet_turns == QUIET_TURNS or self.backlog >= ENOUGH_EVENTS:
            self._write_next()
        else:
            self._loop.call_soon(self._write_when_quiet, self.backlog, quiet_turns)

    def _write_next(self) -> None:
        group = self._pending
        if group is None or self._writing is not None or self.failure is not None:
            return
        self._pending, self._writing = None, group
        if not group.count and not self._drops:
            self._written(None)
            return
        drops = [(site, reason, n) for (site, reason), n in self._drops.items()]
        self._drops.clear()
        self._work.put((self._next_seq, group.body(drops), group.count))
        self._next_seq += 1

    def _written(self, error: Exception | None) -> None:
        group, self._writing = self._writing, None
        assert group is not None
        if error is not None:
            self._lose(group, error)
            return
        self.commits += 1
        self.kept_events += group.count
        group.kept.set_result(None)
        self._write_when_quiet()

    def _lose(self, group: _Pending, error: Exception) -> None:
        """Nothing of a failed group, nor what was judged after it, may be acknowledged.

        What is in memory now knows events that are not on disk, so nothing is taken until a
        write succeeds again and memory was rebuilt from the journal (`on_lost`).
        """
        self.failure = str(error)
        log.error("events cannot be stored, answering 503 until they can: %s", error)
        for lost in (group, self._pending):
            if lost is not None:
                lost.kept.set_exception(Unavailable(NOT_NOW, retry_after_s=5))
                lost.kept.exception()  # nobody may be left who waits for it
        self._pending = None
        self._on_lost()

    async def recover(self) -> None:
        """Return when a write succeeds again; what follows may then be kept."""
        while True:
            await asyncio.sleep(PROBE_INTERVAL_S)
            try:
                self._next_seq = await asyncio.to_thread(self._reopen) + 1
            except Exception as error:  # noqa: BLE001 - any keeps it closed
                log.debug("still failing: %s", error)
                continue
            return

    def resume(self) -> None:
        """Take events: what is in memory is what is on disk."""
        self.failure = None

    def _reopen(self) -> int:
        self._db.close()
        self._db = self._folder.connect()
        self._db.execute("BEGIN IMMEDIATE")
        # As large as a common group, so that success means room for one.
        self._db.execute(
            "INSERT INTO journal (seq, at_ms, n, body) VALUES (-1, 0, 0, zeroblob(65536))"
        )
        self._db.execute("DELETE FROM journal WHERE seq = -1")
        self._db.execute("COMMIT")
        return last_seq(self._db)

    def _write_groups(self) -> None:
        while (work := self._work.get()) is not None:
            seq, body, n = work
            error: Exception | None = None
            try:
                # One statement, autocommitted: SQLite gives the GIL away once, fsync included.
                self._db.execute(
                    "INSERT INTO journal (seq, at_ms, n, body) VALUES (?, ?, ?, ?)",
                    (seq, self._clock.now_ms(), n, body),
                )
            except Exception as failed:  # noqa: BLE001 - memory too may be at its end
                error = failed
            self._loop.call_soon_threadsafe(self._written, error)


class SqliteHotReader:
    """Reads commit groups that are not sealed, beside the one who writes them."""

    # Short reads: a long one would keep the write-ahead log from being reused.
    ROWS = 64

    def __init__(self, folder: Folder) -> None:
        self._db = folder.connect()
        self._damaged: set[int] = set()
        self._waiting = 0, 0, 0  # since which group, counted up to which, how many events

    def last_seq(self) -> int:
        """The newest group's number; it never goes back."""
        return last_seq(self._db)

    def first_ms_after(self, seq: int) -> int | None:
        """When the group after that one was committed, if there is one."""
        row = self._db.execute(
            "SELECT at_ms FROM journal WHERE seq > ? ORDER BY seq LIMIT 1", (seq,)
        ).fetchone()
        return None if row is None else int(row[0])

    def waiting(self, seq: int) -> int:
        """How many events came after that group; asked again, only new groups are looked at."""
        since, until, events = self._waiting
        if since != seq:
            until, events = seq, 0
        newest, more = self._db.execute(
            "SELECT max(seq), sum(n) FROM journal WHERE seq > ?", (until,)
        ).fetchone()
        if newest is not None:
            until, events = newest, events + more
        self._waiting = seq, until, events
        return events

    def after(self, seq: int) -> Iterator[tuple[int, Sequence[Event], Drops]]:
        """Groups after `seq` that are not sealed."""
        return (
            (number, group.events, {(site, why): n for site, why, n in group.drops})
            for number, _, group in self.unsealed(seq)
        )

    def unsealed(self, seq: int) -> Iterator[tuple[int, int, Group]]:
        """The same as they are kept, each with its number and when it was committed."""
        return self._groups(max(seq, _sealed_seq(self._db)))

    def of_late(self, events: int, since_ms: int) -> Iterator[Sequence[Event]]:
        """So many of the newest events and all since then, sealed ones too if still here."""
        first = 1
        rows = self._db.execute("SELECT seq, n, at_ms FROM journal ORDER BY seq DESC")
        for seq, n, at_ms in rows:
            events -= n
            if events <= 0 and at_ms < since_ms:
                first = seq
                break
        return (group.events for _, _, group in self._groups(first - 1))

    def _groups(self, last: int) -> Iterator[tuple[int, int, Group]]:
        while seqs := [
            seq
            for (seq,) in self._db.execute(
                "SELECT seq FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (last, self.ROWS)
            )
        ]:
            for number, at_ms, body in self._bodies(seqs):
                try:
                    group = unpack(body)
                except Damaged as error:
                    self._tell_damaged(number, error)
                else:
                    yield number, at_ms, group
            last = seqs[-1]

    def _bodies(self, seqs: list[int]) -> list[tuple[int, int, bytes]]:
        """Rows by their numbers. If one cannot be read, the others still can."""
        rows = "SELECT seq, at_ms, body FROM journal WHERE seq BETWEEN ? AND ? ORDER BY seq"
        try:
            return self._db.execute(rows, (seqs[0], seqs[-1])).fetchall()
        except sqlite3.DatabaseError as error:
            if len(seqs) > 1:
                return [row for seq in seqs for row in self._bodies([seq])]
            self._tell_damaged(seqs[0], error)
            return []

    def _tell_damaged(self, seq: int, error: Exception) -> None:
        if seq not in self._damaged:
            self._damaged.add(seq)
            log.error("commit group %d is damaged and left out: %s; restore a backup", seq, error)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()


def last_seq(db: sqlite3.Connection) -> int:
    """The highest number that was ever given."""
    (newest,) = db.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
    return max(int(newest), _sealed_seq(db))


def _sealed_seq(db: sqlite3.Connection) -> int:
    (sealed,) = db.execute("SELECT value FROM meta WHERE key = 'sealed_seq'").fetchone()
    return int(sealed)
