"""Rows by their keys, in a few bytes each, and many found at once.

A dict of a million keys takes 130 MB, and whoever looks one up waits for memory four times, each
time for what the time before has told. Here a key tells its place, and at the place is the number
of its row: the processor waits for those of all keys together.
"""

import secrets
from array import array

import numpy as np
from numpy.typing import NDArray

from liveinsight.adapters.local.arrays import Ints

LEAST = 1 << 12
NOBODY, GONE = -1, -2  # in place of a row: there is none, or none any more

Keys = NDArray[np.uint64]


class Index:
    """Which row has a key. The keys are a column of the rows, which has some from its begin, so each
    is kept once.

    A row is at its key's place or, where others are, soon behind it: at most a quarter of the
    places is used. Nobody knows how many places there are, so nobody can choose keys that crowd.
    """

    def __init__(self, keys: "array[int]", least: int = LEAST) -> None:
        self._keys = keys
        self._least = least
        self._count = 0
        self._lay_out(least)

    def __len__(self) -> int:
        return self._count

    def find(self, key: int) -> int:
        """Its row, or NOBODY."""
        places, keys, room = self._one_by_one, self._keys, self._room
        place = key % room
        while (row := places[place]) != NOBODY:
            if row != GONE and keys[row] == key:
                break
            place = (place + 1) % room
        return row

    def find_all(self, keys: Keys) -> Ints:
        """Their rows, NOBODY for those that have none."""
        keys_of, place = np.frombuffer(self._keys, np.uint64), self._places_of(keys)
        rows = np.full(len(keys), NOBODY, np.int32)
        left = np.arange(len(keys))
        while len(left):
            found = self._places[place]
            is_it = (found >= 0) & (keys_of[found] == keys[left])
            rows[left[is_it]] = found[is_it]
            goes_on = ~is_it & (found != NOBODY)
            left, place = left[goes_on], self._behind(place[goes_on])
        return rows

    def put(self, row: int) -> None:
        """A row, whose key is not there yet."""
        places, room = self._one_by_one, self._room
        place = self._keys[row] % room
        while (found := places[place]) >= 0:
            place = (place + 1) % room
        places[place] = row
        self._count += 1
        if found == NOBODY:
            self._used += 1
            if 4 * self._used > room:
                self._lay_out_anew()

    def remove(self, row: int) -> None:
        """A row that is there, while its key is what it was."""
        self.remove_all(np.array([row], np.int32))

    def remove_all(self, rows: Ints) -> None:
        """The same of several."""
        self._count -= len(rows)
        place = self._places_of(np.frombuffer(self._keys, np.uint64)[rows])
        while len(rows):
            is_it = self._places[place] == rows
            self._places[place[is_it]] = GONE
            rows, place = rows[~is_it], self._behind(place[~is_it])

    def _lay_out(self, least: int) -> None:
        self._room = least + secrets.randbelow(least)
        self._used = 0  # by those that are gone too
        self._places = np.full(self._room, NOBODY, np.int32)
        self._one_by_one = self._places.data  # one is read at a third of the price

    def _lay_out_anew(self) -> None:
        """With room for half as many again, and without those that are gone."""
        rows = self._places[self._places >= 0]
        self._lay_out(max(self._least, 6 * len(rows)))
        self._used = len(rows)
        place = self._places_of(np.frombuffer(self._keys, np.uint64)[rows])
        while len(rows):
            free = self._places[place] == NOBODY
            self._places[place[free]] = rows[free]  # of several for one place the last has it
            others = self._places[place] != rows
            rows, place = rows[others], self._behind(place[others])

    def _places_of(self, keys: Keys) -> NDArray[np.int64]:
        return (keys % np.uint64(self._room)).view(np.int64)

    def _behind(self, place: NDArray[np.int64]) -> NDArray[np.int64]:
        place += 1
        place[place == self._room] = 0
        return place
