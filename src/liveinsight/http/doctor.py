"""The install doctor's door: what it knows of a site, and what the site's server tells it."""

from typing import Annotated

import msgspec

from liveinsight.domain.errors import Forbidden, NotFound, Unauthorized
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.site import Site
from liveinsight.http.auth import Keys
from liveinsight.http.exchange import Request, Response, success
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.wire import MAX_EVENTS, read_json
from liveinsight.ports import Clock, Control
from liveinsight.usecases.doctor import Diagnosis, Doctor

SITE = Param("site", "Site id or domain; may be left out where there is only one")


class PageShown(msgspec.Struct, frozen=True):
    """To whom a page was shown."""

    ip: Annotated[str, msgspec.Meta(max_length=45)]
    user_agent: Annotated[str, msgspec.Meta(max_length=512)] = ""


class PagesShown(msgspec.Struct, frozen=True):
    """The body of `POST /api/doctor`."""

    views: Annotated[list[PageShown], msgspec.Meta(min_length=1, max_length=MAX_EVENTS)]


class PagesNoted(msgspec.Struct, frozen=True):
    """The answer to it."""

    noted: int


class DoctorDoor:
    """Answers who may read the site, and listens to its server."""

    def __init__(self, doctor: Doctor, control: Control, keys: Keys, clock: Clock) -> None:
        self._doctor = doctor
        self._control = control
        self._keys = keys
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return (
            Route(
                method="GET",
                path="/api/doctor",
                handler=self.diagnosis,
                about="How a site is installed: script, hosts, addresses, clock, blocked share",
                access=Access.READER,
                params=(SITE,),
                answers=Diagnosis,
                errors=(401, 403, 404),
            ),
            Route(
                method="POST",
                path="/api/doctor",
                handler=self.pages,
                about="Tell to whom the site's server showed pages; nothing is counted",
                access=Access.MANAGER,
                params=(SITE,),
                body=PagesShown,
                answers=PagesNoted,
                errors=(400, 401, 403, 404, 413, 415),
            ),
        )

    async def diagnosis(self, request: Request) -> Response:
        """`GET /api/doctor`. It is nobody's business but the owner's, also of a public site."""
        return success(self._doctor(self._site(request, Scope.READ)))

    async def pages(self, request: Request) -> Response:
        """`POST /api/doctor`."""
        site = self._site(request, Scope.SERVER)
        views = read_json(request, PagesShown).views
        shown = [(view.ip, view.user_agent) for view in views]
        self._doctor.saw_pages(site.id, shown, self._clock.now_ms(), counted=False)
        return success(PagesNoted(len(shown)))

    def _site(self, request: Request, scope: Scope) -> Site:
        key: Key | None = self._keys.of(request, self._clock.now_ms())
        if key is None:
            raise Unauthorized("This needs a key (X-API-Key or Authorization: Bearer).")
        sites = self._control.sites()
        name = request.params.get("site", "")
        site = sites.by_name(name) if name else sites.of_host(None)
        if site is None:
            raise NotFound("There is no such site.")
        if not key.allows(scope, site.id):
            raise Forbidden(f"This key may not do that: it takes the scope {scope}.")
        return site
