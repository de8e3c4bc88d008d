"""What was counted before and still holds, so that it is not counted again.

Two kinds of things hold: whole counts, as long as nothing new was kept, or of settled days nothing
was sealed; and what settled pieces gave, for as long as their files are there, which are never
changed and whose names never return.
It is bounded by rows; the least used goes first. When two ask for the same at once, one counts.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

MAX_ROWS = 60_000
T = TypeVar("T")


class Remembered:
    """Shared by all readings of a process."""

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self.max_rows = max_rows
        self.widest = max_rows // 6
        self.wide: set[Hashable] = set()  # what gave more rows than are worth keeping
        self.held = 0  # rows
        self._kept: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self._gates: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def get(self, key: Hashable, make: Callable[[], T], rows: Callable[[T], int]) -> T:
        """What is known under the key, else what is made now; `rows` tells how large that is."""
        with self._lock:
            if key in self._kept:
                return cast("T", self._known(key))
            gate = self._gates.setdefault(key, threading.Lock())
        with gate:
            with self._lock:
                if key in self._kept:
                    return cast("T", self._known(key))
            try:
                made = make()
            finally:
                with self._lock:
                    self._gates.pop(key, None)
            self._keep(key, made, rows(made))
            return made

    def noted(self, key: Hashable) -> bool:
        """Whether this was noted before; from now on it is."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return True
        self._keep(key, None, 1)
        return False

    def _known(self, key: Hashable) -> object:
        self.hits += 1
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def _keep(self, key: Hashable, made: object, rows: int) -> None:
        with self._lock:
            self.misses += 1
            if rows > self.widest or key in self._kept:
                return
            self._kept[key] = made, rows
            self.held += rows
            while self.held > self.max_rows:
                _, (_, gone) = self._kept.popitem(last=False)
                self.held -= gone
