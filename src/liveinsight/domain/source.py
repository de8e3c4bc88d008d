"""Where a visit came from: campaign, source and channel.

Which sites are known by name is told from outside (`Names`); what follows from it is told here.
"""

import re
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from liveinsight.domain.channel import Channel, Kind, Traits, channel_of

DIRECT = "Direct"
REFERRER_CHARACTERS = 2048
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WWW = re.compile(r"(www\.)+(?=[^.]+\.)")
HOST_PATTERN = re.compile(r"[\w-]+(\.[\w-]+)*|[0-9a-f:.]+")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_APP = "android-app"


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


class Known(Struct, frozen=True):
    """A source that has a name."""

    name: str
    kind: Kind


class Names(Protocol):
    """The sources that have names."""

    def of_tag(self, tag: str) -> Known | None:
        """Whom a campaign means by `ig`."""
        ...

    def of_host(self, host: str) -> Known | None:
        """Whose host (or Android package) it is, or lies under."""
        ...

    def is_spam(self, host: str) -> bool:
        """Whether the host only sends referrers, never visitors."""
        ...


class Referrer(Struct, frozen=True):
    """A page that linked here. An Android app is its package's name; its text keeps the scheme."""

    host: str
    text: str


def referrer_of(address: str | None) -> Referrer | None:
    """Read a referrer: host and path without scheme, `www.`, query or closing slash.

    Also one without a scheme, as imports and our own exports have it.
    """
    if not address:
        return None
    address = address[:REFERRER_CHARACTERS].strip()
    try:
        parts = urlsplit(address if _SCHEME.match(address) else f"//{address}")
        host = bare(parts.hostname or "")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https", _APP, ""} or not HOST_PATTERN.fullmatch(host):
        return None
    if not parts.scheme and "." not in host:  # "none", "(direct)", a path
        return None
    app = f"{_APP}://" if parts.scheme == _APP else ""
    path = "".join(c for c in parts.path if c.isprintable()).rstrip("/")
    return Referrer(host, f"{app}{f'[{host}]' if ':' in host else host}{path}")


def bare(host: str) -> str:
    """The host without `www.` and without the dot that may end it."""
    host = host.removesuffix(".")
    return _WWW.sub("", host, count=1) if host.startswith("www.") else host


def is_under(host: str, hosts: tuple[str, ...]) -> bool:
    """Whether the host is one of `hosts` or lies under one."""
    return any(host == own or host.endswith(f".{own}") for own in map(bare, hosts))


def origin_of(
    referrer: str | None, campaign: Campaign, own_hosts: tuple[str, ...], names: Names
) -> Origin:
    """Tell source and channel; a referrer of the site itself is none."""
    sender = referrer_of(referrer)
    if sender and (sender.host in _LOCAL or is_under(sender.host, own_hosts)):
        sender = None
    by_tag = names.of_tag(campaign.source) if campaign.source else None
    by_host = names.of_host(sender.host) if sender else None
    known = by_tag or by_host
    return Origin(
        source=_source(sender, campaign, by_tag, by_host),
        channel=channel_of(_traits(known, campaign, is_referred=sender is not None)),
        referrer=sender.text if sender else None,
        is_spam=sender is not None and names.is_spam(sender.host),
    )


def _source(
    sender: Referrer | None, campaign: Campaign, by_tag: Known | None, by_host: Known | None
) -> str:
    if campaign.source:
        return by_tag.name if by_tag else campaign.source
    if sender:
        return by_host.name if by_host else sender.host
    return DIRECT


def _traits(known: Known | None, campaign: Campaign, *, is_referred: bool) -> Traits:
    return Traits(
        kind=known.kind if known else None,
        source=(campaign.source or "").lower(),
        medium=(campaign.medium or "").strip().lower(),
        click_id=campaign.click_id or "",
        is_tagged=any(
            (campaign.source, campaign.medium, campaign.name, campaign.content, campaign.term)
        ),
        is_referred=is_referred,
    )


NOWHERE = Origin(DIRECT, Channel.DIRECT, None)
