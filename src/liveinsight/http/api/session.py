"""The session of a browser, the set-up that makes its first one, and the people who may have one."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from liveinsight.domain.errors import Forbidden, Unauthorized
from liveinsight.domain.person import Person, Role, checked_role
from liveinsight.http.addresses import Addresses
from liveinsight.http.exchange import Request, Response, success
from liveinsight.http.limits import RateLimit
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.sessions import Sessions
from liveinsight.http.wire import read_json
from liveinsight.ports import Clock
from liveinsight.usecases.people import People

T = TypeVar("T")

# Guesses at a password that one address, or anybody at one account, has in a minute.
TRIES_PER_MINUTE = 20
# A password costs 19 MiB while it is hashed.
HASHED_AT_ONCE = 2


class PersonTold(Struct, frozen=True):
    """A person, without what only the server knows."""

    email: str
    role: str
    created_ms: int


class SessionTold(Struct, frozen=True):
    """Who asks, and the token that changes need."""

    setup: bool
    person: PersonTold | None
    csrf: str | None


class PeopleTold(Struct, frozen=True):
    """Everybody."""

    people: list[PersonTold]


class SetUpForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The owner's account, with the set-up link's token."""

    token: str
    email: str
    password: str


class SignInForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs in."""

    email: str
    password: str


class PasswordForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A new password of one's own."""

    old_password: str
    password: str


class PersonForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody new."""

    email: str
    role: str
    password: str


class PersonChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Another role or password of somebody."""

    email: str
    role: str | None = None
    password: str | None = None


