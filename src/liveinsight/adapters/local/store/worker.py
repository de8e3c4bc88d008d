"""The inside of the store process: one thread follows the journal, one seals, some answer."""

import faulthandler
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import duckdb

from liveinsight.adapters.local.store.duck import DuckStore
from liveinsight.adapters.local.store.wire import (
    LENGTH,
    Answered,
    Ask,
    Cancel,
    Failed,
    Give,
    Message,
    State,
    packed,
    unpacked,
)
from liveinsight.adapters.sql.deadlines import deadlines
from liveinsight.adapters.sql.reading import Reading
from liveinsight.domain.errors import LiveInsightError, Unavailable
from liveinsight.domain.question import Question
from liveinsight.domain.rows import Export
from liveinsight.domain.site import Site

log = logging.getLogger(__name__)

# A turn costs some 80 ms whatever it brings, and today is to be in answers within 2 s. So while
# somebody asks there is a turn a second, else seldom: who asks then waits for one. Some more are to
# spare, so that who sends and asks at once finds what they sent.
TAIL_EVERY_S = 1.0
FRESH_S = 1.5
SPARE_S, SPARE_SHARE = 0.5, 0.1  # for such turns: so long at once, and of all time
ASKED_S = 60.0
UNASKED_TAIL_EVERY_S = 10.0
UNASKED_EVENTS = 20_000  # some 0.3 s of work: whoever asks does not wait for more
HOUSEWORK_EVERY_S = 0.2
LEAST_URGENT = 19  # the nice value
ANSWERS_AT_ONCE = 8
QUESTION_SECONDS = 30.0
THREADS_WITHIN_S = 30.0  # to be started; it takes a moment
FAILED = 70  # EX_SOFTWARE of sysexits.h


@dataclass(frozen=True, slots=True)
class Handlers:
    """What is done with a question; the wiring knows, the store doesn't."""

    reply: Callable[[Reading, Question, Site], bytes]
    give: Callable[[Reading, Export, Site, str], None]


