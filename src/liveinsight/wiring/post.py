"""The post: looks every minute whether a letter is due, writes it and sends it.

What went out is noted, so that a restart sends nothing twice, and a server that was off in the
morning sends later. What fails is tried again, ever more seldom.
"""

import asyncio
import logging

from liveinsight.adapters.local.letters import SqliteLetters
from liveinsight.adapters.mail.paper import written
from liveinsight.adapters.mail.smtp import SmtpPost
from liveinsight.domain.errors import LiveInsightError, NotFound, Unavailable
from liveinsight.domain.letter import Letter, Period, period_before
from liveinsight.domain.site import Site
from liveinsight.ports import Asker, Clock, Control
from liveinsight.usecases.digest import composed, questions
from liveinsight.wiring.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
FIRST_REST_MS, LONGEST_REST_MS = 5 * 60_000, 4 * 3_600_000


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
        base_url: str = "",
    ) -> None:
        self._control = control
        self._letters = letters
        self._asker = asker
        self._clock = clock
        self._base_url = settings.base_url or base_url
        self._server = (
            SmtpPost(settings.smtp_url, settings.mail_from) if settings.smtp_url else None
        )
        self._rests: dict[tuple[str, str, str], tuple[int, int]] = {}  # until when, and how long

    @property
    def can_send(self) -> bool:
        """Whether there is a mail server."""
        return self._server is not None

    async def run(self) -> None:
        """Look, wait, and look again."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Send what is due."""
        for letter in self._letters.all():
            site = self._control.sites().by_name(letter.site)
            now_ms = self._clock.now_ms()
            if site is None or now_ms < self._rests.get(_key(letter), (0, 0))[0]:
                continue
            period = period_before(letter.every, now_ms, site.timezone)
            if now_ms >= period.due_ms and letter.sent < period.name:
                await self._try(letter, site, period)

    async def send(self, letter: Letter) -> None:
        """Send the newest one now, whether it is due or not."""
        site = self._control.sites().by_name(letter.site)
        if site is None:
            raise NotFound("There is no such site.")
        await self._send(
            letter, site, period_before(letter.every, self._clock.now_ms(), site.timezone)
        )

    async def _try(self, letter: Letter, site: Site, period: Period) -> None:
        key = _key(letter)
        try:
            await self._send(letter, site, period)
        except LiveInsightError as error:
            _, rested = self._rests.get(key, (0, FIRST_REST_MS // 2))
            rest = min(2 * rested, LONGEST_REST_MS)
            self._rests[key] = self._clock.now_ms() + rest, rest
            self._letters.failed(letter, str(error))
            log.warning("a letter of %s was not sent, it is tried again: %s", site.id, error)
        else:
            self._rests.pop(key, None)
            self._letters.sent(letter, period.name, self._clock.now_ms())

    async def _send(self, letter: Letter, site: Site, period: Period) -> None:
        if self._server is None:
            raise Unavailable("There is no mail server: SMTP_URL is not set.", 3600)
        asked = questions(site, period)
        told = {name: await self._asker.ask(question, site) for name, question in asked.items()}
        subject, text, html = written(composed(site, period, told), letter.language, self._base_url)
        await asyncio.to_thread(self._server.send, letter.to, subject, text, html)


def _key(letter: Letter) -> tuple[str, str, str]:
    return letter.site, letter.to, letter.every
