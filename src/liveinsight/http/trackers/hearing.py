"""What the protocols have in common: what is heard, and how strangers' values are taken.

Their clients send what ours refuse, and browsers show no errors: what is too long is cut, what is
no use is left out, and only what makes an event none at all is refused.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import PAGE_VIEW
from liveinsight.domain.sighting import (
    NAME_LENGTH,
    URL_LENGTH,
    Sighting,
    check_whole,
)
from liveinsight.domain.site import SiteBook
from liveinsight.http.addresses import parsed
from liveinsight.http.exchange import Request, Response
from liveinsight.http.wire import body_of, decoded, sighting_of
from liveinsight.usecases.collect import Outcome

MOST_EVENTS = 500
LONGEST_ADDRESS = 100
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_objects = msgspec.json.Decoder(dict[str, Any])

Answer = Callable[[Outcome], Response]


class Heard(Struct, frozen=True):
    """What a request tells, and how its sender wants to hear what came of it."""

    sightings: Sequence[Sighting]
    answer: Answer
    sent_ms: int | None = None  # by the sender's clock


Read = Callable[[Request, SiteBook], Heard]


def object_of(request: Request) -> dict[str, Any]:
    """The body, a JSON object whatever its type is told as."""
    return decoded(body_of(request, media=None), _objects)


def seen(
    sites: SiteBook, site: object, name: str, page_url: str | None, **fields: object
) -> Sighting:
    """An event. A site of theirs that is none here is found by the page's host."""
    known = site if isinstance(site, str) and site and sites.by_name(site) else None
    told = {"site": known, "event_type": name[:NAME_LENGTH], "page_url": page_url, **fields}
    return sighting_of(told)


def is_sound(told: Sighting) -> bool:
    """Whether it is an event at all: of many that come together the others are taken."""
    try:
        check_whole(told)
    except Invalid:
        return False
    return True


def view(page_url: str | None) -> str:
    """What seeing a page is called; an app may have none."""
    return PAGE_VIEW if page_url else "Page without address"


def home(sites: SiteBook, site: object) -> str | None:
    """The host of a site's pages, for who tells none; of the only one, if it is not named."""
    found = sites.by_name(site) if isinstance(site, str) else None
    found = found or sites.of(None, None)
    return found.domains[0] if found and found.domains else None


def page(url: str | None, hostname: str | None) -> str | None:
    """The whole address of a page: an app's has a scheme of its own, a path lacks its host."""
    if url is None:
        return None
    scheme = _SCHEME.match(url)
    if scheme is None:
        told = f"https://{hostname}/{url.removeprefix('/')}" if hostname else None
        return told and told[:URL_LENGTH]
    if scheme[0].lower() in {"http://", "https://"}:
        return url[:URL_LENGTH]
    host, slash, path = url[scheme.end() :].partition("/")
    return f"https://{hostname or host}{slash}{path}"[:URL_LENGTH]


def with_fragment(url: str) -> str:
    """The address of a page that differs from others by its #fragment: it is told in the path."""
    address, _, fragment = url.partition("#")
    if not fragment:
        return url
    path, mark, query = address.partition("?")
    return f"{path}%23{fragment.partition('?')[0]}{mark}{query}"


def language(value: object) -> str | None:
    """A language tag, without what some browsers put behind it."""
    told = value[:35].partition("@")[0] if isinstance(value, str) else ""
    return told if told.replace("-", "").isalnum() else None


def address(value: object) -> str | None:
    """An address as it is told, behind proxies by the first of them."""
    if not isinstance(value, str):
        return None
    told = parsed(value[:LONGEST_ADDRESS].partition(",")[0])
    return None if told is None else str(told)
