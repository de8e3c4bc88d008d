"""The door through which events come in: `/api/events`, the pixel, and CSRF tokens."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from liveinsight.domain.agent import AGENT_CHARACTERS
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Forbidden, Invalid, RateLimited
from liveinsight.domain.event import PAGE_VIEW
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.lately import Lately
from liveinsight.domain.sighting import Caller, Guest, Id, Sighting, skew_of
from liveinsight.http.addresses import Addresses
from liveinsight.http.auth import Keys
from liveinsight.http.exchange import POSTED_HEADERS, Handler, Request, Response, plain, success
from liveinsight.http.limits import RateLimit
from liveinsight.http.routes import Param, Route
from liveinsight.http.tokens import LIFETIME_S, SignedTokens
from liveinsight.http.wire import GIF, GIF_TYPE, Told, read_json, read_told, sighting_of
from liveinsight.ports import Clock, Control, HotStore
from liveinsight.usecases.collect import Outcome
from liveinsight.usecases.doctor import Doctor
from liveinsight.usecases.places import host_of

GPC_OR_DNT = b"1"
# Guests of late. Strangers choose how long their headers are: those of longer ones, which browsers
# do not send, are not remembered.
REMEMBERED = 16_384
REMEMBERED_LENGTH = 600
LANGUAGES_READ = 100


class Seen(msgspec.Struct, frozen=True):
    """What a request tells, and when by the clock of who sent it."""

    sightings: Sequence[Sighting]
    sent_ms: int | None = None


Read = Callable[[Request, Key | None], Seen]


class Collecting(Protocol):
    """What judges events and takes them."""

    def judge(self, sightings: Sequence[Sighting], caller: Caller) -> Outcome: ...

    def take(self, outcomes: Sequence[Outcome]) -> None: ...


class Collected(msgspec.Struct, frozen=True):
    """The answer to events; only what is durable is told as processed."""

    processed_events: int
    session_updated: bool
    new_session: bool
    dropped: dict[Drop, int]
    event_ids: list[str]


class TokenWanted(msgspec.Struct, frozen=True):
    """The body of `POST /api/csrf-token`."""

    session_id: Id


class Token(msgspec.Struct, frozen=True):
    """The answer to it."""

    csrf_token: str
    expires_in: int


class CollectDoor:
    """Takes events from anybody, and more of them from who holds a key."""

    def __init__(  # noqa: PLR0913 - all by name
        self,
        *,
        collect: Collecting,
        hot: HotStore,
        control: Control,
        keys: Keys,
        addresses: Addresses,
        limit: RateLimit,
        clock: Clock,
        country_header: bytes | None = None,
        doctor: Doctor | None = None,
    ) -> None:
        self._collect = collect
        self._hot = hot
        self._control = control
        self._keys = keys
        self._addresses = addresses
        self._limit = limit
        self._clock = clock
        self._country_header = country_header or b""
        self._doctor = doctor
        self._csrf = SignedTokens(control.secret("csrf"))
        # Most requests come from who sent one a moment ago.
        self._guests: Lately[tuple[bytes | str | None, ...], Guest] = Lately(REMEMBERED)
        self.dropped: Counter[Drop] = Counter()
        self._refused: Counter[tuple[str, Drop]] = Counter()

    def routes(self, events: Handler | None = None) -> tuple[Route, ...]:
        """What is answered here; `events` is how a home takes them, if not one by one."""
        return (
            Route(
                method="POST",
                path="/api/events",
                handler=events or self.events,
                about="Collect events: a batch of 1 to 100, or one bare event",
                body=Told,
                answers=Collected,
                errors=(400, 401, 403, 413, 415, 503),
            ),
            Route(
                method="GET",
                path="/api/pixel.gif",
                handler=self.pixel,
                about="Collect a page view of a page without script",
                params=(
                    Param("site", "Site id or domain"),
                    Param("url", "The page; else the Referer header tells it"),
                    Param("title", "Its title"),
                    Param("referrer", "Where the visitor came from"),
                    Param("event_id", "Makes sending again harmless"),
                ),
                media=("image/gif",),
                errors=(400, 401, 503),
            ),
            Route(
                method="POST",
                path="/api/csrf-token",
                handler=self.csrf_token,
                about="A token that `POST /api/events` accepts, for one session id",
                body=TokenWanted,
                answers=Token,
                errors=(400, 401, 413, 415),
            ),
        )

    async def events(self, request: Request) -> Response:
        """`POST /api/events`."""
        outcome = self.judge(request)
        self.take([outcome])
        await self._hot.keep(outcome.events, outcome.lost)
        return answer_to(outcome)

    def judge(self, request: Request) -> Outcome:
        """What the request tells; nothing has come of it yet."""
        caller = self._caller(request)
        is_bare = False
        try:
            told = read_told(request)
            is_bare = told.events is None
            self._check_csrf(told, request, caller)
            caller = by_clock(caller, told.sent_at)
            sightings = told.sightings()
            if self._doctor is not None and (caller.key is not None or told.sent_at is not None):
                self._show(self._doctor, told, request, caller)
            self._hot.check_room()
            return self._collect.judge(sightings, caller)
        except Invalid as wrong:
            self._refuse(Drop.INVALID)
            raise wrong.alone() if is_bare else wrong from None

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Take what requests told, one at least. They are answered when it is durable: a duplicate
        too, as the event it repeats may be among those still being written.
        """
        self._collect.take(outcomes)
        if self._refused:
            outcomes[0].lost.update(self._refused)
            self._refused.clear()
        for outcome in outcomes:
            if outcome.dropped:
                self.dropped.update(outcome.dropped)

    async def pixel(self, request: Request) -> Response:
        """`GET /api/pixel.gif`: a page view of a page without script."""
        await self.collected(request, lambda request, _: Seen([seen_by_pixel(request)]))
        return plain(200, GIF, GIF_TYPE)

    async def collected(self, request: Request, read: Read) -> Outcome:
        """What came of what `read` finds in a request, when it is durable."""
        caller = self._caller(request)
        try:
            seen = read(request, caller.key)
            if caller.key is None and self._demands_csrf(seen.sightings):
                raise Forbidden("This site wants a CSRF token, which cannot be sent like this.")
            self._hot.check_room()
            outcome = self._collect.judge(seen.sightings, by_clock(caller, seen.sent_ms))
        except Invalid as wrong:
            self._refuse(Drop.INVALID)
            raise wrong.alone() from None
        self.take([outcome])
        await self._hot.keep(outcome.events, outcome.lost)
        return outcome

    async def csrf_token(self, request: Request) -> Response:
        """`POST /api/csrf-token`."""
        self._caller(request)
        wanted = read_json(request, TokenWanted)
        token = self._csrf.make(wanted.session_id, self._clock.now_ms())
        return success(Token(token, LIFETIME_S))

    def _show(self, doctor: Doctor, told: Told, request: Request, caller: Caller) -> None:
        """The doctor looks at who sends. Only the script says when it sends; a batch of it is of
        one page. A server tells for whom.
        """
        posing = caller.key is not None and Scope.SERVER in caller.key.scopes
        if told.sent_at is None and not posing:
            return
        sightings = told.sightings()
        host = host_of(sightings[0])
        site = self._control.sites().of(sightings[0].site, host)
        if site is None:
            return
        if told.sent_at is not None:
            proxied = b"x-forwarded-for" in request.headers
            forwarded = proxied and not self._addresses.is_proxied(request)
            skew_ms = told.sent_at - caller.received_ms
            doctor.saw_script(site.id, host, caller, skew_ms, forwarded=forwarded)
        elif views := [
            (view.ip, view.user_agent or "")
            for view in sightings
            if view.ip and view.event_type == PAGE_VIEW
        ]:
            doctor.saw_pages(site.id, views, caller.received_ms, counted=True)

    def _caller(self, request: Request) -> Caller:
        headers = request.headers
        now_ms = self._clock.now_ms()
        sends_key = b"x-api-key" in headers or b"authorization" in headers
        key = self._keys.of(request, now_ms) if sends_key else None
        guest = self._guest(request)
        if key is None or not key.scopes & {Scope.SERVER, Scope.IMPORT}:
            try:
                self._limit.check(guest.address, now_ms)
            except RateLimited:
                self._refuse(Drop.RATE_LIMITED)
                raise
        return Caller(now_ms, guest, key)

    def _guest(self, request: Request) -> Guest:
        told_by = request.headers.get
        shown = (
            request.peer,
            told_by(b"x-forwarded-for"),
            told_by(b"user-agent"),
            told_by(b"accept-language"),
            told_by(b"sec-gpc"),
            told_by(b"dnt"),
            told_by(self._country_header),
        )
        guest = self._guests.get(shown)
        if guest is None:
            guest = self._understood(request)
            if sum(map(len, filter(None, shown))) <= REMEMBERED_LENGTH:
                self._guests.keep(shown, guest)
        return guest

    def _understood(self, request: Request) -> Guest:
        headers = request.headers
        # The edge's word for the country counts where it comes from the edge.
        is_edge = self._country_header and self._addresses.is_proxied(request)
        return Guest(
            self._addresses.client(request),
            headers.get(b"user-agent", b"")[:AGENT_CHARACTERS].decode("latin-1"),
            _country(headers.get(self._country_header, b"")) if is_edge else None,
            headers.get(b"sec-gpc") == GPC_OR_DNT,
            headers.get(b"dnt") == GPC_OR_DNT,
            _language(headers.get(b"accept-language", b"")[:LANGUAGES_READ]),
        )

    def _check_csrf(self, told: Told, request: Request, caller: Caller) -> None:
        token = told.csrf_token
        if b"x-csrf-token" in request.headers:
            token = request.header(b"x-csrf-token")
        if not token:
            if caller.key is None and self._demands_csrf(told.sightings()):
                raise Forbidden("This site wants a CSRF token: ask POST /api/csrf-token for one.")
            return
        sightings = told.sightings()
        session_id = request.header(b"x-session-id") or told.session_id or sightings[0].session_id
        self._csrf.check(token, session_id or "", caller.received_ms)

    def _demands_csrf(self, sightings: Sequence[Sighting]) -> bool:
        sites = self._control.sites()
        return sites.demand_csrf and any(
            site is not None and site.csrf_required
            for site in (sites.of(told.site, host_of(told)) for told in sightings)
        )

    def _refuse(self, reason: Drop) -> None:
        """Count what never became an event; it is kept with the next ones."""
        self._refused["", reason] += 1
        self.dropped[reason] += 1


