"""Values as small numbers, so that a million visits share what they have in common.

Numbers of values that nobody uses any more are given again; a `Truth` follows that, and holds
for each number whether its value passes a test, so that a filter becomes an array look-up.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=Hashable)


class Interner(Generic[T]):
    """Gives each distinct value a number from 0 up."""

    def __init__(self) -> None:
        self._codes: dict[T, int] = {}
        self.known: Callable[[object], int | None] = self._codes.get  # type: ignore[assignment] # by equality
        self.values: list[T | None] = []
        self._free: list[int] = []
        self.assigned: list[int] = []  # numbers in the order in which they were given
        self.generation = 0  # raised when `assigned` begins anew

    def __len__(self) -> int:
        return len(self._codes)

    def code(self, value: T) -> int:
        """The value's number."""
        code = self._codes.get(value)
        return self._assign(value) if code is None else code

    def _assign(self, value: T) -> int:
        if self._free:
            code = self._free.pop()
            self.values[code] = value
        else:
            code = len(self.values)
            self.values.append(value)
        self._codes[value] = code
        self.assigned.append(code)
        return code

    def keep_only(self, used: NDArray[np.bool_]) -> None:
        """Forget the values whose numbers are not used; `used` is by number."""
        for code, value in enumerate(self.values):
            if value is not None and not (code < len(used) and used[code]):
                del self._codes[value]
                self.values[code] = None
                self._free.append(code)
        self.assigned = list(self._codes.values())
        self.generation += 1


class Truth(Generic[T]):
    """For each number of an interner: whether its value passes a test."""

    def __init__(self, interner: Interner[T], test: Callable[[T], bool]) -> None:
        self._interner = interner
        self._test = test
        self._generation = -1
        self._told = 0
        self._truth: NDArray[np.bool_] = np.zeros(0, np.bool_)

    def table(self) -> NDArray[np.bool_]:
        """The answers by number, brought up to date."""
        interner = self._interner
        if self._generation != interner.generation:
            self._generation, self._told = interner.generation, 0
        if len(self._truth) < len(interner.values):
            grown = np.zeros(max(64, 2 * len(interner.values)), np.bool_)
            grown[: len(self._truth)] = self._truth
            self._truth = grown
        for code in interner.assigned[self._told :]:
            value = interner.values[code]
            self._truth[code] = value is not None and self._test(value)
        self._told = len(interner.assigned)
        return self._truth
