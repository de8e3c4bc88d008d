"""What the live window is made of: visits as rows of plain arrays, events as entries of a ring.

A million of them are no objects for the garbage collector.
"""

from array import array

import numpy as np

SETTLED_AT_ONCE = 1000


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


Shown = tuple[int, int, int]  # an event's time, row and thing


class Ring:
    """The events of late, oldest first, in arrays that wrap around.

    The newest wait as they were given: many at once are put in at a fifth of the price.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self.head = 0
        self.tail = 0
        self._late: list[Shown] = []
        self._allocate(capacity)

    def _allocate(self, capacity: int) -> None:
        self.capacity = capacity
        self.time_ms = array("q", bytes(8 * capacity))
        self.row = array("i", bytes(4 * capacity))
        self.thing = array("i", bytes(4 * capacity))

    def __len__(self) -> int:
        return self.tail - self.head + len(self._late)

    def extend(self, shown: list[Shown]) -> None:
        """Put events behind the newest."""
        self._late += shown
        if len(self._late) >= SETTLED_AT_ONCE:
            self._settle()

    def _settle(self) -> None:
        n = len(self._late)
        if n == 0:
            return
        while self.tail - self.head + n > self.capacity:
            self._grow()
        place = self.tail & (self.capacity - 1)
        first = min(n, self.capacity - place)
        columns = zip(*self._late, strict=True)
        for target, values in zip((self.time_ms, self.row, self.thing), columns, strict=True):
            column = array(target.typecode, values)
            target[place : place + first] = column[:first]
            target[: n - first] = column[first:]
        self.tail += n
        self._late.clear()

    def keep(self, wanted: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> None:
        """Leave only some; `wanted` is in the order of `columns`."""
        columns = [column[wanted] for column in self.columns()]
        self.head, self.tail = 0, len(columns[0])
        for target, column in zip((self.time_ms, self.row, self.thing), columns, strict=True):
            target[: self.tail] = array(target.typecode, column.tobytes())

    def columns(self) -> tuple["np.ndarray[tuple[int], np.dtype[np.signedinteger]]", ...]:
        """Times, rows and things, oldest first."""
        self._settle()
        return self._columns()

    def _columns(self) -> tuple["np.ndarray[tuple[int], np.dtype[np.signedinteger]]", ...]:
        first, last = self.head & (self.capacity - 1), self.tail & (self.capacity - 1)
        wraps = self.tail > self.head and last <= first
        return tuple(
            np.concatenate((column[first:], column[:last])) if wraps else column[first:last].copy()
            for column in (
                np.frombuffer(self.time_ms, np.int64),
                np.frombuffer(self.row, np.int32),
                np.frombuffer(self.thing, np.int32),
            )
        )

    def drop_before(self, cutoff_ms: int) -> None:
        """Forget the oldest up to the first that is young enough."""
        (time_ms, *_) = self.columns()
        young = np.flatnonzero(time_ms >= cutoff_ms)
        self.head += int(young[0]) if len(young) else len(self)

    def _grow(self) -> None:
        columns, length = self._columns(), self.tail - self.head
        self._allocate(2 * self.capacity)
        self.head, self.tail = 0, length
        for target, column in zip((self.time_ms, self.row, self.thing), columns, strict=True):
            target[:length] = array(target.typecode, column.tobytes())
