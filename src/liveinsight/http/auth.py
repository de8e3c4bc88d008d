"""Who asks: by an API key in `X-API-Key` or `Authorization: Bearer`, by a session, or as anybody."""

import secrets
from collections.abc import Callable
from hashlib import sha256

from liveinsight.domain.errors import Forbidden, NotFound, Unauthorized
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.site import Site
from liveinsight.http.exchange import Request
from liveinsight.http.sessions import Sessions
from liveinsight.http.tokens import SignedTokens
from liveinsight.ports import Control

NOT_READABLE = (
    "Reading needs a session, a key (X-API-Key or Authorization: Bearer), or a public site."
)
NOT_MANAGED = (
    "This needs a session of an owner or admin with its X-CSRF-Token, or a key of scope admin."
)


# Who can read the installation's file holds its secrets, and so may do all; the CLI proves it
# by a token of that secret instead of a stored key.
CLI = "cli"
CLI_KEY = Key(id=CLI, hash=b"", scopes=frozenset(Scope))


# How keys begin: who finds one in a file knows what it opens.
KEY_MARK = "li_"


def new_key() -> str:
    """A key of 256 random bits, to be told once."""
    return KEY_MARK + secrets.token_urlsafe(32)


def key_hash(text: str) -> bytes:
    """What is kept of a key, which is so random that one round is enough."""
    return sha256(text.encode()).digest()


class Keys:
    """Finds the key of a request, and remembers when each was last used."""

    def __init__(
        self,
        control: Control,
        sessions: Sessions | None = None,
        look_again: Callable[[], None] = lambda: None,
    ) -> None:
        self._control = control
        self._sessions = sessions
        self._look_again = look_again
        self._cli = SignedTokens(control.secret(CLI))
        self.used_ms: dict[str, int] = {}

    def of(self, request: Request, now_ms: int) -> Key | None:
        """The request's key; None where none was sent, an error where it is unknown.

        A session is the key of what it may do.

        It is looked up by its hash: how long that takes tells nothing of any key.
        """
        text = request.header(b"x-api-key")
        if not text:
            scheme, _, token = request.header(b"authorization").partition(" ")
            text = token.strip() if scheme.lower() == "bearer" else ""
        if not text:
            return self._sessions.key_of(request) if self._sessions else None
        if text.startswith("v1."):
            self._cli.check(text, CLI, now_ms)
            self._look_again()  # a command before this one may have changed what it asks about
            return CLI_KEY
        key = self._key(text)
        if key is None and self._sessions and (guest := self._sessions.key_of_guest(text)):
            return guest
        if key is None:
            raise Unauthorized("This key is not known.")
        self.used_ms[key.id] = now_ms
        return key

    def managed(self, request: Request, name: str, now_ms: int) -> Site:
        """The site of that id, for who may change it."""
        check_manager(self.of(request, now_ms), name)
        site = self._control.sites().with_id(name)
        if site is None:
            raise NotFound("There is no such site.")
        return site

    def _key(self, text: str) -> Key | None:
        """Who just made a key uses it in the same breath: it may be newer than what is known."""
        told = key_hash(text)
        if (key := self._control.key_of_hash(told)) is None:
            self._look_again()
            key = self._control.key_of_hash(told)
        return key


def may_read(key: Key | None, site: Site) -> bool:
    """Whether the site's figures may be told."""
    return site.public or (key is not None and key.allows(Scope.READ, site.id))


def check_reader(key: Key | None, site: Site) -> None:
    """The same, with what is said where they may not."""
    if may_read(key, site):
        return
    if key is None:
        raise Unauthorized(NOT_READABLE)
    raise Forbidden("This key may not read this site.")


def check_manager(key: Key | None, site: str | None) -> None:
    """Whether the site (None: the whole installation) may be changed."""
    if key is None:
        raise Unauthorized(NOT_MANAGED)
    may = Scope.ADMIN in key.scopes and (key.site is None or key.site == site)
    if not may:
        raise Forbidden(NOT_MANAGED)
