"""Sends in the background what the middleware saw.

A request of the site costs one `put` into a bounded queue and never waits. One thread sends
batches within a second; what the collector cannot take yet is sent again, later and later, with
the same event ids. At a graceful stop (`close`, or the interpreter's end) the queue is emptied.
"""

import atexit
import json
import logging
import os
import queue
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException
from itertools import groupby
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from liveinsight.middleware.view import View

log = logging.getLogger(__name__)

Scalar = str | int | float | bool
Event = dict[str, object]
Signals = tuple[bool, bool]  # Sec-GPC, DNT
Waiting = tuple[Signals, Event]

MOST_EVENTS = 100  # in one request, as the interface has it
GATHER_S = 0.5
LONGEST_WAIT_S = 60.0
GOOD = range(200, 300)
# The collector may take these later; any other refusal is for good.
LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
PAGE_VIEW = "page_view"


class Sender:
    """A queue and the thread that empties it. One for a process is enough; threads may share it.

    `beside_script` counts nothing: it only tells the install doctor which visitors got a page, to
    be held against those whose browser ran the script.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        site: str,
        beside_script: bool = False,
        queue_size: int = 10_000,
        timeout_s: float = 10.0,
    ) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._site = site
        self._beside_script = beside_script
        self._queue_size = queue_size
        self._timeout_s = timeout_s
        self.dropped = 0
        self._reset()
        atexit.register(self.close)

    def _reset(self) -> None:
        self._queue: queue.Queue[Waiting] = queue.Queue(self._queue_size)
        self._stopping = threading.Event()
        self._until = 0.0  # when a stop gives up, by the monotonic clock
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._pid = os.getpid()

    def view(self, view: View) -> None:
        """A page was shown."""
        self._put(view, PAGE_VIEW, {})

    def track(
        self,
        name: str,
        view: View,
        *,
        props: Mapping[str, Scalar] | None = None,
        revenue: Mapping[str, str] | None = None,
        user_id: str | None = None,
    ) -> None:
        """Something of the site's own happened; `view` says to whom and where."""
        told = {"props": props, "revenue": revenue, "user_id": user_id}
        self._put(view, name, {field: value for field, value in told.items() if value is not None})

    def _put(self, view: View, event_type: str, more: Mapping[str, object]) -> None:
        """Never raises, never waits: the site's own work goes first."""
        event: Event = {
            "site": self._site,
            "event_id": uuid.uuid4().hex,
            "event_type": event_type,
            "timestamp": time.time_ns() // 1_000_000,
            **view.about(),
            **more,
        }
        if self._pid != os.getpid():
            self._reset()  # a fork has no threads, and its parent sends what was waiting
        try:
            self._queue.put_nowait(((view.gpc, view.dnt), event))
        except queue.Full:
            if not self.dropped:
                log.warning("The queue to %s is full: events are lost.", self._url)
            self.dropped += 1
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(
                    target=self._run, name="liveinsight-sender", daemon=True
                )
                self._thread.start()

    def close(self, within_s: float = 10.0) -> None:
        """Send all that waits, and end. What cannot be sent in time is counted in `dropped`."""
        if self._thread is None or self._pid != os.getpid():
            return
        self._until = time.monotonic() + within_s
        self._stopping.set()
        self._thread.join(within_s + self._timeout_s)
        self._thread = None
        self._stopping.clear()

    def _run(self) -> None:
        while not (self._stopping.is_set() and self._queue.empty()):
            for signals, events in _by_signals(self._gather()):
                if not self._deliver(signals, events):
                    self.dropped += len(events)

    def _gather(self) -> list[Waiting]:
        """What comes within a moment; at a stop, what is there."""
        batch: list[Waiting] = []
        end = time.monotonic() + GATHER_S
        while len(batch) < MOST_EVENTS:
            left = end - time.monotonic()
            if self._stopping.is_set() or left <= 0:
                left = 0
            try:
                batch.append(self._queue.get(timeout=left) if left else self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _deliver(self, signals: Signals, events: Sequence[Event]) -> bool:
        """Send until it is taken, refused for good, or too late."""
        wait_s = 1.0
        while True:
            status, told_s = self._post(signals, events)
            if status in GOOD:
                return True
            if status is not None and status not in LATER:
                log.warning("%s refused %d events with %d.", self._url, len(events), status)
                return False
            wait_s = min(max(wait_s * 2, told_s), LONGEST_WAIT_S)
            if self._stopping.is_set():
                if time.monotonic() >= self._until:
                    log.warning("%s did not take %d events in time.", self._url, len(events))
                    return False
                time.sleep(min(0.2, max(0.0, self._until - time.monotonic())))
            else:
                self._stopping.wait(wait_s)

    def _post(self, signals: Signals, events: Sequence[Event]) -> tuple[int | None, float]:
        """The answer's status, None without one, and what it says of when to come back."""
        path, body = self._letter(events)
        headers = {"Content-Type": "application/json", "X-API-Key": self._key}
        for name, is_set in zip(("Sec-GPC", "DNT"), signals, strict=True):
            if is_set:
                headers[name] = "1"
        request = Request(self._url + path, json.dumps(body).encode(), headers)  # noqa: S310 - the owner's
        try:
            with urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310 - address
                return answer.status, 0.0
        except HTTPError as error:
            with error:
                told = error.headers.get("Retry-After", "")
            return error.code, float(told) if told.isdigit() else 0.0
        except (OSError, HTTPException):
            return None, 0.0

    def _letter(self, events: Sequence[Event]) -> tuple[str, object]:
        if not self._beside_script:
            return "/api/events", {"events": events}
        views = [{"ip": event.get("ip"), "user_agent": event.get("user_agent")} for event in events]
        return f"/api/doctor?site={quote(self._site)}", {"views": views}


def _by_signals(waiting: Sequence[Waiting]) -> Iterator[tuple[Signals, list[Event]]]:
    """Wishes are told by headers of the request, so those who share them go together."""
    for signals, group in groupby(sorted(waiting, key=_signals), key=_signals):
        yield signals, [event for _, event in group]


def _signals(waiting: Waiting) -> Signals:
    return waiting[0]
