"""Event ids of late, so that sending an event again is harmless: 16 to 32 bytes each.

Open-addressing tables of 64-bit ids in anonymous memory that is touched only where it is used.
A full table is kept for an hour more, and the one that filled last always, so that a million
ids and an hour are looked back upon; on a small machine a rush leaves less than an hour, as all
tables together are bounded. What is sent again later still is found when the day is sealed.
"""

import mmap
from collections.abc import Sequence

from liveinsight.ports import Clock

ROOM = 1 << 20
LARGEST = 1 << 23  # 128 MB
MOST = 1 << 25
MOST_PER_MB = 1 << 15  # of what the store may use: half as much
AN_HOUR_MS = 3_600_000


class _Table:
    """Ids hash themselves: they are hashes. 0 marks an empty place, so 0 is kept as 1."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.until_ms = 0
        self.count = 0
        self._mask = 2 * room - 1
        self.places = memoryview(mmap.mmap(-1, 16 * room)).cast("Q")

    def place(self, event_id: int) -> int:
        """Where it is, or would be."""
        places, mask = self.places, self._mask
        place = event_id & mask
        while (found := places[place]) and found != event_id:
            place = (place + 1) & mask
        return place


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
        self._young = _Table(self._room)
        self._older: list[_Table] = []  # newest first

    def add(self, event_ids: Sequence[int]) -> list[bool]:
        """Remember the ids; for each whether it was not there before."""
        table, older = self._young, self._older
        fresh: list[bool] = []
        for told in event_ids:
            event_id = told or 1
            place = table.place(event_id)
            is_new = not table.places[place]
            for other in older:
                is_new = is_new and not other.places[other.place(event_id)]
            fresh.append(is_new)
            if is_new:
                table.places[place] = event_id
                table.count += 1
                if table.count == table.room:
                    self._turn()
                    table, older = self._young, self._older
        return fresh

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
