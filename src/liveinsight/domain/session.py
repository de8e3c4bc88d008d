"""Sessions and share links: who is let in for a while, by a secret of which only a hash is kept."""

from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.period import DAY_MS

SESSION_MS = 30 * DAY_MS
# Who came by a share link asks again after a day; a revoked link ends all of its sessions at once.
GUEST_MS = DAY_MS
MAX_NAME_CHARS = 100


class Session(Struct, frozen=True, kw_only=True):
    """A person's browser, or a guest by a share link."""

    hash: bytes
    email: str | None = None
    share: str | None = None
    expires_ms: int


class Share(Struct, frozen=True, kw_only=True):
    """A link that reads one site, perhaps with a password, perhaps for a while."""

    id: str
    hash: bytes
    site: str
    name: str
    password_hash: str | None = None
    created_ms: int
    expires_ms: int | None = None

    def is_good(self, now_ms: int) -> bool:
        """Whether it still lets in."""
        return self.expires_ms is None or now_ms < self.expires_ms


def checked_name(text: str) -> str:
    """What a share or key is called."""
    name = text.strip()
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise Invalid("name", f"must be 1 to {MAX_NAME_CHARS} characters")
    return name
