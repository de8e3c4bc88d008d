"""The mailer: one letter after the other to the mail server, noted as it goes, and tried again
ever more seldom where it does not.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from msgspec import Struct

from liveinsight.domain.errors import Unavailable
from liveinsight.ports import Clock
from liveinsight.wiring.settings import Settings

log = logging.getLogger(__name__)

DEADLINE_S = 90.0  # for a letter, however the server drips
KIND_S = 10.0  # what a letter is given to be noted in, when the server stops
FIRST_REST_MS, LONGEST_REST_MS = 5 * 60_000, 4 * 3_600_000

Written = tuple[str, str, str]  # subject, text and page
Whose = tuple[object, ...]  # a site's id, and what tells its letters apart


class Sends(Protocol):
    """What a letter goes out by."""

    def send(self, to: str, subject: str, text: str, html: str) -> None: ...


class Outgoing(Struct, frozen=True):
    """A letter on its way: what writes it, and where it is noted that it went, or why not."""

    whose: Whose
    to: str
    write: Callable[[], Awaitable[Written]]
    sent: Callable[[], None]
    failed: Callable[[str], None]


class Mailer:
    """What all who write letters send them by."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.base_url = settings.base_url
        self._clock = clock
        self._server: Sends | None = None
        if settings.smtp_url:  # else nothing that calls others is even loaded
            from liveinsight.adapters.mail.smtp import SmtpPost  # noqa: PLC0415

            self._server = SmtpPost(settings.smtp_url, settings.mail_from)
        self._busy = asyncio.Lock()
        self._going: asyncio.Future[None] | None = None
        self._rests: dict[Whose, tuple[int, int]] = {}  # until when, and how long

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

    def rests(self, whose: Whose) -> bool:
        """Whether that one failed and is not to be tried yet."""
        return self._clock.now_ms() < self._rests.get(whose, (0, 0))[0]

    async def deliver(self, letter: Outgoing) -> None:
        """Write, send and note it. Whatever is wrong with one, the others go."""
        try:
            letter.failed("")  # where nothing can be noted nothing is sent: it would go out again
            await self.send(letter.to, await letter.write(), letter.sent)
        except Exception as error:  # noqa: BLE001 - told, and tried again
            self._rest(letter, str(error) or type(error).__name__)
        else:
            self._rests.pop(letter.whose, None)

    async def send(self, to: str, written: Written, sent: Callable[[], None]) -> None:
        """Send it, as soon as the one before is through, and note it. Who is cancelled while it
        goes out leaves it to be noted; who only waits sends nothing.
        """
        if self._server is None:
            raise Unavailable("There is no mail server: SMTP_URL is not set.", 3600)
        async with self._busy:
            work = partial(self._server.send, to, *written)
            self._going = asyncio.ensure_future(_through(work, sent))
            await asyncio.shield(self._going)

    async def stop(self) -> None:
        """Let the one that goes out be noted."""
        if self._going is not None and not self._going.done():
            await asyncio.wait({self._going}, timeout=KIND_S)
            self._going.cancel()  # what it would be noted in is closed now

    def _rest(self, letter: Outgoing, failure: str) -> None:
        """Twice as long as before."""
        _, rested = self._rests.get(letter.whose, (0, FIRST_REST_MS // 2))
        rest = min(2 * rested, LONGEST_REST_MS)
        self._rests[letter.whose] = self._clock.now_ms() + rest, rest
        site = letter.whose[0]
        log.warning("a letter of %s was not sent, it is tried again: %s", site, failure)
        try:
            letter.failed(failure)
        except Exception:
            log.exception("that a letter of %s was not sent cannot be noted", site)


async def _through(work: Callable[[], None], sent: Callable[[], None]) -> None:
    try:
        async with asyncio.timeout(DEADLINE_S):
            await _beside(work)
    except TimeoutError:
        raise Unavailable("The mail server takes too long.", 60) from None
    sent()


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
