"""An event: one thing that happened, the only source of truth.

Most of what is told of an event it shares with others: where it happened and whence its visitor
came is its `Place`, with what and from where they came its `Client`. Whoever takes in many events
understands, remembers and writes down each of these once. `Row` is the same event told whole.

An event holds no address, no user agent and no given user id: only what they were recognised as.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import astuple

PAGE_VIEW = "page_view"
ENGAGEMENT = "engagement"
SESSION_START = "session_start"
SESSION_END = "session_end"

# These tell of a visit but never start one, and are not counted as events.
SILENT_TYPES = frozenset({ENGAGEMENT, SESSION_START, SESSION_END})
BUILT_IN_TYPES = SILENT_TYPES | {PAGE_VIEW}

Scalar = str | int | float | bool


class Aside(StrEnum):
    """Why an event is kept apart from the counted ones; it can be taken back in."""

    BOT = "bot"
    SPAM_REFERRER = "spam_referrer"


class Place(Struct, frozen=True, array_like=True, eq=False, gc=False):
    """Where something of a type happened, and whence its visitor came.

    Two places are one only if they are the same object, so that finding what is known of one costs
    no look at its texts; so it is with clients.
    """

    site: str
    type: str
    hostname: str | None
    page: str | None
    title: str | None
    source: str | None
    channel: str
    referrer: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    utm_content: str | None
    utm_term: str | None


class Client(Struct, frozen=True, array_like=True, eq=False, gc=False):
    """With what and from where somebody came."""

    country: str | None
    region: str | None
    city: str | None
    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    device: str
    screen: str | None
    language: str | None


class Event(Struct, frozen=True, gc=False):
    """What happened, recognised and judged. Times are ms since 1970; ids are unsigned 64-bit.

    `prior` is the visitor id under the previous day's salt, told only in the first half hour of
    a local day: it is what lets a visit go on past midnight, whatever the order of arrival.
    """

    event_id: int
    time_ms: int
    place: Place
    visitor: int
    prior: int | None
    session: int | None
    client: Client
    props: dict[str, Scalar] | None
    revenue_amount: str | None
    revenue_currency: str | None
    engaged_ms: int | None
    scroll_depth: int | None
    aside: str | None

    @property
    def is_counted(self) -> bool:
        """Whether the metric `events` counts it."""
        return self.aside is None and self.place.type not in SILENT_TYPES

    def row(self) -> "Row":
        """The same, told whole."""
        event_id, time_ms, place, visitor, prior, session, client, *own = astuple(self)
        site, kind, *there = astuple(place)
        who = (visitor, prior, session)
        return Row(event_id, time_ms, site, kind, *who, *there, *astuple(client), *own)


class Row(Struct, frozen=True, array_like=True, gc=False):
    """An event told whole, as it is kept where each is kept alone; in the order of its fields."""

    event_id: int
    time_ms: int
    site: str
    type: str
    visitor: int
    prior: int | None
    session: int | None
    hostname: str | None
    page: str | None
    title: str | None
    source: str | None
    channel: str
    referrer: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    utm_content: str | None
    utm_term: str | None
    country: str | None
    region: str | None
    city: str | None
    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    device: str
    screen: str | None
    language: str | None
    props: dict[str, Scalar] | None
    revenue_amount: str | None
    revenue_currency: str | None
    engaged_ms: int | None
    scroll_depth: int | None
    aside: str | None

    def event(self) -> Event:
        """The event, with a place and a client of its own."""
        told = astuple(self)
        event_id, time_ms, site, kind, visitor, prior, session = told[:7]
        place, client = Place(site, kind, *told[7:18]), Client(*told[18:28])
        return Event(event_id, time_ms, place, visitor, prior, session, client, *told[28:])
