"""Event ids of late, so that sending an event again is harmless: 18 to 36 bytes each.

They are kept in open-addressing tables of 64-bit ids, in anonymous memory that is touched only
where it is used, and one by one where few come: a place that nobody was at yet takes the system up
to 20 microseconds, and hundreds of them at once would be a wait that is felt.
Before a table are its marks, small enough to be near: of ids that are not there they tell fifteen
in sixteen, as many at once as are asked for.
A full table is kept for an hour more, and the one that filled last always, so that a million
ids and an hour are looked back upon; on a small machine a rush leaves less than an hour, as all
tables together are bounded. What is sent again later still is found when the day is sealed.
"""

import mmap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liveinsight.ports import Clock

ROOM = 1 << 20
LARGEST = 1 << 23  # 144 MB
MOST = 1 << 25
MOST_PER_MB = (1 << 19) // 18  # of what the store may use: half as much
MANY = 64  # from so many on all at once is the cheaper way
AN_HOUR_MS = 3_600_000
KINDS = np.array([1 << kind for kind in range(8)], np.uint8)
NEAR = np.arange(8)  # as many places as come into the processor together

Ids = NDArray[np.uint64]
Marks = NDArray[np.uint8]


class _Table:
    """Ids hash themselves: they are hashes. Their highest bits tell their place, and before the
    places are marks: which of eight kinds, by the lowest bits, the ids are that belong at one.
    0 is an empty place, so 0 is kept as 1.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.until_ms = 0
        self.count = 0
        self._mask = 2 * room - 1
        self._shift = 64 - self._mask.bit_length()
        self._marks = memoryview(_memory(2 * room))
        self._places = memoryview(_memory(16 * room)).cast("Q")

    def has(self, event_id: int) -> bool:
        """Whether it was put here."""
        place = event_id >> self._shift
        if not self._marks[place] & 1 << (event_id & 7):
            return False
        places, mask = self._places, self._mask
        while (found := places[place]) and found != event_id:
            place = (place + 1) & mask
        return found != 0

    def put(self, event_id: int) -> None:
        """Keep one that is not here, where there is room."""
        place, places, mask = event_id >> self._shift, self._places, self._mask
        self._marks[place] |= 1 << (event_id & 7)
        while places[place]:
            place = (place + 1) & mask
        places[place] = event_id
        self.count += 1

    def has_any(self, ids: Ids, kinds: Marks) -> bool:
        """Whether any of them was put here."""
        marks, places = np.frombuffer(self._marks, np.uint8), np.frombuffer(self._places, np.uint64)
        place = self._place(ids)
        maybe = marks[place] & kinds != 0
        ids, place = ids[maybe], place[maybe]
        while len(ids):
            near = places[place[:, None] + NEAR & self._mask]
            if (near == ids[:, None]).any():
                return True
            goes_on = near.all(axis=1)  # an id is before the first empty place
            ids, place = ids[goes_on], place[goes_on] + len(NEAR) & self._mask
        return False

    def put_all(self, ids: Ids) -> None:
        """Keep ids that are not here, no more than there is room for."""
        marks, places = np.frombuffer(self._marks, np.uint8), np.frombuffer(self._places, np.uint64)
        self.count += len(ids)
        place, kinds = self._place(ids), _kinds(ids)
        marks[place] |= kinds  # of several for one place the last counts
        lost = marks[place] & kinds == 0
        np.bitwise_or.at(marks, place[lost], kinds[lost])
        while len(ids):
            free = places[place] == 0
            places[place[free]] = ids[free]  # of several for one place the last has it
            others = places[place] != ids
            ids, place = ids[others], place[others] + 1 & self._mask

    def _place(self, ids: Ids) -> NDArray[np.int64]:
        return (ids >> np.uint64(self._shift)).view(np.int64)


class RecentIds:
    """The port `Seen`, in memory; rebuilt from the journal at start. No more than `most` are kept."""

    def __init__(self, clock: Clock, room: int = ROOM, most: int = MOST) -> None:
        assert room & (room - 1) == 0, "places are found by a mask"
        self._clock = clock
        self._room = room
        self._most = max(most, 2 * room)
        self.clear()

    def clear(self) -> None:
        """Forget all, to be rebuilt from the journal."""
        self._tables = [_Table(self._room)]  # newest first

    def add(self, event_ids: Sequence[int]) -> list[int]:
        """Remember the ids; those that were there before are told, by their indices."""
        if len(event_ids) >= MANY:
            ids = np.fromiter(event_ids, np.uint64, len(event_ids))
            if not self._may_know(ids):
                self._put_all(ids)
                return []
        repeated: list[int] = []
        for index, told in enumerate(event_ids):
            event_id = told or 1
            if self._knows(event_id):
                repeated.append(index)
            else:
                table = self._tables[0]
                table.put(event_id)
                if table.count == table.room:
                    self._turn()
        return repeated

    def _may_know(self, ids: Ids) -> bool:
        """Whether any was there before or comes twice: told at once where, as mostly, none does."""
        in_order = np.sort(ids)
        if in_order[0] == 0 or (in_order[1:] == in_order[:-1]).any():
            return True
        kinds = _kinds(ids)
        return any(table.has_any(ids, kinds) for table in self._tables)

    def _knows(self, event_id: int) -> bool:
        for table in self._tables:  # noqa: SIM110 - an event of its own would pay for a generator
            if table.has(event_id):
                return True
        return False

    def _put_all(self, ids: Ids) -> None:
        """Keep ids that are not there."""
        while len(ids):
            table = self._tables[0]
            fitting = table.room - table.count
            table.put_all(ids[:fitting])
            ids = ids[fitting:]
            if table.count == table.room:
                self._turn()

    def _turn(self) -> None:
        """Begin a new table, twice as large if this one filled within the hour."""
        (full, *older), now_ms = self._tables, self._clock.now_ms()
        full.until_ms = now_ms
        filled_fast = not older or now_ms - older[0].until_ms < AN_HOUR_MS
        room = min(2 * full.room, LARGEST) if filled_fast else self._room
        if 2 * room > self._most:  # when it is full, the next one is no smaller
            room = full.room
        left = self._most - room - full.room
        self._tables = [_Table(room), full]
        for table in older:
            left -= table.room
            if left < 0 or now_ms - table.until_ms >= AN_HOUR_MS:
                break
            self._tables.append(table)


def _memory(size: int) -> mmap.mmap:
    """Of which the system gives what is touched."""
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _kinds(ids: Ids) -> Marks:
    """For each the mark that tells its kind."""
    kinds: Marks = KINDS[ids.view(np.int64) & 7]
    return kinds
