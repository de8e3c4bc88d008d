"""What a home holds and another can take over: its sealed files, and what goes with them."""

from collections.abc import Iterable

from msgspec import Struct

from liveinsight.domain.key import Key
from liveinsight.domain.lake import LakeFile
from liveinsight.domain.site import Site


class KeptSalt(Struct, frozen=True):
    """A salt that is not forgotten yet: with it the day's visitors stay who they are."""

    site: str
    day: str
    value: bytes
    expires_ms: int


class Holding(Struct, frozen=True):
    """All of it, at one moment."""

    files: tuple[LakeFile, ...]
    generation: int  # no file's name carries a higher one
    sites: tuple[Site, ...] = ()
    keys: tuple[Key, ...] = ()
    salts: tuple[KeptSalt, ...] = ()
    drops: tuple[tuple[str, str, str, int], ...] = ()  # site, day, reason, how often

    @property
    def site_ids(self) -> frozenset[str]:
        """The sites that anything is told of."""
        return frozenset(file.site for file in self.files) | {site.id for site in self.sites}


def rows_by_relation(files: Iterable[LakeFile]) -> dict[tuple[str, str], int]:
    """How many rows there are of each site and relation."""
    counted: dict[tuple[str, str], int] = {}
    for file in files:
        kind = file.site, file.relation.value
        counted[kind] = counted.get(kind, 0) + file.rows
    return counted
