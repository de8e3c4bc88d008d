"""What is happening now: the answer of the live view, the same for page, stream and API."""

from msgspec import Struct

LIVE_MS = 5 * 60_000
WINDOW_MS = 30 * 60_000
FEED_LENGTH = 50
TOP_LENGTH = 10
PAGES_LENGTH = 100


class Minute(Struct, frozen=True):
    """One bar of the last half hour."""

    time: int
    pageviews: int
    visitors: int


class Count(Struct, frozen=True):
    """One row of a top list."""

    name: str | None
    visitors: int


class Glimpse(Struct, frozen=True):
    """One thing that just happened; never an address or an id."""

    time: int
    event: str
    page: str | None
    title: str | None
    hostname: str | None
    source: str | None
    country: str | None
    browser: str | None
    os: str | None
    device: str


class Live(Struct, frozen=True):
    """The owner's four figures first, then what grew around them."""

    active_users: int
    current_pages: dict[str, int]
    events_last_5min: int
    timestamp: int
    visitors_last_30min: int
    pageviews_last_30min: int
    series: list[Minute]
    top_sources: list[Count]
    top_countries: list[Count]
    feed: list[Glimpse]
