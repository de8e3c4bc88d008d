"""Alerts, for managers: who gets a word when many come, or hardly anybody does."""

from typing import Annotated, Protocol

from msgspec import Meta, Struct

from liveinsight.domain.alert import MOST_ALERTS, MOST_HOURS, MOST_VISITORS, Alert, Sign
from liveinsight.domain.errors import Invalid, NotFound
from liveinsight.domain.letter import Language, checked_address
from liveinsight.domain.site import Site
from liveinsight.http.auth import Keys
from liveinsight.http.exchange import Request, Response, success
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.wire import read_json
from liveinsight.ports import Alerts, Clock

Visitors = Annotated[int, Meta(ge=1, le=MOST_VISITORS)]
Hours = Annotated[int, Meta(ge=1, le=MOST_HOURS)]


class Tells(Protocol):
    """What tells of alerts."""

    @property
    def can_send(self) -> bool: ...

    async def send(self, alert: Alert) -> None: ...


class AlertTold(Struct, frozen=True):
    """An alert, when it was told last, and why it was not."""

    to: str
    sign: Sign
    visitors: int
    hours: int
    language: Language
    sent_ms: int | None
    failure: str


class AlertsTold(Struct, frozen=True):
    """A site's alerts, and whether there is a mail server to tell them by."""

    can_send: bool
    alerts: list[AlertTold]


class AlertForm(Struct, frozen=True, forbid_unknown_fields=True):
    """An alert that is wanted: at least so many `visitors` at once, or fewer within `hours`."""

    site: str
    to: str
    sign: Sign
    visitors: Visitors
    hours: Hours = 12
    language: Language = Language.ENGLISH


class AlertName(Struct, frozen=True, forbid_unknown_fields=True):
    """One that is there."""

    site: str
    to: str
    sign: Sign


class AlertsDoor:
    """Lets managers say who is told, and of what."""

    def __init__(
        self,
        alerts: Alerts,
        alarm: Tells,
        keys: Keys,
        clock: Clock,
        *,
        retention_days: int = 0,
    ) -> None:
        self._alerts = alerts
        self._alarm = alarm
        self._keys = keys
        self._clock = clock
        self._retention_days = retention_days  # of sites that have no setting of their own

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        manager = Access.MANAGER
        site = Param("site", "Site id", required=True)
        whose = (
            site,
            Param("to", "Whose", required=True),
            Param("sign", "many or few", required=True),
        )
        return (
            Route(method="GET", path="/api/alerts", handler=self.told, about="Who gets a word when many come, or few", access=manager, params=(site,), answers=AlertsTold, errors=(401, 403, 404)),
            Route(method="POST", path="/api/alerts", handler=self.add, about="One more, or another threshold, from when it is not given on", access=manager, body=AlertForm, answers=AlertsTold, errors=(400, 401, 403, 404)),
            Route(method="DELETE", path="/api/alerts", handler=self.remove, about="No more of it", access=manager, params=whose, answers=AlertsTold, errors=(400, 401, 403, 404)),
            Route(method="POST", path="/api/alerts/send", handler=self.send, about="Tell how it is now, to one who is told", access=manager, body=AlertName, answers=AlertsTold, errors=(400, 401, 403, 404, 503)),
        )  # fmt: skip

    async def told(self, request: Request) -> Response:
        """`GET /api/alerts?site=…`."""
        return self._all(self._site(request, request.params.get("site", "")))

    async def add(self, request: Request) -> Response:
        """`POST /api/alerts`."""
        form = read_json(request, AlertForm)
        site = self._site(request, form.site)
        known = [(one.to, one.sign) for one in self._alerts.all(site.id)]
        if (form.to, form.sign) not in known and len(known) >= MOST_ALERTS:
            raise Invalid("to", f"there are {MOST_ALERTS} already, which are the most")
        kept_days = site.retention_days or self._retention_days
        if form.sign is Sign.FEW and kept_days and form.hours > (kept_days - 1) * 24:
            raise Invalid("hours", f"is more than is kept: events go after {kept_days} days")
        self._alerts.put(
            Alert(
                site=site.id,
                to=checked_address(form.to),
                sign=form.sign,
                visitors=form.visitors,
                hours=form.hours,
                language=form.language,
            )
        )
        return self._all(site)

    async def remove(self, request: Request) -> Response:
        """`DELETE /api/alerts?site=…&to=…&sign=…`."""
        params = request.params
        site = self._site(request, params.get("site", ""))
        self._alerts.remove(self._known(site, params.get("to", ""), params.get("sign", "")))
        return self._all(site)

    async def send(self, request: Request) -> Response:
        """`POST /api/alerts/send`: to nobody but who is told anyway."""
        form = read_json(request, AlertName)
        site = self._site(request, form.site)
        await self._alarm.send(self._known(site, form.to, form.sign))
        return self._all(site)

    def _known(self, site: Site, to: str, sign: str) -> Alert:
        for alert in self._alerts.all(site.id):
            if (alert.to, alert.sign) == (to, sign):
                return alert
        raise NotFound("There is no such alert.")

    def _site(self, request: Request, name: str) -> Site:
        return self._keys.managed(request, name, self._clock.now_ms())

    def _all(self, site: Site) -> Response:
        told = [
            AlertTold(
                one.to,
                one.sign,
                one.visitors,
                one.hours,
                one.language,
                one.sent_ms,
                one.failure,
            )
            for one in self._alerts.all(site.id)
        ]
        return success(AlertsTold(self._alarm.can_send, told))
