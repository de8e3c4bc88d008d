"""The collector's end of the store: starts its process, starts it again when it dies, and asks.

The port `Asker`. While the store is away events are kept as ever; questions wait a moment, then
are told to come back.
"""

import asyncio
import logging
import os
import signal
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

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
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.question import Question
from liveinsight.domain.rows import Export
from liveinsight.domain.site import Site

log = logging.getLogger(__name__)

READY_WITHIN_S = 10.0
STOP_WITHIN_S = 10.0
PAUSES_S = (0.1, 0.5, 2.0, 5.0)  # before it is started again, longer while it keeps dying
STEADY_AFTER_S = 30.0
PART_BYTES = 256 * 1024


class StoreProcess:
    """Lives on one event loop. `command` starts the process; the socket's number is added."""

    def __init__(self, command: Sequence[str], most_hot: int = 2_000_000) -> None:
        self._command = command
        self._most_hot = most_hot
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._ready = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self.state = State()
        self.starts = 0
        self.pid: int | None = None
        self._ended = ""  # how, while it keeps ending

    def start(self) -> None:
        """Begin to keep the process running."""
        self._task = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        """Let it end; what it did not seal is in the journal."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def check(self) -> str:
        """`ok`, or what stands in the way of answers."""
        if self._ready.is_set():
            return self.state.failure or "ok"
        after = f", after it {self._ended}" if self._ended else ""
        return f"rebuilding: {self.state.read_events} events so far{after}"

    def check_room(self) -> None:
        """Refuse events while more are hot than the store's memory is for."""
        if self.state.hot_events > self._most_hot:
            raise Unavailable("The store is behind with what was collected.", retry_after_s=5)

    async def ask(self, question: Question, site: Site) -> bytes:
        """The reply as JSON; cancelling it stops the work."""
        number = next(self._numbers)
        return await self._answer(number, Ask(number, question, site))

    async def export(self, export: Export, site: Site) -> AsyncIterator[bytes]:
        """The site's events as a file, piece by piece, as fast as they are taken."""
        number = next(self._numbers)
        with tempfile.TemporaryDirectory(prefix="liveinsight-") as folder:
            path = Path(folder) / "events"
            os.mkfifo(path, stat.S_IRUSR | stat.S_IWUSR)
            # Non-blocking, or it would wait here until the store opens the other end. No transport:
            # uvloop's closes the descriptor once more, when a connection may have its number.
            pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                await self._answer(number, Give(number, export, site, str(path)))
                async for part in _parts(pipe):
                    yield part
            finally:
                self._say(Cancel(number))
                os.close(pipe)

    async def _answer(self, number: int, asked: Ask | Give) -> bytes:
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await self._ready.wait()
        except TimeoutError:
            raise _rebuilding(self.check()) from None
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._say(asked)
            return await answer
        except asyncio.CancelledError:
            self._say(Cancel(number))
            raise
        finally:
            self._waiting.pop(number, None)

    def _say(self, message: Message) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(packed(message))

    async def _supervise(self) -> None:
        died = 0
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                self._ended = _told_end(await self._live())
            except OSError:
                log.exception("the store cannot be started")
            self._lose()
            died = 0 if loop.time() - started > STEADY_AFTER_S else died + 1
            log.error(
                "the store %s, it is started again; no event is lost by that",
                self._ended or "ended",
            )
            await asyncio.sleep(PAUSES_S[min(died, len(PAUSES_S) - 1)])

    async def _live(self) -> int:
        """One life of the process, from its start to its end; its exit code."""
        ours, theirs = socket.socketpair()
        with theirs:
            told = (*self._command, str(theirs.fileno()))
            starting = asyncio.ensure_future(
                asyncio.create_subprocess_exec(*told, pass_fds=[theirs.fileno()])
            )
            try:
                process = await asyncio.shield(starting)
            except asyncio.CancelledError:
                ours.close()  # it starts, finds nobody, and ends
                await (await starting).wait()
                raise
        self.starts += 1
        self.pid = process.pid
        try:
            reader, self._writer = await asyncio.open_connection(sock=ours)
            while True:
                head = await reader.readexactly(LENGTH.size)
                self._hear(unpacked(await reader.readexactly(LENGTH.unpack(head)[0])))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            # The store ends when its other end does; who is stopped at once has no writer yet.
            if self._writer is None:
                ours.close()
            else:
                self._writer.close()
            try:
                async with asyncio.timeout(STOP_WITHIN_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        return await process.wait()

    def _hear(self, message: Message) -> None:
        match message:
            case State():
                self.state = message
                if message.is_ready:
                    self._ready.set()
                    self._ended = ""
            case Answered(number, body):
                self._settle(number, body)
            case Failed():
                self._settle(message.number, message.error)
            case _:
                log.error("the store said what it never says: %r", message)

    def _settle(self, number: int, outcome: bytes | Exception) -> None:
        answer = self._waiting.get(number)
        if answer is None or answer.done():
            return
        if isinstance(outcome, bytes):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)

    def _lose(self) -> None:
        self._ready.clear()
        self._writer = None
        self.state = State()
        self.pid = None
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(_rebuilding("it has just been started again"))
                with suppress(Exception):
                    answer.exception()


async def _parts(pipe: int) -> AsyncIterator[bytes]:
    """What comes through the pipe, until its other end is closed."""
    while True:
        try:
            part = os.read(pipe, PART_BYTES)
        except BlockingIOError:
            await _readable(pipe)
            continue
        if not part:
            return
        yield part


async def _readable(pipe: int) -> None:
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(pipe, tell)
    try:
        await readable
    finally:
        loop.remove_reader(pipe)


def _told_end(code: int) -> str:
    """In words. Who is killed was mostly killed by the system, as it does where memory is short."""
    if code == -signal.SIGKILL:
        return "was killed (signal 9: has the machine or the container too little memory?)"
    if code < 0:
        return f"ended by signal {-code}"
    return f"ended with exit code {code}"


def _rebuilding(why: str) -> Unavailable:
    return Unavailable(f"History cannot be asked at the moment: {why}.", retry_after_s=2)
