"""People: set up, sign in, be let in by a share link; and who may decide on whom.

Secrets (session tokens, share tokens, the set-up token) are 256 random bits; of those that are
stored only the hash is kept, by `hashed`.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256

from liveinsight.domain.errors import Forbidden, Invalid, NotFound, Unauthorized
from liveinsight.domain.person import Person, Role, checked_email, checked_password
from liveinsight.domain.session import GUEST_MS, SESSION_MS, Session, Share, checked_name
from liveinsight.ports import Clock, Passwords, PeopleStore

Token = Callable[[], str]  # a secret nobody can guess


def hashed(token: str) -> bytes:
    """What is kept of a token; it is random, so one round is enough."""
    return sha256(token.encode()).digest()


class People:
    """The usecases, over their ports."""

    def __init__(
        self, store: PeopleStore, passwords: Passwords, clock: Clock, new_token: Token
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock
        self._new_token = new_token
        self._setup_token: str | None = None

    @property
    def is_set_up(self) -> bool:
        """Whether there is somebody who can sign in."""
        return bool(self._store.people())

    def setup_token(self) -> str | None:
        """The one-time token of the set-up link; None when the set-up is done."""
        if self.is_set_up:
            return None
        if self._setup_token is None:
            self._setup_token = self._new_token()
        return self._setup_token

    def set_up(self, token: str, email: str, password: str) -> tuple[Person, str]:
        """Make the owner with the set-up link's token, and sign in."""
        if self.is_set_up:
            raise Forbidden("The set-up has been done already. Sign in instead.")
        expected = self._setup_token or ""
        if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
            raise Forbidden("The set-up link is not valid. The server prints it when it starts.")
        owner = self.add(email, Role.OWNER, password)
        self._setup_token = None
        return owner, self._let_in(email=owner.email)

    def sign_in(self, email: str, password: str) -> tuple[Person, str]:
        """The person and a session's token."""
        person = self._store.person(email.strip().lower())
        fits = self._passwords.fits(password, person.password_hash if person else None)
        if person is None or not fits:
            raise Unauthorized("E-mail or password is wrong.")
        return person, self._let_in(email=person.email)

    def sign_out(self, token: str) -> None:
        """End the session."""
        self._store.end_session(hashed(token))

    def session(self, token: str) -> Session | None:
        """Who holds this token."""
        return self._store.session(hashed(token), self._clock.now_ms())

    def person(self, email: str) -> Person | None:
        """Who has that address."""
        return self._store.person(email)

    def everybody(self) -> list[Person]:
        """All people, oldest first."""
        return list(self._store.people())

    def add(self, email: str, role: Role, password: str) -> Person:
        """Somebody new."""
        address = checked_email(email)
        if self._store.person(address) is not None:
            raise Invalid("email", f"{address} has an account already")
        person = Person(
            email=address,
            role=role,
            password_hash=self._passwords.hash(checked_password(password)),
            created_ms=self._clock.now_ms(),
        )
        self._store.put_person(person)
        return person

    def change(self, email: str, *, role: Role | None = None, password: str | None = None) -> None:
        """Another role or password; a new password ends all sessions of the person."""
        person = self._known(email)
        if role is not None and role is not Role.OWNER:
            self._keep_an_owner(person)
        self._store.put_person(
            Person(
                email=person.email,
                role=role or person.role,
                password_hash=(
                    person.password_hash
                    if password is None
                    else self._passwords.hash(checked_password(password))
                ),
                created_ms=person.created_ms,
            )
        )
        if password is not None:
            self._store.end_sessions_of(person.email)

    def change_own_password(self, email: str, old: str, new: str) -> str:
        """Who knows the old one may choose another; the token of a new session."""
        person = self._known(email)
        if not self._passwords.fits(old, person.password_hash):
            raise Invalid("old_password", "is wrong")
        self.change(email, password=new)
        return self._let_in(email=person.email)

    def remove(self, email: str) -> None:
        """Somebody leaves."""
        person = self._known(email)
        self._keep_an_owner(person)
        self._store.remove_person(person.email)

    def shares(self, site: str) -> list[Share]:
        """The site's share links."""
        return [share for share in self._store.shares() if share.site == site]

    def share(
        self, site: str, name: str, password: str | None, expires_ms: int | None
    ) -> tuple[Share, str]:
        """A new share link and its token, which is told this once."""
        now_ms = self._clock.now_ms()
        if expires_ms is not None and expires_ms <= now_ms:
            raise Invalid("expires_ms", "is over already")
        token = self._new_token()
        share = Share(
            id=self._new_token()[:12],
            hash=hashed(token),
            site=site,
            name=checked_name(name),
            password_hash=self._passwords.hash(password) if password else None,
            created_ms=now_ms,
            expires_ms=expires_ms,
        )
        self._store.put_share(share)
        return share, token

    def share_of(self, share_id: str) -> Share:
        """The share link of that id."""
        share = self._store.share(share_id)
        if share is None:
            raise NotFound("There is no such share link.")
        return share

    def revoke_share(self, share_id: str) -> None:
        """End a share link and all who came by it."""
        self._store.revoke_share(self.share_of(share_id).id)

    def open_share(self, token: str, password: str | None) -> tuple[Share, str]:
        """The share link and a guest's token; `Invalid` of `password` where one is wanted."""
        share = self._store.share_of_hash(hashed(token))
        if share is None or not share.is_good(self._clock.now_ms()):
            raise NotFound("This share link is not valid any more.")
        if share.password_hash is not None:
            if password is None:
                raise Invalid("password", "is wanted")
            if not self._passwords.fits(password, share.password_hash):
                raise Invalid("password", "is wrong")
        return share, self._let_in(share=share)

    def _let_in(self, *, email: str | None = None, share: Share | None = None) -> str:
        token, now_ms = self._new_token(), self._clock.now_ms()
        expires_ms = now_ms + (SESSION_MS if share is None else GUEST_MS)
        if share is not None and share.expires_ms is not None:
            expires_ms = min(expires_ms, share.expires_ms)
        session = Session(
            hash=hashed(token),
            email=email,
            share=share.id if share else None,
            expires_ms=expires_ms,
        )
        self._store.put_session(session, now_ms)
        return token

    def _known(self, email: str) -> Person:
        person = self._store.person(email.strip().lower())
        if person is None:
            raise NotFound(f"Nobody has the address {email}.")
        return person

    def _keep_an_owner(self, leaving: Person) -> None:
        owners = [person for person in self._store.people() if person.role is Role.OWNER]
        if owners == [leaving]:
            raise Invalid("role", "somebody must stay the owner; make another one first")
