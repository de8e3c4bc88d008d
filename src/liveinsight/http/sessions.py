"""Who is signed in: the cookie of a browser, or a guest's token in place of a key.

To every other door a session is a key of the rights it stands for, so that there is one rule
for who may what. A change by a cookie needs the session's CSRF token too, in `X-CSRF-Token`:
without it the cookie only reads.
"""

import hmac
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie

from liveinsight.domain.key import SHARE, Key, Scope
from liveinsight.domain.person import Person
from liveinsight.domain.session import SESSION_MS, Session
from liveinsight.http.exchange import Request
from liveinsight.usecases.people import People, hashed

COOKIE = "liveinsight_session"
READ_ONLY_METHODS = frozenset({"GET", "HEAD"})


class Sessions:
    """Reads requests; `secret` makes the CSRF tokens."""

    def __init__(self, people: People, secret: bytes, *, is_secure: bool) -> None:
        self._people = people
        self._secret = secret
        self._is_secure = is_secure

    def key_of(self, request: Request) -> Key | None:
        """What the cookie's session may do, as a key."""
        person = self.person_of(request)
        if person is None:
            return None
        scope = Scope.READ
        if person.role.manages and self._may_change(request):
            scope = Scope.ADMIN
        return Key(id=f"person:{person.email}", hash=b"", scopes=frozenset({scope}))

    def key_of_guest(self, token: str) -> Key | None:
        """What a guest's token may do, as a key."""
        session = self._people.session(token)
        if session is None or session.share is None:
            return None
        share = self._people.share_of(session.share)
        return Key(
            id=f"{SHARE}{share.id}", hash=b"", scopes=frozenset({Scope.READ}), site=share.site
        )

    def person_of(self, request: Request) -> Person | None:
        """Who is signed in."""
        session = self._of(request)
        return self._people.person(session.email) if session and session.email else None

    def may_change(self, request: Request) -> bool:
        """Whether a change was meant by the person: the CSRF token is the session's."""
        return self._of(request) is not None and self._may_change(request)

    def csrf(self, token: str) -> str:
        """The CSRF token of a session: nobody else's page can read it."""
        return hmac.new(self._secret, hashed(token), sha256).hexdigest()

    @staticmethod
    def token_of(request: Request) -> str:
        """The cookie's session token, empty where there is none."""
        try:
            cookie = SimpleCookie(request.header(b"cookie")).get(COOKIE)
        except CookieError:
            return ""
        return cookie.value if cookie else ""

    def cookie(self, token: str) -> tuple[bytes, bytes]:
        """The header that keeps the token in the browser; an empty one takes it away."""
        age_s = SESSION_MS // 1000 if token else 0
        secure = "; Secure" if self._is_secure else ""
        text = f"{COOKIE}={token}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}"
        return b"set-cookie", text.encode()

    def _of(self, request: Request) -> Session | None:
        token = self.token_of(request)
        return self._people.session(token) if token else None

    def _may_change(self, request: Request) -> bool:
        if request.method in READ_ONLY_METHODS:
            return True
        told = request.header(b"x-csrf-token")
        return hmac.compare_digest(told.encode(), self.csrf(self.token_of(request)).encode())
