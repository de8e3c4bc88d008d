"""API keys: who may do what, for one site or all."""

from enum import StrEnum

from msgspec import Struct

SHARE = "share:"


class Scope(StrEnum):
    """What a key allows."""

    READ = "read"
    SERVER = "server"  # events with given address, agent and country
    IMPORT = "import"  # and of any past time
    ADMIN = "admin"


class Key(Struct, frozen=True, kw_only=True):
    """A key as it is kept: never the key itself, but its hash."""

    id: str
    hash: bytes
    scopes: frozenset[Scope]
    site: str | None = None  # None: all sites
    label: str = ""
    created_ms: int = 0
    last_used_ms: int | None = None

    @property
    def is_share(self) -> bool:
        """Whether it is no key but a share link, whose holder is a guest."""
        return self.id.startswith(SHARE)

    def allows(self, scope: Scope, site: str) -> bool:
        """Whether it may do that there; `admin` may do all but pose as a server or an import."""
        may = scope in self.scopes or (scope is Scope.READ and Scope.ADMIN in self.scopes)
        return may and self.site in {None, site}