class Worker:
    """Serves one collector until it closes its end."""

    def __init__(self, store: DuckStore, sock: socket.socket, handlers: Handlers) -> None:
        self._store = store
        self._sock = sock
        self._handlers = handlers
        self._sending = threading.Lock()
        self._telling = threading.Lock()
        self._stopping = threading.Event()
        self._can_answer = threading.Event()
        self._caught_up = threading.Event()
        self._running: dict[int, Reading] = {}
        self._cancelled: set[int] = set()
        self._state = State()
        self._following = threading.Lock()
        self._followed_s = self._asked_s = time.monotonic()
        self._spare_s = SPARE_S

    def run(self) -> None:
        """Catch up, then follow, seal and answer."""
        try:
            self._run()
        except MemoryError as error:
            _end(error)

    def _run(self) -> None:
        with _ended_if_stuck():
            for name, work in (("answers", self._answer_all), ("sealer", self._keep_house)):
                threading.Thread(target=_or_end, args=(work,), name=name, daemon=True).start()
            self._can_answer.wait()
        self._store.clean()
        self._catch_up()
        self._caught_up.set()
        _give_way()
        while not self._stopping.wait(TAIL_EVERY_S):
            self._settle()
            if self._is_due():
                self._follow()

    def _catch_up(self) -> None:
        """Read the journal to its end before anything is answered: no figure may be too small."""
        read = 0

        def told(events: int) -> bool:
            nonlocal read
            read += events
            self._tell(read_events=read, backlog_groups=self._store.backlog())
            return not self._stopping.is_set()

        self._store.catch_up(told)
        self._tell(is_ready=True, read_events=read)

    def _is_due(self) -> bool:
        now_s = time.monotonic()
        return (
            now_s - self._asked_s < ASKED_S
            or now_s - self._followed_s >= UNASKED_TAIL_EVERY_S
            or self._store.waiting() >= UNASKED_EVENTS
            or not self._store.is_current
        )

    def _be_fresh(self) -> None:
        """For one who asks: what was acknowledged some time ago is in the answer."""
        asked_s = self._asked_s = time.monotonic()
        rested_s = asked_s - self._followed_s
        is_worth_it = self._spare_s + rested_s * SPARE_SHARE > 0 and self._store.is_behind()
        if rested_s > FRESH_S or is_worth_it:
            with self._following:
                if self._followed_s < asked_s:  # who comes second finds it done
                    self._follow()

    def _follow(self) -> None:
        started_s = time.monotonic()
        try:
            # What comes meanwhile waits for the next turn, unless it is a whole batch.
            while self._store.tail() >= self._store.batch_events and not self._stopping.is_set():
                self._settle()
            self._tell(failure=None)
        except Exception as error:
            # What cannot be taken in now is still in the journal, and is tried again.
            log.exception("events cannot be taken into the hot tables")
            self._tell(failure=str(error) or type(error).__name__)
        saved_s = (started_s - self._followed_s) * SPARE_SHARE
        self._spare_s = min(SPARE_S, self._spare_s + saved_s) - (time.monotonic() - started_s)
        self._followed_s = started_s

    def _settle(self) -> None:
        """It saves memory; without it all goes on."""
        try:
            self._store.settle()
        except duckdb.Error:
            log.exception("hot events cannot be made to take less room")

    def _keep_house(self) -> None:
        self._caught_up.wait()
        while not self._stopping.wait(HOUSEWORK_EVERY_S):
            try:
                if self._store.is_seal_due():
                    self._tell(is_sealing=True)
                    started = time.perf_counter()
                    self._store.seal()
                    took_ms = round((time.perf_counter() - started) * 1000)
                    self._tell(is_sealing=False, seals=self._state.seals + 1, seal_ms=took_ms)
                self._store.keep_house()
            except Exception as error:
                log.exception("sealing failed, it is tried again")
                if isinstance(error, duckdb.Error):
                    self._store.leave_out_damaged()
                self._tell(is_sealing=False)
                self._stopping.wait(10)

    def _tell(self, **changes: object) -> None:
        with self._telling:
            moment = self._store.moment
            told = replace(self._state, hot_seq=moment.seq, hot_events=self._store.hot_events())
            told = replace(told, **changes)  # type: ignore[arg-type] # the fields' own names
            if told != self._state:
                self._state = told
                self._send(told)

    def _answer_all(self) -> None:
        with ThreadPoolExecutor(ANSWERS_AT_ONCE, thread_name_prefix="answer") as pool:
            _start_all(pool)
            deadlines.stay()
            self._can_answer.set()
            while (message := self._receive()) is not None:
                match message:
                    case Cancel(number):
                        self._cancel(number)
                    case Ask() | Give():
                        pool.submit(self._answer, message).add_done_callback(_end_if_failed)
            self._stopping.set()
            # Nobody hears them any more; what is being taken in or sealed comes to its end.
            for reading in tuple(self._running.values()):
                reading.halt()

    def _cancel(self, number: int) -> None:
        self._cancelled.add(number)
        if (reading := self._running.get(number)) is not None:
            reading.halt()

    def _answer(self, asked: Ask | Give) -> None:
        if asked.number in self._cancelled:
            self._cancelled.discard(asked.number)
            return
        try:
            self._be_fresh()
            with self._store.reading() as reading, self._watched(asked.number, reading):
                if isinstance(asked, Ask):
                    body = self._handlers.reply(reading, asked.question, asked.site)
                    self._send(Answered(asked.number, body))
                else:
                    self._give(asked, reading)
        except LiveInsightError as error:
            self._send(Failed.of(asked.number, error))
        except duckdb.InterruptException:
            self._send(Failed.of(asked.number, _too_long()))
        except duckdb.OutOfMemoryException as error:
            self._send(Failed.of(asked.number, _too_large(error)))
        except (MemoryError, RuntimeError) as error:
            log.exception("a question failed")
            self._send(Failed.of(asked.number, _out_of_memory(error) or error))
        except Exception as error:
            log.exception("a question failed")
            is_damage = isinstance(error, duckdb.Error) and self._store.leave_out_damaged()
            told = _damaged() if is_damage else RuntimeError(str(error))
            self._send(Failed.of(asked.number, told))

    def _give(self, asked: Give, reading: Reading) -> None:
        # Held open until all is written, so that the reader sees one end, and not before.
        with open(asked.path, "wb", buffering=0):  # noqa: PTH123 - a pipe, which Path adds nothing to
            self._send(Answered(asked.number, b""))
            with suppress(duckdb.IOException):  # the reader went away
                self._handlers.give(reading, asked.export, asked.site, asked.path)

    @contextmanager
    def _watched(self, number: int, reading: Reading) -> Iterator[None]:
        """May be cancelled, and has an end."""
        self._running[number] = reading
        try:
            with deadlines.within(QUESTION_SECONDS, reading.halt):
                yield
        finally:
            del self._running[number]
            self._cancelled.discard(number)

    def _send(self, message: Message) -> None:
        with self._sending, suppress(OSError):  # the collector is gone; the receiver notices
            self._sock.sendall(packed(message))

    def _receive(self) -> Message | None:
        head = self._exactly(LENGTH.size)
        if head is None:
            return None
        body = self._exactly(LENGTH.unpack(head)[0])
        return None if body is None else unpacked(body)

    def _exactly(self, size: int) -> bytes | None:
        data = bytearray()
        while len(data) < size:
            try:
                part = self._sock.recv(size - len(data))
            except OSError:
                return None
            if not part:
                return None
            data += part
        return bytes(data)


