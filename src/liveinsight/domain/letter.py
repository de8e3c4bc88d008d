"""Letters: a site's figures of a day, week or month that is over, sent by e-mail."""

import re
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.period import local_day, moment_ms

MOST_LETTERS = 50  # of a site
LONGEST_ADDRESS = 254
SENT_AT = time(8)  # of the day after the period
# What mail servers take is more than this, and nobody's address is.
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_WORD = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
ADDRESS = re.compile(rf"(?!.*=\?)(?=[^@]{{1,64}}@){_WORD}(\.{_WORD})*@{_LABEL}(\.{_LABEL})*")


class Every(StrEnum):
    """How often."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Language(StrEnum):
    """In which words."""

    ENGLISH = "en"
    KOREAN = "ko"


class Letter(Struct, frozen=True, kw_only=True):
    """One letter that goes out again and again. `sent` is the first day of the newest period that
    it has told, or that was over when it was wanted.
    """

    site: str
    to: str
    every: Every = Every.WEEK
    language: Language = Language.ENGLISH
    sent: str = ""
    sent_ms: int | None = None
    failure: str = ""


class Period(Struct, frozen=True):
    """Days that are over, and when they may be told."""

    first: date
    last: date
    due_ms: int

    @property
    def name(self) -> str:
        """By its first day; later ones are greater."""
        return self.first.isoformat()


def checked_address(text: str) -> str:
    """An address, if it is one."""
    if len(text) > LONGEST_ADDRESS or not ADDRESS.fullmatch(text):
        raise Invalid("to", "must be an e-mail address")
    return text


def period_before(every: Every, now_ms: int, zone_name: str) -> Period:
    """The newest one that is over, in the site's days; weeks begin on Monday."""
    today = local_day(now_ms, zone_name).date
    match every:
        case Every.DAY:
            end, first = today, today - timedelta(days=1)
        case Every.WEEK:
            end = today - timedelta(days=today.weekday())
            first = end - timedelta(days=7)
        case Every.MONTH:
            end = today.replace(day=1)
            first = (end - timedelta(days=1)).replace(day=1)
    due_ms = moment_ms(datetime.combine(end, SENT_AT), zone_name)
    return Period(first, end - timedelta(days=1), due_ms)
