"""Segment: `POST /v1/track`, `/page`, `/screen` and `/batch`, of its sources in browsers and servers."""

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from liveinsight.domain import hearsay
from liveinsight.domain.agent import AGENT_CHARACTERS
from liveinsight.domain.errors import Invalid
from liveinsight.domain.sighting import EVENT_ID_LENGTH, ID_LENGTH, URL_LENGTH, Sighting
from liveinsight.domain.site import SiteBook
from liveinsight.http.auth import KEY_MARK
from liveinsight.http.exchange import POSTED_HEADERS, Request, Response, encode
from liveinsight.http.trackers import hearing
from liveinsight.http.trackers.hearing import Heard
from liveinsight.usecases.collect import Outcome

MOST_MESSAGES = 2500
# Paths that its script in browsers knows by one letter; `m` are measurements of itself.
PATHS = (*("track", "page", "screen", "identify", "group", "alias", "batch"), *"tpsigabm")
# Who somebody is, is told with an event or not at all.
NO_EVENTS = frozenset("igam")
WRITE_KEY = b"x-write-key"  # how it goes on, whichever way it came
LONGEST_SIDE = 100_000
CONTEXT = ("ip", "userAgent", "locale", "page", "campaign", "screen")
OWN_PLACE = frozenset({"url", "title", "referrer", "path", "search"})
MONEY = frozenset({"revenue", "currency"})
REFUND = "Order Refunded"
ORDERS = frozenset({"Order Completed", REFUND})
UNPAID = frozenset({"Checkout Started", "Order Updated", "Order Cancelled"})
# Of a server's message that tells neither agent nor address: it is somebody's, and the sender's
# own would be a program's, and elsewhere.
UNTOLD_AGENT, UNTOLD_ADDRESS = "Mozilla/5.0 (Untold; Segment)", "0.0.0.0"  # noqa: S104
TAGS = {f"utm_{name}": name for name in ("source", "medium", "content", "term")}
TAGS["utm_campaign"] = "name"
Told = Mapping[str, Any]
What = tuple[str, str | None, dict[str, object]]  # the kind of event, its page, and what is told


def prepared(request: Request) -> Request:
    """A write key that is a key of ours lets its holder tell of others; any other is none."""
    told = _write_key(request)
    headers = {name: value for name, value in request.headers.items() if name != b"authorization"}
    key = headers[WRITE_KEY] = told.encode("latin-1", "replace")
    if told.startswith(KEY_MARK):
        headers[b"x-api-key"] = key
    return msgspec.structs.replace(request, headers=headers)


def read(request: Request, sites: SiteBook) -> Heard:
    """One message, or a batch of them."""
    told = hearing.object_of(request)
    batch = told.get("batch")
    site = told.get("writeKey") or request.header(WRITE_KEY)
    if batch is None:
        kind = _kind(told) or request.path.rpartition("/")[2][:1]
        return Heard(_sightings(kind, told, {}, site, sites), _answer, _moment(told, "sentAt"))
    if not isinstance(batch, list) or len(batch) > MOST_MESSAGES:
        raise Invalid("batch", f"must be a list of up to {MOST_MESSAGES:,} messages")
    # It is of thousands of messages, and whoever sends it says how much there is in it.
    shared = _context(told)
    sightings: list[Sighting] = []
    for message in batch:
        if not isinstance(message, dict):
            continue
        with suppress(Invalid):  # costs itself alone
            of = message.get("writeKey", site)
            sightings += _sightings(_kind(message), message, shared, of, sites)
    return Heard(list(filter(hearing.is_sound, sightings)), _answer, _moment(told, "sentAt"))


def refuse(wrong: Invalid) -> Response:
    """What is wrong, in words."""
    told = {"success": False, "message": f"{wrong.field} {wrong.error}"}
    return Response(400, POSTED_HEADERS, encode(told))


def _answer(outcome: Outcome) -> Response:
    del outcome
    return Response(200, POSTED_HEADERS, b'{"success":true}')


def _write_key(request: Request) -> str:
    """It comes as the name of who asks, without a password, or as what they bear."""
    scheme, _, told = request.header(b"authorization").partition(" ")
    if scheme.lower() != "basic":
        return told.strip() if scheme.lower() == "bearer" else ""
    try:
        return base64.b64decode(told).partition(b":")[0].decode("latin-1")
    except ValueError:
        return ""


