"""What the live window is made of: visits as rows of plain arrays, events as entries of a ring.

A million of them are no objects for the garbage collector.
"""

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SETTLED_AT_ONCE = 1000

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


class Ring:
    """The events of late, oldest first, in arrays that wrap around: their times, rows and things.

    The newest wait as they came: many at once are put in at a fraction of the price.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self.head = 0
        self.tail = 0
        self.late = array("q"), array("i"), array("i")
        self._allocate(capacity)

    def _allocate(self, capacity: int) -> None:
        """Room of which the system gives what is used."""
        self.capacity = capacity
        self._kept: tuple[Ints, ...] = tuple(
            np.zeros(capacity, kind) for kind in (np.int64, np.int32, np.int32)
        )

    def __len__(self) -> int:
        return self.tail - self.head + len(self.late[0])

    def settle_many(self) -> None:
        """Put the newest behind the others once they are many."""
        if len(self.late[0]) >= SETTLED_AT_ONCE:
            self._settle()

    def _settle(self) -> None:
        n = len(self.late[0])
        while self.tail - self.head + n > self.capacity:
            self._grow()
        place = self.tail & (self.capacity - 1)
        first = min(n, self.capacity - place)
        for kept, late in zip(self._kept, self.late, strict=True):
            kept[place : place + first] = late[:first]
            kept[: n - first] = late[first:]
            del late[:]
        self.tail += n

    def keep(self, wanted: Mask) -> None:
        """Leave only some; `wanted` is in the order of `columns`."""
        self._put([column[wanted] for column in self.columns()])

    def columns(self) -> tuple[Ints, ...]:
        """Times, rows and things, oldest first."""
        self._settle()
        return self._columns()

    def _columns(self) -> tuple[Ints, ...]:
        first, last = self.head & (self.capacity - 1), self.tail & (self.capacity - 1)
        wraps = self.tail > self.head and last <= first
        return tuple(
            np.concatenate((kept[first:], kept[:last])) if wraps else kept[first:last].copy()
            for kept in self._kept
        )

    def drop_before(self, cutoff_ms: int) -> None:
        """Forget the oldest up to the first that is young enough."""
        (time_ms, *_) = self.columns()
        young = np.flatnonzero(time_ms >= cutoff_ms)
        self.head += int(young[0]) if len(young) else len(self)

    def _grow(self) -> None:
        columns = self._columns()
        self._allocate(2 * self.capacity)
        self._put(columns)

    def _put(self, columns: Sequence[Ints]) -> None:
        """These alone, from the beginning."""
        self.head, self.tail = 0, len(columns[0])
        for kept, column in zip(self._kept, columns, strict=True):
            kept[: self.tail] = column
