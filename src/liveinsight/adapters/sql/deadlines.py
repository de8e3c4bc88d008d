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
        self._stays = False

    def stay(self) -> None:
        """Watch from now on, also while there is nothing to watch; else a thread comes and goes."""
        self._stays = True
        with self._changed:
            self._start()

    def _start(self) -> None:
        if self._thread is None:
            watch = threading.Thread(target=self._watch, name="deadlines", daemon=self._stays)
            watch.start()
            self._thread = watch

    @contextmanager
    def within(self, seconds: float, halt: Callable[[], None]) -> Iterator[None]:
        """Have `halt` called if this takes longer."""
        key = object()
        with self._changed:
            self._due[key] = (time.monotonic() + seconds, halt)
            self._start()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(key, None)
                self._changed.notify()

    def _watch(self) -> None:
        while self._goes_on():
            with suppress(MemoryError):
                self._halt()

    def _goes_on(self) -> bool:
        with self._changed:
            if self._due or self._stays:
                return True
            self._thread = None
            return False

    def _halt(self) -> None:
        # A function of its own, so that nothing of what was halted stays with the thread.
        for halt in self._over():
            halt()

    def _over(self) -> list[Callable[[], None]]:
        """What is over; waits for it, or for something new to watch."""
        with self._changed:
            now_s = time.monotonic()
            over = [key for key, (at_s, _) in self._due.items() if at_s <= now_s]
            if not over and (self._due or self._stays):
                soonest_s = min((at_s for at_s, _ in self._due.values()), default=None)
                self._changed.wait(None if soonest_s is None else soonest_s - now_s)
            return [self._due.pop(key)[1] for key in over]


deadlines = Deadlines()