def _kind(message: Told) -> str:
    return (hearsay.text(message.get("type")) or "")[:1]


def _sightings(
    kind: str, message: Told, shared: Told, site: object, sites: SiteBook
) -> Sequence[Sighting]:
    if not kind or kind in NO_EVENTS:
        return ()
    context = {**shared, **_context(message)}
    host = hearing.home(sites, site)
    match kind:
        case "p":
            name, page_url, about = _page(message, context, host)
        case "s":
            name, page_url, about = _screen(message, host)
        case _:
            name, page_url, about = _track(message, context)
    # In browsers both are told, and the first from the first page on.
    who = hearsay.text(message.get("anonymousId")) or hearsay.text(message.get("userId"))
    campaign, size = _object(context, "campaign"), _object(context, "screen")
    seen = hearing.seen(
        sites,
        site,
        name,
        page_url,
        event_id=(hearsay.text(message.get("messageId")) or "")[-EVENT_ID_LENGTH:],
        user_id=who and who[:ID_LENGTH],
        timestamp=_moment(message, "timestamp"),
        ip=hearing.address(context.get("ip")) or UNTOLD_ADDRESS,
        user_agent=hearsay.text(context.get("userAgent"), AGENT_CHARACTERS) or UNTOLD_AGENT,
        language=hearing.language(context.get("locale")),
        screen=_screen_of(size.get("width"), size.get("height")),
        **{tag: hearsay.text(campaign.get(told)) for tag, told in TAGS.items()},
        **about,
    )
    return (seen,)


def _page(message: Told, context: Told, host: str | None) -> What:
    properties = _object(message, "properties")
    page = _object(context, "page")
    place = {name: properties.get(name, page.get(name)) for name in OWN_PLACE}
    url = hearsay.text(place.get("url"), URL_LENGTH) or hearsay.text(place.get("path"), URL_LENGTH)
    page_url = hearing.page(url, host)
    further = {name: value for name, value in properties.items() if name not in OWN_PLACE}
    about: dict[str, object] = {
        "title": hearsay.text(place.get("title")) or hearsay.text(message.get("name")),
        "referrer": hearsay.text(place.get("referrer"), URL_LENGTH),
        "props": hearsay.props({"category": message.get("category"), **further}),
    }
    return hearing.view(page_url), page_url, about


def _screen(message: Told, host: str | None) -> What:
    """An app's screen is a page by its name."""
    name = hearsay.text(message.get("name"))
    page_url = hearing.page(name, host)
    about: dict[str, object] = {
        "title": name,
        "props": hearsay.props(_object(message, "properties")),
    }
    return hearing.view(page_url), page_url, about


def _track(message: Told, context: Told) -> What:
    name = hearsay.text(message.get("event"))
    if name is None:
        raise Invalid("event", "is required")
    place, properties = _object(context, "page"), _object(message, "properties")
    revenue = hearsay.money(_worth(name, properties), properties.get("currency"))
    if revenue and name == REFUND:
        revenue["amount"] = f"-{revenue['amount'].removeprefix('-')}"
    apart = MONEY if revenue else frozenset[str]()
    about: dict[str, object] = {
        "referrer": hearsay.text(place.get("referrer"), URL_LENGTH),
        "revenue": revenue,
        "props": hearsay.props({key: told for key, told in properties.items() if key not in apart}),
    }
    page_url = hearing.page(hearsay.text(place.get("url"), URL_LENGTH), None)
    return hearsay.custom(name), page_url, about


def _worth(name: str, properties: Told) -> object:
    """What was paid by it; many steps of an order tell what it is worth."""
    worth = properties.get("revenue")
    if name not in ORDERS:
        return None if name in UNPAID else worth
    return properties.get("total") if worth is None else worth


def _object(told: Told, name: str) -> dict[str, Any]:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def _screen_of(width: object, height: object) -> str | None:
    sides = [side for side in (width, height) if isinstance(side, int) and 0 <= side < LONGEST_SIDE]
    return "x".join(map(str, sides)) if len(sides) == len((width, height)) else None


def _context(told: Told) -> dict[str, Any]:
    context = _object(told, "context")
    return {name: context[name] for name in CONTEXT if name in context}


def _moment(told: Told, name: str) -> int | None:
    return hearsay.moment(hearsay.text(told.get(name)))
