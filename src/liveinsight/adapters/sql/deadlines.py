"""Ends for what may take too long, all watched by one thread.

A timer for each would be shorter. But a thread that finds no memory while it starts leaves whoever
started it waiting for ever, so what is needed to end a question has to be there before.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Deadlines:
    """Calls what was given when its time is over."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[object, tuple[float, Callable[[], None]]] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch, if nobody did."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()

    @contextmanager
    def within(self, seconds: float, halt: Callable[[], None]) -> Iterator[None]:
        """Have `halt` called if this takes longer."""
        self.start()
        key = object()
        with self._changed:
            self._due[key] = (time.monotonic() + seconds, halt)
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(key, None)

    def _watch(self) -> None:
        while True:
            with suppress(MemoryError):
                for halt in self._over():
                    halt()

    def _over(self) -> list[Callable[[], None]]:
        """What is over; waits for it, or for something new to watch."""
        with self._changed:
            now_s = time.monotonic()
            over = [key for key, (at_s, _) in self._due.items() if at_s <= now_s]
            if not over:
                soonest_s = min((at_s for at_s, _ in self._due.values()), default=None)
                self._changed.wait(None if soonest_s is None else soonest_s - now_s)
            return [self._due.pop(key)[1] for key in over]


deadlines = Deadlines()
