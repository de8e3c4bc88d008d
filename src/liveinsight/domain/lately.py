"""What was found out of late, so that it need not be found out again."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Lately(dict[K, V]):
    """No more than `most` things. When it is full it begins anew, which costs least where most of
    what is asked for was asked for a moment ago.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> V:
        """Remember one more."""
        if len(self) >= self._most:
            self.clear()
        self[key] = value
        return value
