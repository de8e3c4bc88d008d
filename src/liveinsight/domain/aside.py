"""What was not counted and why, and which properties events carry: questions without metrics."""

from msgspec import Struct

from liveinsight.domain.range import Named, Range


class Aside(Struct, frozen=True):
    """How often something was set aside or dropped, by reason."""

    site: str
    range: Range = Named.LAST_7D
    elsewhere: bool = False  # what is of no site, too


class AsideRow(Struct, frozen=True):
    """One reason (docs/glossary.md, drops)."""

    reason: str
    events: int


class AsideReport(Struct, frozen=True):
    """All reasons there were, the most frequent first."""

    results: list[AsideRow]
    # What is of no site, as nobody knows of which: for who may read all of them.
    elsewhere: list[AsideRow] = []


class PropKeys(Struct, frozen=True):
    """Which properties events carry; of one event's name, or of all."""

    site: str
    range: Range = Named.LAST_7D
    event: str | None = None


class PropKeyRow(Struct, frozen=True):
    """A property, and how many events carry it."""

    key: str
    events: int


class PropKeysReport(Struct, frozen=True):
    """The properties, the most frequent first, at most a hundred."""

    results: list[PropKeyRow]
