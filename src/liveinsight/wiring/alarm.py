"""The alarm: looks whether what somebody wants a word of is given, and tells them once.

How many are there at once the live window knows; how few came is asked of the store, and only
where the last half hour leaves it open.
"""

import logging

import msgspec

from liveinsight.adapters.local.alerts import SqliteAlerts
from liveinsight.adapters.mail.notice import written
from liveinsight.domain.alert import WEEK_MS, Alert, Notice, Sign
from liveinsight.domain.digest import ROWS, Row
from liveinsight.domain.errors import NotFound
from liveinsight.domain.filter import EVERYTHING
from liveinsight.domain.live import Live
from liveinsight.domain.period import HOUR_MS
from liveinsight.domain.query import Query
from liveinsight.domain.range import Between
from liveinsight.domain.site import Site
from liveinsight.ports import Asker, Clock, Control
from liveinsight.usecases.watch import Watch
from liveinsight.wiring.mailer import Mailer, Patience, Whose

log = logging.getLogger(__name__)


class _Told(msgspec.Struct):
    totals: list[int]


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
    ) -> None:
        self._mailer = mailer
        self._control = control
        self._alerts = alerts
        self._watch = watch
        self._asker = asker
        self._clock = clock
        self._patience = Patience(clock)

    @property
    def can_send(self) -> bool:
        """Whether there is a mail server."""
        return self._mailer.can_send

    async def look(self) -> None:
        """Tell what is given and was not told."""
        for alert in self._alerts.all():
            site = self._control.sites().with_id(alert.site)
            if site is None or self._patience.holds(_whose(alert)):
                continue
            try:
                visitors = await self._visitors(alert, site)
            except Exception as error:  # noqa: BLE001 - the others are looked at
                log.warning("an alert of %s cannot be looked at: %s", site.id, error)
                continue
            if not alert.is_given(visitors):
                if not alert.is_armed:
                    self._alerts.armed(alert)
            elif alert.may_tell(self._clock.now_ms()) and alert in self._alerts.all(site.id):
                await self._mailer.see_through(self._try(alert, site, visitors))

    async def send(self, alert: Alert) -> None:
        """Tell how it is now, whether it is given or not."""
        site = self._control.sites().with_id(alert.site)
        if site is None:
            raise NotFound("There is no such site.")
        self._mailer.check()
        await self._send(alert, site, await self._visitors(alert, site))
        self._alerts.failed(alert, "")

    async def _visitors(self, alert: Alert, site: Site) -> int:
        live = self._watch(site.id, EVERYTHING)
        if alert.sign is Sign.MANY:
            return live.active_users
        if live.visitors_last_30min >= alert.visitors:  # in all the hours there were no fewer
            return live.visitors_last_30min
        return await self._came(alert, site, self._clock.now_ms())

    async def _came(self, alert: Alert, site: Site, until_ms: int) -> int:
        """How many came in the hours before that moment."""
        hours = Between(until_ms - alert.hours * HOUR_MS, until_ms)
        asked = Query(site=site.id, range=hours, metrics=("visitors",))
        told = msgspec.json.decode(await self._asker.ask(asked, site), type=_Told)
        return told.totals[0]

    async def _try(self, alert: Alert, site: Site, visitors: int) -> None:
        """Whatever is wrong with one, the others are told."""
        whose = _whose(alert)
        try:
            await self._send(alert, site, visitors)
            self._alerts.sent(alert, self._clock.now_ms())
        except Exception as error:  # noqa: BLE001 - told, and tried again
            self._patience.failed(whose)
            told = str(error) or type(error).__name__
            log.warning("an alert of %s was not told, it is tried again: %s", site.id, told)
            self._alerts.failed(alert, told)
        else:
            self._patience.ends(whose)

    async def _send(self, alert: Alert, site: Site, visitors: int) -> None:
        if alert.sign is Sign.MANY:
            lists = _lists(self._watch(site.id, EVERYTHING))
            notice = Notice(site, alert, visitors, None, lists)
        else:
            before = await self._came(alert, site, self._clock.now_ms() - WEEK_MS)
            notice = Notice(site, alert, visitors, before, {})
        await self._mailer.send(alert.to, written(notice, self._mailer.base_url))


def _lists(live: Live) -> dict[str, list[Row]]:
    """Where they are, and whence they came."""
    return {
        "page": [Row(page, visitors) for page, visitors in live.current_pages.items()][:ROWS],
        "source": [Row(one.name, one.visitors) for one in live.top_sources[:ROWS]],
        "country": [Row(one.name, one.visitors) for one in live.top_countries[:ROWS]],
    }


def _whose(alert: Alert) -> Whose:
    return alert.site, alert.to, alert.sign
