"""The mailer: one letter after the other to the mail server, and patience where one fails."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from liveinsight.domain.errors import Unavailable
from liveinsight.ports import Clock
from liveinsight.wiring.settings import Settings

DEADLINE_S = 90.0  # for a letter, however the server drips
KIND_S = 10.0  # what a letter is given to be noted in, when the server stops
FIRST_REST_MS, LONGEST_REST_MS = 5 * 60_000, 4 * 3_600_000

Written = tuple[str, str, str]  # subject, text and page
Whose = tuple[str, str, str]


class Sends(Protocol):
    """What a letter goes out by."""

    def send(self, to: str, subject: str, text: str, html: str) -> None: ...


class Mailer:
    """What all who write letters send them by."""

    def __init__(self, settings: Settings) -> None:
        self.base_url = settings.base_url
        self._server: Sends | None = None
        if settings.smtp_url:  # else nothing that calls others is even loaded
            from liveinsight.adapters.mail.smtp import SmtpPost  # noqa: PLC0415

            self._server = SmtpPost(settings.smtp_url, settings.mail_from)
        self._busy = asyncio.Lock()
        self._going: set[asyncio.Future[None]] = set()

    @property
    def can_send(self) -> bool:
        """Whether there is a mail server."""
        return self._server is not None

    def check(self) -> None:
        """Refuse where a letter could not go out at once."""
        if self._server is None:
            raise Unavailable("There is no mail server: SMTP_URL is not set.", 3600)
        if self._busy.locked():
            raise Unavailable("Another letter is on its way.", 60)

    async def send(self, to: str, written: Written) -> None:
        """Send it, as soon as the one before is through."""
        if self._server is None:
            raise Unavailable("There is no mail server: SMTP_URL is not set.", 3600)
        try:
            async with self._busy, asyncio.timeout(DEADLINE_S):
                await _beside(partial(self._server.send, to, *written))
        except TimeoutError:
            raise Unavailable("The mail server takes too long.", 60) from None

    async def see_through(self, work: Coroutine[None, None, None]) -> None:
        """What sends and notes it is not cancelled in between: it would go out again."""
        going = asyncio.ensure_future(work)
        self._going.add(going)
        going.add_done_callback(self._going.discard)
        await asyncio.shield(going)

    async def stop(self) -> None:
        """Let those that go out be noted."""
        if self._going:
            await asyncio.wait(self._going, timeout=KIND_S)


class Patience:
    """What fails is tried again, ever more seldom."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rests: dict[Whose, tuple[int, int]] = {}  # until when, and how long

    def holds(self, whose: Whose) -> bool:
        """Whether it is not to be tried yet."""
        return self._clock.now_ms() < self._rests.get(whose, (0, 0))[0]

    def failed(self, whose: Whose) -> None:
        """Let it rest twice as long as before."""
        _, rested = self._rests.get(whose, (0, FIRST_REST_MS // 2))
        rest = min(2 * rested, LONGEST_REST_MS)
        self._rests[whose] = self._clock.now_ms() + rest, rest

    def ends(self, whose: Whose) -> None:
        """It went well."""
        self._rests.pop(whose, None)


async def _beside(work: Callable[[], None]) -> None:
    """In a thread of its own, which nobody has to wait for: mail servers can be slow or silent."""
    done: Future[None] = Future()
    done.set_running_or_notify_cancel()  # it ends when it ends, also where nobody waits any more

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is whoever waits who hears it
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, name="post", daemon=True).start()
    await asyncio.wrap_future(done)
