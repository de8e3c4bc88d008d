"""Plausible: `POST /api/event`, of its script, its packages and servers."""

import re
from typing import Any

import msgspec

from liveinsight.domain import hearsay
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import ENGAGEMENT, PAGE_VIEW
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.sighting import URL_LENGTH
from liveinsight.domain.site import SiteBook
from liveinsight.http.exchange import POSTED_HEADERS, Request, Response, plain
from liveinsight.http.trackers import hearing
from liveinsight.http.trackers.hearing import Heard
from liveinsight.usecases.collect import Outcome

NAMES = {"pageview": PAGE_VIEW, ENGAGEMENT: ENGAGEMENT}
NAME_LENGTH = 120
MOST_SITES = 10


def read(request: Request, sites: SiteBook) -> Heard:
    """An event, which may be told to several sites at once."""
    told = hearing.object_of(request)
    name = told.get("n", told.get("name"))
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LENGTH:
        raise Invalid("event_name", "is required, with up to 120 characters")
    url = _url(told)
    domain = told.get("d", told.get("domain"))
    if domain is not None and not hearsay.text(domain):
        raise Invalid("domain", "can't be blank")
    fields = _fields(told, engages=name.strip() == ENGAGEMENT)
    # Servers tell of whom like this; it is believed with a key.
    fields["ip"] = hearing.address(
        request.header(b"x-plausible-ip") or request.header(b"x-forwarded-for")
    )
    if request.header(b"x-debug-request") == "true":  # asks how it would be counted, and it is not
        return Heard([], _nothing)
    own = NAMES.get(name.strip()) or hearsay.custom(name.strip())
    return Heard(
        [
            hearing.seen(sites, site, own, hearing.page(url, host), **fields)
            for site, host in _named(hearsay.text(domain), sites)
        ],
        answer,
    )


def _named(domain: str | None, sites: SiteBook) -> list[tuple[str | None, str | None]]:
    """The sites that are meant, each once, with the host of their pages. Of several names those
    that are none here are left out; where all are, the page's host decides.
    """
    names = [name.strip().removeprefix("www.") for name in (domain or "").split(",")[:MOST_SITES]]
    known = {site.id: name for name in names if (site := sites.by_name(name)) is not None}
    if not known:
        return [(None, names[0] or None)]
    return [(site, hearing.home(sites, site) or name) for site, name in known.items()]


def _nothing(outcome: Outcome) -> Response:
    del outcome
    return plain(200, "")


def answer(outcome: Outcome) -> Response:
    """Taken or dropped, it is `ok`; a header tells how many were dropped."""
    dropped = sum(outcome.dropped.values())
    extra = ((b"x-plausible-dropped", str(dropped).encode()),) if dropped else ()
    return plain(202, "ok", b"text/plain; charset=utf-8", *extra)


def refuse(wrong: Invalid) -> Response:
    """What is wrong, by field."""
    field = "request" if wrong.field == "body" else wrong.field
    return Response(400, POSTED_HEADERS, msgspec.json.encode({"errors": {field: [wrong.error]}}))


def _url(told: dict[str, Any]) -> str:
    url = hearsay.text(told.get("u", told.get("url")), URL_LENGTH + 1)
    if url is None:
        raise Invalid("url", "is required")
    if len(url) > URL_LENGTH:
        raise Invalid("url", f"must have up to {URL_LENGTH} characters")
    if re.match(r"data:", url, re.IGNORECASE):
        raise Invalid("url", "scheme is not allowed")
    in_hash = told.get("h", told.get("hashMode")) in (1, True)
    return hearing.with_fragment(url) if in_hash else url


def _fields(told: dict[str, Any], *, engages: bool) -> dict[str, object]:
    revenue = _object(told.get("revenue", told.get("$")))
    fields: dict[str, object] = {
        "referrer": hearsay.text(told.get("r", told.get("referrer")), URL_LENGTH),
        "props": hearsay.props(_scalars(_props(told))),
        "revenue": hearsay.money(revenue.get("amount"), revenue.get("currency")),
    }
    if engages:
        fields |= _engagement(told)
    return fields


def _engagement(told: dict[str, Any]) -> dict[str, object]:
    """How long was looked since the last one, and how far down at most."""
    scroll, engaged = hearsay.number(told.get("sd")), hearsay.number(told.get("e"))
    if scroll is not None and scroll < 0:
        scroll = None
    if scroll is None and engaged is None:
        raise Invalid("engagement", "needs sd or e")
    if engaged is not None and not 0 <= engaged <= DAY_MS:
        engaged = 0
    return {
        "scroll_depth": None if scroll is None else int(min(scroll, 100)),
        "engaged_ms": None if engaged is None else int(engaged),
    }


def _props(told: dict[str, Any]) -> dict[str, Any]:
    return next((_object(told[name]) for name in ("m", "meta", "p", "props") if told.get(name)), {})


def _scalars(told: dict[str, Any]) -> dict[str, str]:
    """All are texts there."""
    return {
        name: value.strip() if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in told.items()
        if isinstance(value, (str, int, float))
    }


def _object(told: object) -> dict[str, Any]:
    """An object, which some clients send as JSON in a text."""
    if isinstance(told, str):
        try:
            told = msgspec.json.decode(told)
        except (msgspec.DecodeError, RecursionError):
            return {}
    return told if isinstance(told, dict) else {}
