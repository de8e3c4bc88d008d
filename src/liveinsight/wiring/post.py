"""The post: looks every minute whether a letter is due, writes it and sends it.

What went out is noted, so that a restart sends nothing twice, and a server that was off in the
morning sends later. What fails is tried again, ever more seldom.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from liveinsight.adapters.local.letters import SqliteLetters
from liveinsight.adapters.mail.paper import written
from liveinsight.domain.errors import NotFound, Unavailable
from liveinsight.domain.letter import Letter, Period, period_before
from liveinsight.domain.site import Site
from liveinsight.ports import Asker, Clock, Control
from liveinsight.usecases.digest import composed, questions
from liveinsight.wiring.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
DEADLINE_S = 90.0  # for a letter, however the server drips
KIND_S = 10.0  # what a letter is given to be noted in, when the server stops
FIRST_REST_MS, LONGEST_REST_MS = 5 * 60_000, 4 * 3_600_000


class Sends(Protocol):
    """What a letter goes out by."""

    def send(self, to: str, subject: str, text: str, html: str) -> None: ...


class Post:
    """Runs until it is cancelled."""

    def __init__(
        self,
        *,
        settings: Settings,
        control: Control,
        letters: SqliteLetters,
        asker: Asker,
        clock: Clock,
    ) -> None:
        self._control = control
        self._letters = letters
        self._asker = asker
        self._clock = clock
        self._base_url = settings.base_url
        self._server: Sends | None = None
        if settings.smtp_url:  # else nothing that calls others is even loaded
            from liveinsight.adapters.mail.smtp import SmtpPost  # noqa: PLC0415

            self._server = SmtpPost(settings.smtp_url, settings.mail_from)
        self._busy = asyncio.Lock()
        self._going: asyncio.Future[None] | None = None
        self._rests: dict[tuple[str, str, str], tuple[int, int]] = {}  # until when, and how long

    @property
    def can_send(self) -> bool:
        """Whether there is a mail server."""
        return self._server is not None

    async def run(self) -> None:
        """Look, wait, and look again."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except Exception:
                log.exception("letters cannot be looked after, it is tried again")

    async def look(self) -> None:
        """Send what is due."""
        for letter in self._letters.all():
            site = self._site(letter)
            now_ms = self._clock.now_ms()
            if site is None or now_ms < self._rests.get(_key(letter), (0, 0))[0]:
                continue
            period = period_before(letter.every, now_ms, site.timezone)
            is_due = now_ms >= period.due_ms and letter.sent < period.name
            # While others went out it may have been ended.
            if is_due and letter in self._letters.all(site.id):
                self._going = asyncio.ensure_future(self._try(letter, site, period))
                await asyncio.shield(self._going)

    async def send(self, letter: Letter) -> None:
        """Send the newest one now, whether it is due or not."""
        site = self._site(letter)
        if site is None:
            raise NotFound("There is no such site.")
        if self._busy.locked():
            raise Unavailable("Another letter is on its way.", 60)
        period = period_before(letter.every, self._clock.now_ms(), site.timezone)
        await self._send(letter, site, period)
        self._letters.failed(letter, "")

    async def stop(self) -> None:
        """Let the one that goes out be noted: it would go out again."""
        if self._going is not None:
            await asyncio.wait({self._going}, timeout=KIND_S)

    def _site(self, letter: Letter) -> Site | None:
        """By its id alone: what is called like that is another's."""
        return next((site for site in self._control.sites() if site.id == letter.site), None)

    async def _try(self, letter: Letter, site: Site, period: Period) -> None:
        """Whatever is wrong with one, the others go."""
        key = _key(letter)
        try:
            await self._send(letter, site, period)
            self._letters.sent(letter, period.name, self._clock.now_ms())
        except Exception as error:  # noqa: BLE001 - told, and tried again
            _, rested = self._rests.get(key, (0, FIRST_REST_MS // 2))
            rest = min(2 * rested, LONGEST_REST_MS)
            self._rests[key] = self._clock.now_ms() + rest, rest
            told = str(error) or type(error).__name__
            log.warning("a letter of %s was not sent, it is tried again: %s", site.id, told)
            self._letters.failed(letter, told)
        else:
            self._rests.pop(key, None)

    async def _send(self, letter: Letter, site: Site, period: Period) -> None:
        if self._server is None:
            raise Unavailable("There is no mail server: SMTP_URL is not set.", 3600)
        asked = questions(site, period)
        told = {name: await self._asker.ask(question, site) for name, question in asked.items()}
        subject, text, html = written(composed(site, period, told), letter.language, self._base_url)
        try:
            async with self._busy, asyncio.timeout(DEADLINE_S):
                await _beside(partial(self._server.send, letter.to, subject, text, html))
        except TimeoutError:
            raise Unavailable("The mail server takes too long.", 60) from None


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


def _key(letter: Letter) -> tuple[str, str, str]:
    return letter.site, letter.to, letter.every
