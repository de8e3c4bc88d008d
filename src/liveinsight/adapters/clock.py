"""Clocks: the machine's, and one that stands where a test or a demo puts it."""

import time


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return time.time_ns() // 1_000_000


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Where it stands."""
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Move it."""
        self._now_ms += ms


def elapsed_ms() -> int:
    """What passed since the machine's start, asleep too; nobody sets this clock."""
    kind = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(kind) // 1_000_000
