"""Umami: `POST /api/send` and `/api/batch`, of its script, its packages and servers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec

from liveinsight.domain import hearsay
from liveinsight.domain.agent import AGENT_CHARACTERS
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import ENGAGEMENT, PAGE_VIEW
from liveinsight.domain.sighting import ID_LENGTH, URL_LENGTH, Sighting
from liveinsight.domain.site import SiteBook
from liveinsight.http.exchange import POSTED_HEADERS, Request, Response, encode
from liveinsight.http.trackers import hearing
from liveinsight.http.trackers.hearing import Heard
from liveinsight.http.wire import body_of, decoded
from liveinsight.usecases.collect import Outcome

# Clients send back what they were given, and want a text. Nothing here is asked by it.
CACHE = "-"
ROUTES = ("/", "!")  # how a #fragment begins that is a page
VITALS = ("lcp", "inp", "cls", "fcp", "ttfb")
_batches = msgspec.json.Decoder(list[dict[str, Any]])


def prepared(request: Request) -> Request:
    """Clients that signed in where they were send that along; it is no key of ours."""
    headers = {name: told for name, told in request.headers.items() if name != b"authorization"}
    return msgspec.structs.replace(request, headers=headers)


def read(request: Request, sites: SiteBook) -> Heard:
    """An event, or something that is none here."""
    return Heard(_sightings(hearing.object_of(request), sites), _answer)


def read_batch(request: Request, sites: SiteBook) -> Heard:
    """Several of them."""
    told = decoded(body_of(request, media=None), _batches)
    if len(told) > hearing.MOST_EVENTS:
        raise Invalid("body", f"may have up to {hearing.MOST_EVENTS} events")
    sightings: list[Sighting] = []
    wrong: list[dict[str, object]] = []
    for index, one in enumerate(told):
        try:
            found = _sightings(one, sites)
        except Invalid as error:
            wrong.append({"index": index, "response": _error(error)})
            continue
        sightings += filter(hearing.is_sound, found)

    def answer(outcome: Outcome) -> Response:
        del outcome  # what was dropped counts as processed there, too
        figures = {"size": len(told), "processed": len(told) - len(wrong), "errors": len(wrong)}
        return Response(200, POSTED_HEADERS, encode({**figures, "details": wrong, "cache": CACHE}))

    return Heard(sightings, answer)


def refuse(wrong: Invalid) -> Response:
    """What is wrong, in words."""
    return Response(400, POSTED_HEADERS, encode(_error(wrong)))


def _error(wrong: Invalid) -> dict[str, object]:
    error = {"message": f"{wrong.field} {wrong.error}", "code": "bad-request", "status": 400}
    return {"error": error}


def _answer(outcome: Outcome) -> Response:
    if outcome.dropped.get(Drop.BOT):
        return Response(200, POSTED_HEADERS, b'{"beep":"boop"}')
    ids = {"sessionId": str(uuid4()), "visitId": str(uuid4())}
    return Response(200, POSTED_HEADERS, encode({"cache": CACHE, **ids}))


def _sightings(told: Mapping[str, Any], sites: SiteBook) -> Sequence[Sighting]:
    payload = told.get("payload")
    if not isinstance(payload, dict):
        raise Invalid("payload", "must be an object")
    match told.get("type"):
        case "event":
            return [_event(payload, sites)]
        case "performance":
            return _vitals(payload, sites)
        case "identify":
            return []  # who somebody is, is told with an event or not at all
        case _:
            raise Invalid("type", "must be event, identify or performance")


def _event(payload: Mapping[str, Any], sites: SiteBook) -> Sighting:
    name = hearsay.text(payload.get("name"))
    data = payload.get("data")
    told: dict[str, Any] = dict(data) if isinstance(data, dict) else {}
    if tag := hearsay.text(payload.get("tag")):
        told.setdefault("tag", tag)
    return _seen(
        payload,
        sites,
        hearsay.custom(name) if name else PAGE_VIEW,
        props=hearsay.props(told),
        revenue=hearsay.money(told.get("revenue"), told.get("currency")),
    )


def _vitals(payload: Mapping[str, Any], sites: SiteBook) -> Sequence[Sighting]:
    told = {name: hearsay.number(payload.get(name)) for name in VITALS}
    known = {name: value for name, value in told.items() if value is not None}
    return [_seen(payload, sites, ENGAGEMENT, props=hearsay.props(known))] if known else []


def _seen(payload: Mapping[str, Any], sites: SiteBook, name: str, **fields: object) -> Sighting:
    site = payload.get("website")
    hostname = hearsay.text(payload.get("hostname")) or hearing.home(sites, site)
    url = hearsay.text(payload.get("url"), URL_LENGTH)
    if url and url.partition("#")[2].startswith(ROUTES):
        url = hearing.with_fragment(url)
    seconds = hearsay.number(payload.get("timestamp"))
    referrer = hearsay.text(payload.get("referrer"), URL_LENGTH)
    return hearing.seen(
        sites,
        site,
        name,
        hearing.page(url, hostname),
        title=hearsay.text(payload.get("title")),
        # A path is the page before, of the same site.
        referrer=None if referrer is None or referrer.startswith("/") else referrer,
        screen=hearsay.screen(payload.get("screen")),
        language=hearing.language(payload.get("language")),
        user_id=hearsay.text(payload.get("id"), ID_LENGTH),
        timestamp=None if seconds is None else int(seconds * 1000),
        ip=hearing.address(payload.get("ip")),
        user_agent=hearsay.text(payload.get("userAgent"), AGENT_CHARACTERS),
        **fields,
    )
