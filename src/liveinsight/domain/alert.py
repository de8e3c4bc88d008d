"""Alerts: a word by e-mail when many come at once, or hardly anybody does any more."""

from enum import StrEnum

from msgspec import Struct

from liveinsight.domain.digest import Row
from liveinsight.domain.letter import Language
from liveinsight.domain.period import DAY_MS, HOUR_MS
from liveinsight.domain.site import Site

MOST_ALERTS = 50  # of a site
MOST_VISITORS = 1_000_000_000
MOST_HOURS = 7 * 24
REST_MS = 12 * HOUR_MS  # between two letters of one alert
WEEK_MS = 7 * DAY_MS


class Sign(StrEnum):
    """Of what a word is wanted."""

    MANY = "many"  # at least so many visitors are there at once, as live counts them
    FEW = "few"  # fewer than so many came within so many hours


class Alert(Struct, frozen=True, kw_only=True):
    """What somebody wants a word of. It tells once, and again when it was over in between: it is
    armed then. A new one is not, so that it never tells of what its maker sees.
    """

    site: str
    to: str
    sign: Sign
    visitors: int
    hours: int = 12  # of few
    language: Language = Language.ENGLISH
    is_armed: bool = False
    sent_ms: int | None = None
    failure: str = ""

    def is_given(self, visitors: int) -> bool:
        """Whether so many visitors are what it is about."""
        return visitors >= self.visitors if self.sign is Sign.MANY else visitors < self.visitors

    def may_tell(self, now_ms: int) -> bool:
        """Whether it is not just what it told."""
        return self.is_armed and (self.sent_ms is None or now_ms - self.sent_ms >= REST_MS)


class Notice(Struct, frozen=True):
    """The word: how many there are, how many there were a week before (of few, if any), and of many
    where they are and whence they came.
    """

    site: Site
    alert: Alert
    visitors: int
    at_ms: int
    before: int | None
    lists: dict[str, list[Row]]
