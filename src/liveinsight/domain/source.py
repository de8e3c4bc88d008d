"""Where a visit came from: campaign, source and channel."""

from msgspec import Struct


class Campaign(Struct, frozen=True):
    """What the page's address (or the sender) tells of a campaign; `source` may be `ref`'s."""

    source: str | None = None
    medium: str | None = None
    name: str | None = None
    content: str | None = None
    term: str | None = None
    click_id: str | None = None  # the parameter's name: gclid, msclkid, fbclid, ...


class Origin(Struct, frozen=True):
    """A visit's source by its known name, its channel, and the referrer without scheme."""

    source: str | None
    channel: str
    referrer: str | None
    is_spam: bool = False
