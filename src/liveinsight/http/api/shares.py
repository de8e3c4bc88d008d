"""Share links: made and revoked by managers, opened by whoever has one.

A guest gets a token that is sent like a key, and no cookie: so a shared page can also stand in a
frame of another site, where browsers keep cookies back.
"""

import asyncio

from msgspec import Struct

from liveinsight.domain.errors import NotFound
from liveinsight.domain.session import Share
from liveinsight.http.addresses import Addresses
from liveinsight.http.auth import Keys, check_manager
from liveinsight.http.exchange import Request, Response, success
from liveinsight.http.limits import RateLimit
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.wire import read_json
from liveinsight.ports import Clock, Control
from liveinsight.usecases.people import People

TRIES_PER_MINUTE = 30


class ShareTold(Struct, frozen=True):
    """A share link; `token` only in the answer to making it."""

    id: str
    site: str
    name: str
    has_password: bool
    created_ms: int
    expires_ms: int | None
    token: str | None = None


class SharesTold(Struct, frozen=True):
    """The site's share links."""

    shares: list[ShareTold]


class ShareForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A new share link."""

    site: str
    name: str
    password: str | None = None
    expires_ms: int | None = None


class OpenForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a guest has."""

    token: str
    password: str | None = None


class GuestTold(Struct, frozen=True):
    """What a guest gets: a key for one site, for a day."""

    site: str
    name: str
    key: str


class SharesDoor:
    """Reads and changes share links, and lets guests in."""

    def __init__(
        self, people: People, control: Control, keys: Keys, addresses: Addresses, clock: Clock
    ) -> None:
        self._people = people
        self._control = control
        self._keys = keys
        self._addresses = addresses
        self._clock = clock
        self._tries = RateLimit(TRIES_PER_MINUTE)

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        manager = Access.MANAGER
        site = Param("site", "Site id", required=True)
        share_id = Param("id", "The share link's id", required=True)
        return (
            Route(method="GET", path="/api/shares", handler=self.told, about="A site's share links", access=manager, params=(site,), answers=SharesTold, errors=(401, 403)),
            Route(method="POST", path="/api/shares", handler=self.add, about="A new share link; its token is told this once", access=manager, body=ShareForm, answers=ShareTold, errors=(400, 401, 403, 404)),
            Route(method="DELETE", path="/api/shares", handler=self.revoke, about="End a share link and all who came by it", access=manager, params=(share_id,), answers=SharesTold, errors=(401, 403, 404)),
            Route(method="POST", path="/api/shares/open", handler=self.open, about="Come in by a share link: a key for its site, for a day", access=Access.READER, body=OpenForm, answers=GuestTold, errors=(400, 404, 429)),
        )  # fmt: skip

    async def told(self, request: Request) -> Response:
        """`GET /api/shares?site=…`."""
        site = request.params.get("site", "")
        self._check(request, site)
        return self._all(site)

    async def add(self, request: Request) -> Response:
        """`POST /api/shares`."""
        form = read_json(request, ShareForm)
        self._check(request, form.site)
        if form.site not in {site.id for site in self._control.sites()}:
            raise NotFound("There is no such site.")
        share, token = await asyncio.to_thread(
            self._people.share, form.site, form.name, form.password, form.expires_ms
        )
        return success(_told(share, token))

    async def revoke(self, request: Request) -> Response:
        """`DELETE /api/shares?id=…`."""
        self._check_any(request)
        share = self._people.share_of(request.params.get("id", ""))
        self._check(request, share.site)
        self._people.revoke_share(share.id)
        return self._all(share.site)

    async def open(self, request: Request) -> Response:
        """`POST /api/shares/open`: 400 of `password` where one is wanted or wrong."""
        self._tries.check(self._addresses.client(request), self._clock.now_ms())
        form = read_json(request, OpenForm)
        share, key = await asyncio.to_thread(self._people.open_share, form.token, form.password)
        return success(GuestTold(share.site, share.name, key))

    def _check(self, request: Request, site: str) -> None:
        check_manager(self._keys.of(request, self._clock.now_ms()), site)

    def _check_any(self, request: Request) -> None:
        key = self._keys.of(request, self._clock.now_ms())
        check_manager(key, key.site if key else None)

    def _all(self, site: str) -> Response:
        return success(SharesTold([_told(share) for share in self._people.shares(site)]))


def _told(share: Share, token: str | None = None) -> ShareTold:
    return ShareTold(
        id=share.id,
        site=share.site,
        name=share.name,
        has_password=share.password_hash is not None,
        created_ms=share.created_ms,
        expires_ms=share.expires_ms,
        token=token,
    )
