"""The events of the last hour, each read once: what came since the last look, and by turns all of
the hour again for what came late.

The index is in order of the events' own time, so one that comes late lies somewhere in what was
read before. Asking for all of it again is asking only for what was kept meanwhile: DynamoDB looks
through the hour, and next to nothing is sent.
"""

from collections.abc import Iterator
from itertools import product

from liveinsight.adapters.aws.table import DynamoEvents
from liveinsight.domain.event import Event
from liveinsight.domain.live import WINDOW_MS
from liveinsight.domain.period import MINUTE_MS
from liveinsight.domain.visit import GAP_MS

# To know where a visit began that was under way when the window opened.
LOOK_BACK_MS = WINDOW_MS + GAP_MS
# Clocks of functions differ a little, a batch is written over some time, an index follows its table.
OVERLAP_MS = 10_000
# All of the hour is asked for again within so long, in pieces, so that no look has to wait for it.
ROUND_MS = MINUTE_MS
PIECE_MS = LOOK_BACK_MS // 3


class Recent:
    """Tells what is new, for as long as a sandbox lives; the same event may be told again."""

    def __init__(self, events: DynamoEvents) -> None:
        self._events = events
        self._pieces = tuple(product(range(0, LOOK_BACK_MS, PIECE_MS), events.keys))
        self._read_ms = 0
        self._begin(0, 0)

    def news(self, now_ms: int) -> Iterator[Event]:
        """What was kept since the last call, or is told once more; at first the whole hour.

        It counts as told when it was told to the end.
        """
        if self._read_ms + LOOK_BACK_MS <= now_ms:
            yield from self._between(now_ms - LOOK_BACK_MS, now_ms)
            self._begin(now_ms, now_ms)
        else:
            yield from self._between(self._read_ms - OVERLAP_MS, now_ms)
            yield from self._late(now_ms)
        self._read_ms = now_ms

    def _between(self, from_ms: int, now_ms: int) -> Iterator[Event]:
        return self._events.between(from_ms, now_ms + OVERLAP_MS, now_ms)

    def _begin(self, now_ms: int, before_ms: int) -> None:
        """A round over the hour before now, for what was kept since the one before began."""
        self._round_ms = now_ms
        self._before_ms = before_ms
        self._left = len(self._pieces)

    def _late(self, now_ms: int) -> Iterator[Event]:
        """The pieces whose turn has come."""
        passed = min(now_ms - self._round_ms, ROUND_MS) / ROUND_MS
        due = len(self._pieces) * (1 - passed)
        while self._left - 1 >= due:
            back_ms, key = self._pieces[-self._left]
            to_ms = self._round_ms - back_ms
            yield from self._events.of(
                key, to_ms - PIECE_MS, to_ms, now_ms, read_ms=self._before_ms
            )
            self._left -= 1
        if not self._left:
            self._begin(now_ms, self._round_ms)