def by_clock(caller: Caller, sent_ms: int | None) -> Caller:
    """The caller, with what their clock is off."""
    skew_ms = skew_of(sent_ms, caller.received_ms)
    return msgspec.structs.replace(caller, skew_ms=skew_ms) if skew_ms else caller


def seen_by_pixel(request: Request) -> Sighting:
    """What the picture's parameters tell."""
    names = ("site", "title", "referrer", "event_id")
    told: dict[str, object] = {name: request.params.get(name) for name in names}
    return sighting_of(told | {"page_url": request.params.get("url") or request.header(b"referer")})


def answer_to(outcome: Outcome) -> Response:
    """The answer to events, once they are kept: only then is known all that it tells."""
    collected = Collected(
        outcome.processed,
        outcome.processed > 0,
        outcome.starts_visit,
        outcome.dropped,
        outcome.event_ids,
    )
    return success(collected, POSTED_HEADERS)


def _country(told: bytes) -> str | None:
    code = told.decode("latin-1").upper()
    return code if len(code) == 2 and code.isalpha() and code != "XX" else None


def _language(accepted: bytes) -> str | None:
    """The first of `ko-KR,ko;q=0.9`."""
    first = accepted.partition(b",")[0].partition(b";")[0].strip()[:35].decode("latin-1")
    return first if first and first != "*" and first.replace("-", "").isalnum() else None
