"""A live window at noon, and what is counted of it."""

from builders import NOON_MS
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.snapshot import Snapshots
from liveinsight.adapters.local.window import Window

MINUTE_MS = 60_000
HALF_HOUR_MS = 30 * MINUTE_MS


def a_window(now_ms=NOON_MS):
    clock = FixedClock(now_ms)
    window = Window(clock)
    return clock, window, Snapshots(window)
