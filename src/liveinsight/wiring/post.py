"""The post: looks whether a letter is due, writes it and sends it.

What went out is noted, so that a restart sends nothing twice, and a server that was off in the
morning sends later.
"""

from functools import partial

from liveinsight.adapters.local.letters import SqliteLetters
from liveinsight.adapters.mail.report import written
from liveinsight.domain.errors import NotFound
from liveinsight.domain.letter import Letter, Period, period_before
from liveinsight.domain.site import Site
from liveinsight.ports import Asker, Clock, Control
from liveinsight.usecases.digest import composed, questions
from liveinsight.wiring.mailer import Mailer, Outgoing, Written


class Post:
    """Letters, over what knows of them and what they are sent by."""

    def __init__(
        self,
        *,
        mailer: Mailer,
        control: Control,
        letters: SqliteLetters,
        asker: Asker,
        clock: Clock,
    ) -> None:
        self._mailer = mailer
        self._control = control
        self._letters = letters
        self._asker = asker
        self._clock = clock

    @property
    def can_send(self) -> bool:
        """Whether there is a mail server."""
        return self._mailer.can_send

    async def look(self) -> None:
        """Send what is due."""
        for letter in self._letters.all():
            site = self._control.sites().with_id(letter.site)
            whose = (letter.site, letter.to, letter.every)
            if site is None or self._mailer.rests(whose):
                continue
            now_ms = self._clock.now_ms()
            period = period_before(letter.every, now_ms, site.timezone)
            is_due = now_ms >= period.due_ms and letter.sent < period.name
            # While others went out it may have been ended.
            if is_due and letter in self._letters.all(site.id):
                await self._mailer.deliver(
                    Outgoing(
                        whose,
                        letter.to,
                        partial(self._write, letter, site, period),
                        partial(self._letters.sent, letter, period.name, now_ms),
                        partial(self._letters.failed, letter),
                    )
                )

    async def send(self, letter: Letter) -> None:
        """Send the newest one now, whether it is due or not; it is due all the same."""
        site = self._control.sites().with_id(letter.site)
        if site is None:
            raise NotFound("There is no such site.")
        self._mailer.check()
        period = period_before(letter.every, self._clock.now_ms(), site.timezone)
        text = await self._write(letter, site, period)
        sent = partial(self._letters.sent, letter, letter.sent, self._clock.now_ms())
        await self._mailer.send(letter.to, text, sent)

    async def _write(self, letter: Letter, site: Site, period: Period) -> Written:
        asked = questions(site, period)
        told = {name: await self._asker.ask(question, site) for name, question in asked.items()}
        return written(composed(site, period, told), letter.language, self._mailer.base_url)