class SessionDoor:
    """Sign in, sign out, set up; and for owners, the people."""

    def __init__(
        self, people: People, sessions: Sessions, addresses: Addresses, clock: Clock
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._addresses = addresses
        self._clock = clock
        self._tries = RateLimit(TRIES_PER_MINUTE)
        self._hashing = asyncio.Semaphore(HASHED_AT_ONCE)

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        reader, manager = Access.READER, Access.MANAGER
        email = Param("email", "Whose account", required=True)
        return (
            Route(method="GET", path="/api/session", handler=self.told, about="Who is signed in", access=reader, answers=SessionTold),
            Route(method="POST", path="/api/session", handler=self.sign_in, about="Sign in: sets the session's cookie", access=reader, body=SignInForm, answers=SessionTold, errors=(400, 401, 403, 429)),
            Route(method="DELETE", path="/api/session", handler=self.sign_out, about="Sign out", access=reader, answers=SessionTold),
            Route(method="POST", path="/api/setup", handler=self.set_up, about="Make the owner's account with the set-up link", access=reader, body=SetUpForm, answers=SessionTold, errors=(400, 403, 429)),
            Route(method="POST", path="/api/password", handler=self.change_own_password, about="Change one's own password", access=reader, body=PasswordForm, answers=SessionTold, errors=(400, 401, 403, 429)),
            Route(method="GET", path="/api/people", handler=self.people, about="Everybody who may sign in", access=manager, answers=PeopleTold, errors=(401, 403)),
            Route(method="POST", path="/api/people", handler=self.add, about="Somebody new", access=manager, body=PersonForm, answers=PeopleTold, errors=(400, 401, 403)),
            Route(method="PUT", path="/api/people", handler=self.change, about="Another role or password", access=manager, body=PersonChange, answers=PeopleTold, errors=(400, 401, 403, 404)),
            Route(method="DELETE", path="/api/people", handler=self.remove, about="Somebody leaves", access=manager, params=(email,), answers=PeopleTold, errors=(400, 401, 403, 404)),
        )  # fmt: skip

    async def told(self, request: Request) -> Response:
        """`GET /api/session`."""
        person = self._sessions.person_of(request)
        return self._answer(person, self._sessions.token_of(request) if person else "")

    async def sign_in(self, request: Request) -> Response:
        """`POST /api/session`."""
        check_same_origin(request)
        form = read_json(request, SignInForm)
        self._check_tries(request, form.email)
        person, token = await self._hashed(lambda: self._people.sign_in(form.email, form.password))
        return self._answer(person, token, self._sessions.cookie(token))

    async def sign_out(self, request: Request) -> Response:
        """`DELETE /api/session`."""
        token = self._sessions.token_of(request)
        if token and self._sessions.may_change(request):
            self._people.sign_out(token)
        return self._answer(None, "", self._sessions.cookie(""))

    async def set_up(self, request: Request) -> Response:
        """`POST /api/setup`."""
        check_same_origin(request)
        form = read_json(request, SetUpForm)
        self._check_tries(request, "")
        person, token = await self._hashed(
            lambda: self._people.set_up(form.token, form.email, form.password)
        )
        return self._answer(person, token, self._sessions.cookie(token))

    async def change_own_password(self, request: Request) -> Response:
        """`POST /api/password`."""
        person = self._signed_in(request)
        form = read_json(request, PasswordForm)
        self._check_tries(request, person.email)
        token = await self._hashed(
            lambda: self._people.change_own_password(person.email, form.old_password, form.password)
        )
        return self._answer(person, token, self._sessions.cookie(token))

    async def people(self, request: Request) -> Response:
        """`GET /api/people`."""
        self._owner(request)
        return self._everybody()

    async def add(self, request: Request) -> Response:
        """`POST /api/people`."""
        self._owner(request)
        form = read_json(request, PersonForm)
        role = checked_role(form.role)
        await self._hashed(lambda: self._people.add(form.email, role, form.password))
        return self._everybody()

    async def change(self, request: Request) -> Response:
        """`PUT /api/people`."""
        self._owner(request)
        form = read_json(request, PersonChange)
        role = None if form.role is None else checked_role(form.role)
        await self._hashed(
            lambda: self._people.change(form.email, role=role, password=form.password)
        )
        return self._everybody()

    async def remove(self, request: Request) -> Response:
        """`DELETE /api/people?email=…`."""
        self._owner(request)
        self._people.remove(request.params.get("email", ""))
        return self._everybody()

    async def _hashed(self, work: Callable[[], T]) -> T:
        """Hashing takes tens of milliseconds: not on the loop, and not many at once."""
        async with self._hashing:
            return await asyncio.to_thread(work)

    def _check_tries(self, request: Request, account: str) -> None:
        now_ms = self._clock.now_ms()
        self._tries.check(self._addresses.client(request), now_ms)
        self._tries.check(sha256(account.strip().lower().encode()).hexdigest(), now_ms)

    def _signed_in(self, request: Request) -> Person:
        person = self._sessions.person_of(request)
        if person is None:
            raise Unauthorized("Sign in first.")
        if not self._sessions.may_change(request):
            raise Forbidden("The X-CSRF-Token of the session is missing or wrong.")
        return person

    def _owner(self, request: Request) -> Person:
        person = self._signed_in(request)
        if person.role is not Role.OWNER:
            raise Forbidden("Only an owner decides on people.")
        return person

    def _everybody(self) -> Response:
        return success(PeopleTold([_told(person) for person in self._people.everybody()]))

    def _answer(self, person: Person | None, token: str, *headers: tuple[bytes, bytes]) -> Response:
        told = SessionTold(
            setup=not self._people.is_set_up,
            person=_told(person) if person else None,
            csrf=self._sessions.csrf(token) if person else None,
        )
        answer = success(told)
        return Response(answer.status, (*answer.headers, *headers), answer.body)


def check_same_origin(request: Request) -> None:
    """Nobody else's page may sign a visitor in (to an account that is watched)."""
    origin = request.header(b"origin")
    if origin and urlsplit(origin).netloc != request.header(b"host"):
        raise Forbidden("Another site's page may not do this.")


def _told(person: Person) -> PersonTold:
    return PersonTold(person.email, person.role.value, person.created_ms)
