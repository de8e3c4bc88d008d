"""Event ids of late, so that sending an event again is harmless: 18 to 36 bytes each.

The latest are a set. From there they go by the thousand into open-addressing tables, in anonymous
memory that is touched only where it is used. A full table is kept for an hour more, and the one
that filled last always, so that a million ids and an hour are looked back upon; on a small machine
a rush leaves less than an hour, as all tables together are bounded. What is sent again later
still is found when the day is sealed.
"""

import mmap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liveinsight.ports import Clock

ROOM = 1 << 20
LARGEST = 1 << 23  # 128 MB
MOST = 1 << 25
MOST_PER_MB = 1 << 15  # of what the store may use: half as much
AN_HOUR_MS = 3_600_000
LATEST = 1 << 14
MARKS = 16  # bits for each id that there is room for
BIT = np.array([1 << place for place in range(8)], np.uint8)
LOW = np.uint64(7)
FEW = 10  # up to so many are asked for one by one
Ids = NDArray[np.uint64]


class _Table:
    """Ids hash themselves: they are hashes. 0 marks an empty place, so 0 is kept as 1.

    Nearly all that is asked for is not here, which the marks mostly tell: they are bits that stand
    for some ids each, and so few bytes that the processor has them at hand.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.until_ms = 0
        self.count = 0
        self._places = memoryview(mmap.mmap(-1, 16 * room)).cast("Q")
        self._marks = np.frombuffer(mmap.mmap(-1, MARKS * room // 8), np.uint8)

    def put(self, event_ids: Ids) -> None:
        """Take in ids that are not here. Of those that want the same place one has it, the others
        go on to the next one.
        """
        self.count += len(event_ids)
        np.bitwise_or.at(self._marks, self._mark_of(event_ids), BIT[event_ids & LOW])
        places, mask = np.frombuffer(self._places, np.uint64), np.uint64(2 * self.room - 1)
        place = event_ids & mask
        while len(event_ids):
            free = places[place] == 0
            places[place[free]] = event_ids[free]
            waits = places[place] != event_ids
            event_ids, place = event_ids[waits], place[waits] + np.uint64(1) & mask

    def marked(self, event_ids: Ids) -> list[int]:
        """Those that may be here."""
        marks = self._marks[self._mark_of(event_ids)]
        marked: list[int] = event_ids[(marks & BIT[event_ids & LOW]) != 0].tolist()
        return marked

    def _mark_of(self, event_ids: Ids) -> NDArray[np.int64]:
        last = np.uint64(len(self._marks) - 1)
        return (event_ids >> np.uint64(3) & last).astype(np.int64)

    def holds(self, event_id: int) -> bool:
        """Whether it is here."""
        places, mask = self._places, len(self._places) - 1
        place = event_id & mask
        while (found := places[place]) and found != event_id:
            place = (place + 1) & mask
        return bool(found)


class RecentIds:
    """The port `Seen`, in memory; rebuilt from the journal at start. No more than `most` are kept."""

    def __init__(self, clock: Clock, room: int = ROOM, most: int = MOST) -> None:
        assert room & (room - 1) == 0, "places are found by a mask"
        self._clock = clock
        self._room = room
        self._most = max(most, 2 * room)
        self._at_once = min(LATEST, room // 2)
        self.clear()

    def clear(self) -> None:
        """Forget all, to be rebuilt from the journal."""
        self._latest: set[int] = set()
        self._young = _Table(self._room)
        self._older: list[_Table] = []  # newest first

    def add(self, event_ids: Sequence[int]) -> list[bool]:
        """Remember the ids; for each whether it was not there before."""
        if len(event_ids) <= FEW:
            return [self._add(told or 1) for told in event_ids]
        fresh: list[bool] = []
        for begin in range(0, len(event_ids), self._at_once):
            some = [told or 1 for told in event_ids[begin : begin + self._at_once]]
            if self._are_new(some):
                self._latest.update(some)
                fresh += [True] * len(some)
            else:
                fresh += map(self._add, some)
            if len(self._latest) >= self._at_once:
                self._settle()
        return fresh

    def _add(self, event_id: int) -> bool:
        if event_id in self._latest or self._young.holds(event_id):
            return False
        for table in self._older:
            if table.holds(event_id):
                return False
        self._latest.add(event_id)
        if len(self._latest) >= self._at_once:
            self._settle()
        return True

    def _are_new(self, event_ids: list[int]) -> bool:
        """Whether all are: no two the same, and none was there before."""
        distinct = set(event_ids)
        if len(distinct) < len(event_ids) or not self._latest.isdisjoint(distinct):
            return False
        told = _array(distinct)
        return not any(
            any(map(table.holds, table.marked(told))) for table in (self._young, *self._older)
        )

    def _settle(self) -> None:
        """Put the latest into their table."""
        self._young.put(_array(self._latest))
        self._latest.clear()
        if self._young.count >= self._young.room:
            self._turn()

    def _turn(self) -> None:
        """Begin a new table, twice as large if this one filled within the hour."""
        full, now_ms = self._young, self._clock.now_ms()
        full.until_ms = now_ms
        filled_fast = not self._older or now_ms - self._older[0].until_ms < AN_HOUR_MS
        room = min(2 * full.room, LARGEST) if filled_fast else self._room
        if 2 * room > self._most:  # when it is full, the next one is no smaller
            room = full.room
        self._young = _Table(room)
        late = (table for table in self._older if now_ms - table.until_ms < AN_HOUR_MS)
        self._older = [full]
        left = self._most - room - full.room
        for table in late:
            left -= table.room
            if left < 0:
                break
            self._older.append(table)


def _array(event_ids: set[int]) -> Ids:
    return np.fromiter(event_ids, np.uint64, len(event_ids))
