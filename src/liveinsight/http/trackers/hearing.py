"""What the protocols have in common: what is heard, and how strangers' values are taken.

Their clients send what ours refuse, and browsers show no errors: what is too long is cut, what is
no use is left out, and only what makes an event none at all is refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import BUILT_IN_TYPES, PAGE_VIEW, Scalar
from liveinsight.domain.sighting import (
    MOST_DIGITS,
    MOST_PROPS,
    NAME_LENGTH,
    TEXT_LENGTH,
    URL_LENGTH,
    Caller,
    Sighting,
    check_form,
    is_screen,
    time_of,
)
from liveinsight.domain.site import SiteBook
from liveinsight.http.addresses import parsed
from liveinsight.http.exchange import Request, Response
from liveinsight.http.wire import body_of, decoded, sighting_of
from liveinsight.usecases.collect import Outcome
from liveinsight.usecases.places import host_of

MOST_EVENTS = 500
LARGEST_INT = 2**63 - 1
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_objects = msgspec.json.Decoder(dict[str, Any])

NOBODY = Caller(0)

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
        check_form(told)
        host_of(told)
        time_of(told.timestamp, NOBODY)
    except Invalid:
        return False
    return True


def custom(name: str) -> str:
    """A name of the sender's own, which may be one that means something here."""
    return f"custom {name}" if name in BUILT_IN_TYPES else name


def view(page_url: str | None) -> str:
    """What seeing a page is called; an app may have none."""
    return PAGE_VIEW if page_url else "Page without address"


def moment(told: str | None) -> int | None:
    """A date and time in ms since 1970; without a zone it is that of UTC."""
    try:
        time = datetime.fromisoformat(told or "")
    except ValueError:
        return None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def text(value: object, length: int = TEXT_LENGTH) -> str | None:
    """A text that says something, or a number as one, cut to what is kept."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    return value.strip()[:length] or None if isinstance(value, str) else None


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


def screen(value: object) -> str | None:
    """A screen's size, if it is told as one."""
    return value if isinstance(value, str) and is_screen(value) and value else None


def language(value: object) -> str | None:
    """A language tag, without what some browsers put behind it."""
    told = value.partition("@")[0][:35] if isinstance(value, str) else ""
    return told if told.replace("-", "").isalnum() else None


def address(value: object) -> str | None:
    """An address as it is told, behind proxies by the first of them."""
    told = parsed(value.partition(",")[0]) if isinstance(value, str) else None
    return None if told is None else str(told)


def number(value: object) -> float | None:
    """A number, or a text of one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        told = float(value)
    except (ValueError, OverflowError):
        return None
    return told if abs(told) < LARGEST_INT else None


def money(amount: object, currency: object) -> dict[str, str] | None:
    """An amount as it is kept, if it is one."""
    code, figure = text(currency), text(amount)
    if code is None or figure is None or not re.fullmatch("[A-Za-z]{3}", code):
        return None
    try:
        told = Decimal(figure)
    except InvalidOperation:
        return None
    # Nothing is computed of it before: that of a huge exponent would fail, or take very long.
    if not told.is_finite() or not -MOST_DIGITS <= told.adjusted() < MOST_DIGITS:
        return None
    return {"amount": f"{round(told, 6).normalize():f}", "currency": code.upper()}


def props(told: Mapping[str, object]) -> dict[str, Scalar] | None:
    """Properties: nested ones by their path, lists as JSON, so many and so long as are kept."""
    kept: dict[str, Scalar] = {}
    for name, value in _flat(told, ""):
        if len(kept) == MOST_PROPS:
            break
        if name:
            kept.setdefault(name[:NAME_LENGTH], value)
    return kept or None


def _flat(told: Mapping[str, object], before: str) -> Iterator[tuple[str, Scalar]]:
    for key, value in told.items():
        name = f"{before}{key}"
        match value:
            case "" | None:
                pass
            case dict():
                if len(name) < NAME_LENGTH:  # deeper ones would have the same name
                    yield from _flat(value, f"{name}.")
            case list():
                with suppress(RecursionError):  # nested too deeply to be told
                    yield name, msgspec.json.encode(value).decode()[:TEXT_LENGTH]
            case str():
                yield name, value[:TEXT_LENGTH]
            case int() if abs(value) > LARGEST_INT:
                yield name, str(value)[:TEXT_LENGTH]
            case bool() | int() | float():
                yield name, value
