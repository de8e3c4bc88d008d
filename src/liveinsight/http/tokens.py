"""Signed tokens: `v1.<s>.<nonce>.<mac>`, made for one bearer and good for an hour.

Nothing is stored: any process with the secret can check any token, behind any number of servers
and functions. A site may demand one with its events (CSRF): that keeps other sites' pages from
sending in a visitor's name, and is no authentication, as anyone can fetch one for a session id.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

from liveinsight.domain.errors import Forbidden

LIFETIME_S = 3600


class SignedTokens:
    """Makes and checks tokens."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, bearer: str, now_ms: int) -> str:
        """A token for the bearer, good for an hour."""
        head = f"v1.{now_ms // 1000}.{secrets.token_urlsafe(9)}"
        return f"{head}.{self._mac(head, bearer)}"

    def check(self, token: str, bearer: str, now_ms: int) -> None:
        """Raise `Forbidden` unless the token was made here, for this bearer, of late."""
        head, _, mac = token.rpartition(".")
        # Compared as bytes: text with other letters than ASCII's cannot be compared safely.
        is_ours = hmac.compare_digest(mac.encode(), self._mac(head, bearer).encode())
        if not is_ours:
            raise Forbidden("This token is not valid for who sends it.")
        made_s = int(head.split(".")[1])
        if not 0 <= now_ms // 1000 - made_s <= LIFETIME_S:
            raise Forbidden("This token has expired; ask for another.")

    def _mac(self, head: str, bearer: str) -> str:
        digest = hmac.digest(self._secret, f"{head}\n{bearer}".encode(), sha256)
        return urlsafe_b64encode(digest[:24]).decode()
