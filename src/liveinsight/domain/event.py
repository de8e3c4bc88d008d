"""An event: one thing that happened, the only source of truth.

`Event` is what is kept, in the journal and in the lake, in this order of fields.
It holds no address, no user agent and no given user id: only what they were recognised as.
"""

from enum import StrEnum

from msgspec import Struct

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


class Event(Struct, frozen=True, array_like=True, gc=False):
    """What happened, recognised and judged. Times are ms since 1970; ids are unsigned 64-bit.

    `prior` is the visitor id under the previous day's salt, told only in the first half hour of
    a local day: it is what lets a visit go on past midnight, whatever the order of arrival.
    """

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

    @property
    def is_counted(self) -> bool:
        """Whether the metric `events` counts it."""
        return self.aside is None and self.type not in SILENT_TYPES