def _give_way() -> None:
    """What nobody waits for goes after what somebody waits for. Linux has threads differ.

    Not for the sealer: it writes to the journal's file, where the collector would wait for it.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LEAST_URGENT)


def _too_long() -> Unavailable:
    return Unavailable(
        f"The answer takes longer than {QUESTION_SECONDS:g} s. Ask for a shorter range.", 60
    )


def _damaged() -> Unavailable:
    return Unavailable(
        "A file of the lake is damaged and is left out from now on; `liveinsight check` names it.",
        1,
    )


def _too_large(error: duckdb.OutOfMemoryException) -> Unavailable:
    if " used)" not in str(error):  # it was not our limit that was met, but the system's
        return _exhausted()
    return Unavailable(
        "The answer needs more memory than MEMORY_LIMIT_MB allows. Ask for a shorter range.", 60
    )


def _out_of_memory(error: Exception) -> Unavailable | None:
    """What a lack of memory is told as, for which a thread may not be started either."""
    is_lack = isinstance(error, MemoryError) or "start new thread" in str(error)
    return _exhausted() if is_lack else None


def _exhausted() -> Unavailable:
    return Unavailable(
        "The system gave no more memory for the answer. Ask for a shorter range, or give the"
        " service more memory.",
        60,
    )


def _start_all(pool: ThreadPoolExecutor) -> None:
    """Have all threads before memory is short: one that cannot be started answers nobody."""
    met = threading.Barrier(ANSWERS_AT_ONCE + 1)
    for _ in range(ANSWERS_AT_ONCE):
        pool.submit(met.wait)
    met.wait()


@contextmanager
def _ended_if_stuck() -> Iterator[None]:
    """A thread that finds no memory while it starts leaves whoever started it waiting for ever.

    So all are started before anything is asked, and with an end.
    """
    faulthandler.dump_traceback_later(THREADS_WITHIN_S, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _or_end(work: Callable[[], None]) -> None:
    """Whatever ends the work, nobody would do it any more."""
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - any is the end
        _end(error)


def _end_if_failed(answering: Future[None]) -> None:
    if error := answering.exception():
        _end(error)


def _end(error: BaseException) -> None:
    """An end is noticed and begun anew; a process that hangs is not."""
    try:
        log.critical("the store ends itself", exc_info=error)
    finally:
        os._exit(FAILED)
