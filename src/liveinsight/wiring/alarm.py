"""The alarm: looks whether what somebody wants a word of is given, and tells them once.

How many are there at once the live window knows; how few came is asked of the store, and only
where the last half hour leaves it open. A word that could not be sent is kept as it was, until it
can: by then those whom it is about may be gone.
"""

import logging
from functools import partial

from liveinsight.adapters.local.alerts import SqliteAlerts
from liveinsight.adapters.mail.notice import written
from liveinsight.domain.alert import Alert, Sign
from liveinsight.domain.errors import NotFound
from liveinsight.domain.filter import EVERYTHING
from liveinsight.domain.site import Site
from liveinsight.ports import Asker, Clock, Control
from liveinsight.usecases.notice import came, composed, questions, total_of
from liveinsight.usecases.watch import Watch
from liveinsight.wiring.mailer import Mailer, Outgoing, Whose, Written

log = logging.getLogger(__name__)


class Alarm:
    """Alerts, over what knows of them and what they are told by."""

    def __init__(
        self,
        *,
        mailer: Mailer,
        control: Control,
        alerts: SqliteAlerts,
        watch: Watch,
        asker: Asker,
        clock: Clock,
        retention_days: int = 0,
    ) -> None:
        self._mailer = mailer
        self._control = control
        self._alerts = alerts
        self._watch = watch
        self._asker = asker
        self._clock = clock
        self._retention_days = retention_days  # of sites that have no setting of their own
        self._unsent: dict[Whose, Written] = {}

    @property
    def can_send(self) -> bool:
        """Whether there is a mail server."""
        return self._mailer.can_send

    async def look(self) -> None:
        """Tell what is given and was not told."""
        alerts = self._alerts.all()
        wanted = set(map(_whose, alerts))
        self._unsent = {whose: text for whose, text in self._unsent.items() if whose in wanted}
        for alert in alerts:
            site = self._control.sites().with_id(alert.site)
            if site is None:
                continue
            try:
                await self._look(alert, site)
            except Exception as error:  # noqa: BLE001 - the others are looked at
                log.warning("an alert of %s cannot be looked at: %s", site.id, error)

    async def send(self, alert: Alert) -> None:
        """Tell how it is now, whether it is given or not."""
        site = self._control.sites().with_id(alert.site)
        if site is None:
            raise NotFound("There is no such site.")
        self._mailer.check()
        text = await self._write(alert, site, await self._visitors(alert, site))
        await self._mailer.send(alert.to, text, partial(self._alerts.failed, alert, ""))

    async def _look(self, alert: Alert, site: Site) -> None:
        whose = _whose(alert)
        if whose not in self._unsent:
            visitors = await self._visitors(alert, site)
            if alert not in self._alerts.all(site.id):
                return  # while it was asked it was changed or ended
            if not alert.is_given(visitors):
                if not alert.is_armed:
                    self._alerts.armed(alert)
                return
            if not alert.may_tell(self._clock.now_ms()):
                return
            self._unsent[whose] = await self._write(alert, site, visitors)
        if not self._mailer.rests(whose):
            await self._tell(alert, whose)

    async def _tell(self, alert: Alert, whose: Whose) -> None:
        async def known() -> Written:
            return self._unsent[whose]

        def sent() -> None:
            self._alerts.sent(alert, self._clock.now_ms())
            self._unsent.pop(whose, None)

        failed = partial(self._alerts.failed, alert)
        await self._mailer.deliver(Outgoing(whose, alert.to, known, sent, failed))

    async def _visitors(self, alert: Alert, site: Site) -> int:
        live = self._watch(site.id, EVERYTHING)
        if alert.sign is Sign.MANY:
            return live.active_users
        if live.visitors_last_30min >= alert.visitors:  # in all the hours there were no fewer
            return live.visitors_last_30min
        return total_of(await self._asker.ask(came(alert, self._clock.now_ms()), site))

    async def _write(self, alert: Alert, site: Site, visitors: int) -> Written:
        now_ms = self._clock.now_ms()
        asked = questions(alert, now_ms, site.retention_days or self._retention_days)
        told = {name: await self._asker.ask(question, site) for name, question in asked.items()}
        return written(composed(alert, site, visitors, now_ms, told), self._mailer.base_url)


def _whose(alert: Alert) -> Whose:
    """With another threshold it is another."""
    return alert.site, alert.to, alert.sign, alert.visitors, alert.hours, alert.language
