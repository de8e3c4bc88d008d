"""What the live window is made of: visits as rows of plain arrays, events as a trail of them.

A million of them are no objects for the garbage collector.
"""

from array import array
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SETTLED_AT_ONCE = 1000
BLOCK = 1 << 16
KINDS = (np.int64, np.int32, np.int32)  # of times, rows and things

Mask = NDArray[np.bool_]
Ints = NDArray[np.signedinteger]


class Rows:
    """Columns of visits. A visitor whose visits carry session ids has a row of their own too."""

    COLUMNS = (
        ("key", "Q"),
        ("start_ms", "q"),
        ("last_ms", "q"),
        ("is_open", "b"),
        ("person", "i"),  # the row that stands for the visitor
        ("site", "i"),
        ("origin", "i"),
        ("client", "i"),
        ("entry", "i"),  # the thing first viewed
        ("exit", "i"),  # the thing last viewed, -1 before any
    )

    def __init__(self, capacity: int = 1024) -> None:
        self.capacity = 0
        self.length = 0
        for name, code in self.COLUMNS:
            setattr(self, name, array(code))
        self._grow(capacity)

    key: "array[int]"
    start_ms: "array[int]"
    last_ms: "array[int]"
    is_open: "array[int]"
    person: "array[int]"
    site: "array[int]"
    origin: "array[int]"
    client: "array[int]"
    entry: "array[int]"
    exit: "array[int]"

    def add(self) -> int:
        """A fresh row's number."""
        if self.length == self.capacity:
            self._grow(2 * self.capacity)
        self.length += 1
        return self.length - 1

    def _grow(self, capacity: int) -> None:
        """In their places: whoever works on many rows has the columns at hand."""
        for name, _ in self.COLUMNS:
            column: array[int] = getattr(self, name)
            column.frombytes(bytes(column.itemsize * (capacity - len(column))))
        self.capacity = capacity


class Trail:
    """The events of late, oldest first, in blocks: their times, rows and things.

    The newest wait as they came: many at once are put in at a fraction of the price. To grow by a
    block, and to forget one, costs the same however many there are: nobody waits for a copy of all.
    """

    def __init__(self, block: int = BLOCK) -> None:
        self.late = array("q"), array("i"), array("i")
        self._block = block
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._blocks: deque[tuple[Ints, ...]] = deque()
        self._spare = 0  # room at the end of the newest block
        for late in self.late:
            del late[:]

    def __len__(self) -> int:
        return sum(len(times) for times, *_ in self._blocks) - self._spare + len(self.late[0])

    def add(self, *columns: Ints) -> None:
        """Times, rows and things of several, of the kinds that they are kept as."""
        for late, column in zip(self.late, columns, strict=True):
            late.frombytes(column.tobytes())

    def settle_many(self) -> None:
        """Put the newest behind the others once they are many."""
        if len(self.late[0]) >= SETTLED_AT_ONCE:
            self._settle()

    def _settle(self) -> None:
        self._put(self.late)
        for late in self.late:
            del late[:]

    def _put(self, columns: Sequence["Ints | array[int]"]) -> None:
        taken, length = 0, len(columns[0])
        while taken < length:
            if not self._spare:
                self._blocks.append(tuple(np.empty(self._block, kind) for kind in KINDS))
                self._spare = self._block
            newest = self._blocks[-1]
            part, begin = min(length - taken, self._spare), len(newest[0]) - self._spare
            for kept, column in zip(newest, columns, strict=True):
                kept[begin : begin + part] = column[taken : taken + part]
            taken += part
            self._spare -= part

    def keep(self, wanted: Mask) -> None:
        """Leave only some; `wanted` is in the order of `columns`."""
        kept = [column[wanted] for column in self.columns()]
        self.clear()
        self._put(kept)

    def columns(self) -> tuple[Ints, ...]:
        """Times, rows and things, oldest first."""
        self._settle()
        if not self._blocks:
            return tuple(np.empty(0, kind) for kind in KINDS)
        *others, newest = self._blocks
        used = len(newest[0]) - self._spare
        blocks = (*others, tuple(column[:used] for column in newest))
        return tuple(map(np.concatenate, zip(*blocks, strict=True)))

    def drop_before(self, cutoff_ms: int) -> None:
        """Forget the oldest up to the first that is young enough."""
        self._settle()
        while self._blocks:
            oldest = self._blocks[0]
            used = len(oldest[0]) - (self._spare if len(self._blocks) == 1 else 0)
            young = np.flatnonzero(oldest[0][:used] >= cutoff_ms)
            if len(young):
                self._blocks[0] = tuple(column[young[0] :] for column in oldest)
                return
            self._blocks.popleft()
        self._spare = 0
