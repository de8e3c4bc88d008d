"""A sighting: what a sender tells of one event, checked for form and not yet judged.

The field names and limits are those of the interface; a decoder builds it straight from bytes.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Struct

from liveinsight.domain.agent import AGENT_CHARACTERS
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import PAGE_VIEW, Scalar
from liveinsight.domain.key import Key
from liveinsight.domain.page import page_of

ID_LENGTH, NAME_LENGTH, URL_LENGTH, TEXT_LENGTH, MOST_PROPS = 100, 64, 2048, 500, 30
EVENT_ID_LENGTH = 64
Id = Annotated[str, Meta(min_length=1, max_length=ID_LENGTH)]
EventId = Annotated[str, Meta(min_length=1, max_length=EVENT_ID_LENGTH)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
Url = Annotated[str, Meta(max_length=URL_LENGTH)]
Tag = Annotated[str, Meta(max_length=TEXT_LENGTH)]
PropName = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
PropValue = Annotated[str, Meta(max_length=TEXT_LENGTH)] | Integer | float | bool | None
# Its pattern is told to who reads the interface, and checked by `is_screen`, which remembers: a
# pattern in here would cost as much as decoding all the rest.
SCREEN_PATTERN = r"(\d{1,5}x\d{1,5})?"
Screen = Annotated[str, Meta(max_length=11, extra_json_schema={"pattern": f"^{SCREEN_PATTERN}$"})]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]


TITLE_LENGTH = 300
MOST_DIGITS = 15  # of an amount, before its point
YEAR_10000_MS = 253_402_300_800_000


@lru_cache(maxsize=1024)
def is_screen(text: str) -> bool:
    """Whether it is a width and height, or left empty."""
    return re.fullmatch(SCREEN_PATTERN, text, re.ASCII) is not None


class Revenue(Struct, frozen=True):
    """An amount of money, exact."""

    amount: Decimal
    currency: Currency


class Sighting(Struct, kw_only=True, gc=False):
    """One event as it was told. Nothing but `page_url` of a page view is required."""

    site: Annotated[str, Meta(max_length=253)] | None = None
    event_id: EventId | None = None
    session_id: Id | None = None
    user_id: Id | None = None
    timestamp: int | float | datetime | None = None
    event_type: Name = PAGE_VIEW
    page_url: Url | None = None
    title: str | None = None  # kept to TITLE_LENGTH: pages choose their titles, not senders
    referrer: Url | None = None
    user_agent: Annotated[str, Meta(max_length=AGENT_CHARACTERS)] | None = None
    ip: Annotated[str, Meta(max_length=45)] | None = None
    country: Annotated[str, Meta(pattern="^[A-Za-z]{2}$")] | None = None
    props: Annotated[dict[PropName, PropValue], Meta(max_length=MOST_PROPS)] | None = None
    revenue: Revenue | None = None
    engaged_ms: Annotated[int, Meta(ge=0, le=86_400_000)] | None = None
    # Browsers that bounce at the end tell a little more than all of the page: it is 100.
    scroll_depth: Annotated[int, Meta(ge=0, le=1000)] | None = None
    screen: Screen | None = None
    language: Annotated[str, Meta(max_length=35)] | None = None
    utm_source: Tag | None = None
    utm_medium: Tag | None = None
    utm_campaign: Tag | None = None
    utm_content: Tag | None = None
    utm_term: Tag | None = None

    def kept_props(self) -> dict[str, Scalar] | None:
        """The properties that have a value."""
        told = self.props or {}
        return {name: value for name, value in told.items() if value is not None} or None


class Guest(Struct, frozen=True, eq=False):
    """Who sends, as far as the head of a request shows it. Who is known is the same object again,
    by which all that was found out of them is found.
    """

    address: str = ""
    user_agent: str = ""
    country: str | None = None
    gpc: bool = False
    dnt: bool = False
    language: str | None = None


class Caller(Struct, frozen=True):
    """Who sent a request and when, gathered once for all its events."""

    received_ms: int
    guest: Guest = Guest()
    key: Key | None = None
    # How far the sender's clock is ahead of ours, as its batch told; 0 where it is about right.
    skew_ms: int = 0


# Clocks that are off by no more are believed: the network takes its time, too.
BELIEVED_MS = 30_000


def skew_of(sent_ms: int | None, received_ms: int) -> int:
    """How wrong the clock of a sender is that said when it sent its batch."""
    if sent_ms is None or abs(sent_ms - received_ms) <= BELIEVED_MS:
        return 0
    return sent_ms - received_ms


def time_of(told: float | datetime | None, caller: Caller) -> int:
    """The moment in ms by our clock; without one it is now. One far off the calendar is no time
    at all.
    """
    if told is None:
        return caller.received_ms
    if isinstance(told, datetime):
        if told.tzinfo is None:
            told = told.replace(tzinfo=UTC)
        told = told.timestamp() * 1000
    if not 0 <= told < YEAR_10000_MS:
        raise Invalid("timestamp", "is not a time in ms since 1970")
    return max(int(told) - caller.skew_ms, 0)


def check_form(told: Sighting) -> None:
    """What the decoder leaves to us."""
    check_page(told)
    if told.revenue is not None:
        check_amount(told.revenue)
    check_screen(told.screen)


def check_page(told: Sighting) -> None:
    """A page view is of a page."""
    if not told.page_url and told.event_type == PAGE_VIEW:
        raise Invalid("page_url", "is required for a page_view")


def check_screen(told: str | None) -> None:
    """A screen has a width and height."""
    if told is not None and not is_screen(told):
        raise Invalid("screen", "must be like 1920x1080")


def check_whole(told: Sighting) -> None:
    """All that refuses an event whoever tells of it: its form, time and page."""
    check_form(told)
    time_of(told.timestamp, _NOBODY)
    if told.page_url:
        page_of(told.page_url)


_NOBODY = Caller(0)


def check_amount(told: Revenue) -> None:
    """As people pay: finite, and no longer than money is."""
    amount = told.amount
    exponent = amount.as_tuple().exponent
    # Its size is looked at before anything is computed: of a huge exponent that would fail.
    if not isinstance(exponent, int) or exponent < -6 or amount.adjusted() >= MOST_DIGITS:
        raise Invalid("revenue", "amount must be a number with up to 15 digits and 6 decimals")
