"""Matomo: `/matomo.php` and `/piwik.php`, one by one in the query or a form, or many as JSON."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from liveinsight.domain import hearsay
from liveinsight.domain.agent import AGENT_CHARACTERS
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import ENGAGEMENT, PAGE_VIEW
from liveinsight.domain.sighting import ID_LENGTH, URL_LENGTH, Sighting
from liveinsight.domain.site import SiteBook
from liveinsight.http.exchange import NO_STORE, POSTED_HEADERS, Request, Response, params_of, plain
from liveinsight.http.trackers import hearing
from liveinsight.http.trackers.hearing import Heard
from liveinsight.http.wire import GIF, GIF_TYPE, body_of
from liveinsight.usecases.collect import Outcome

ANONYMOUS = "anonymous"
# More than any action has; a form takes long to read.
MOST_FORM_BYTES = 65_536
FORM = b"application/x-www-form-urlencoded"
OK = b'{"status":"success","tracked":%d,"invalid":%d}'
Params = Mapping[str, str]
What = tuple[str, Mapping[str, object]]  # the kind of action, and what is told of it
# By the parameter that makes it one; without any it is a page view.
KINDS: Mapping[str, Callable[[Params], What]] = {
    "ping": lambda _: (ENGAGEMENT, {}),
    "e_a": lambda told: (
        hearsay.custom(told["e_a"]),
        {
            "category": told.get("e_c"),
            "name": told.get("e_n"),
            "value": hearsay.number(told.get("e_v")),
        },
    ),
    "download": lambda told: ("File Download", {"url": told["download"]}),
    "link": lambda told: ("Outbound Link: Click", {"url": told["link"]}),
    "search": lambda told: (
        "Site Search",
        {
            "term": told["search"],
            "category": told.get("search_cat"),
            "results": hearsay.number(told.get("search_count")),
        },
    ),
    "c_n": lambda told: (
        f"Content: {told.get('c_i') or 'Impression'}",
        {"name": told["c_n"], "piece": told.get("c_p")},
    ),
    "idgoal": lambda told: (
        _goal(told),
        {"order": told.get("ec_id"), "revenue": hearsay.number(told.get("revenue"))},
    ),
    "ca": lambda _: (ENGAGEMENT, {}),  # an action of some plugin's, and no page
}


def _goal(told: Params) -> str:
    """Goal 0 is that of shops: an order, or what is in the cart by now."""
    if told["idgoal"] != "0":
        return f"Goal {told['idgoal']}"
    return "Order" if told.get("ec_id") else "Cart"


def prepared(request: Request) -> Request:
    """A token that is told among the parameters is a key of ours."""
    token = request.params.get("token_auth") or _body(request).get("token_auth")
    if not token or not isinstance(token, str) or token == ANONYMOUS:
        return request
    headers = request.headers | {b"x-api-key": token.encode("latin-1", "replace")}
    return msgspec.structs.replace(request, headers=headers)


def read(request: Request, sites: SiteBook) -> Heard:
    """What one request tells, or each of many."""
    body = _body(request)
    if isinstance(asked := body.get("requests"), list):
        return _read_bulk(asked, sites)
    told = {**request.params, **body}
    sightings = _sightings(_params(told), sites)
    return Heard(sightings, _without_picture if told.get("send_image") == "0" else _with_picture)


def refuse(wrong: Invalid) -> Response:
    """In words; browsers don't look."""
    return plain(400, f"{wrong.field} {wrong.error}")


def _read_bulk(asked: list[Any], sites: SiteBook) -> Heard:
    if len(asked) > hearing.MOST_EVENTS:
        raise Invalid("requests", f"may be up to {hearing.MOST_EVENTS}")
    sightings: list[Sighting] = []
    invalid = 0
    for one in asked:
        try:
            found = list(filter(hearing.is_sound, _sightings(_params(one), sites)))
        except Invalid:
            found = []
        sightings += found
        invalid += not found

    def answer(outcome: Outcome) -> Response:
        del outcome
        return Response(200, POSTED_HEADERS, OK % (len(asked) - invalid, invalid))

    return Heard(sightings, answer)


def _params(told: object) -> Params:
    if isinstance(told, str):
        return params_of(told.partition("?")[2] or told)
    if isinstance(told, dict):
        return {name: hearsay.text(value, URL_LENGTH) or "" for name, value in told.items()}
    raise Invalid("requests", "must be queries")


def _body(request: Request) -> dict[str, Any]:
    body = body_of(request, media=None)
    if not body.strip():
        return {}
    if request.headers.get(b"content-type", b"").lower().startswith(FORM) and body[:1] != b"{":
        if len(body) > MOST_FORM_BYTES:
            raise Invalid("body", f"may have up to {MOST_FORM_BYTES:,} bytes as a form")
        return {**params_of(body.decode("utf-8", "replace"))}
    return hearing.object_of(request)


def _with_picture(outcome: Outcome) -> Response:
    del outcome
    return plain(200, GIF, GIF_TYPE, NO_STORE)


def _without_picture(outcome: Outcome) -> Response:
    del outcome
    return Response(204, (NO_STORE,))


def _sightings(told: Params, sites: SiteBook) -> list[Sighting]:
    if told.get("rec") != "1":
        raise Invalid("rec", "must be 1")
    if not told.get("idsite"):
        raise Invalid("idsite", "is required")
    name, about = _what(told)
    url = hearsay.text(told.get("url"), URL_LENGTH)
    return [
        hearing.seen(
            sites,
            told["idsite"],
            name,
            # Servers may tell an address elsewhere, which was clicked, as both.
            hearing.page(url, None) if url != about.get("url") else None,
            title=hearsay.text(told.get("action_name")),
            referrer=hearsay.text(told.get("urlref"), URL_LENGTH),
            screen=hearsay.screen(told.get("res")),
            language=hearing.language(told.get("lang", "").partition(",")[0].partition(";")[0]),
            user_id=hearsay.text(told.get("uid"), ID_LENGTH),
            timestamp=_time(told.get("cdt")),
            ip=hearing.address(told.get("cip")),
            user_agent=hearsay.text(told.get("ua"), AGENT_CHARACTERS),
            country=_country(told.get("country")),
            props=hearsay.props(about),
        )
    ]


def _what(told: Params) -> What:
    return next((tell(told) for name, tell in KINDS.items() if told.get(name)), (PAGE_VIEW, {}))


def _time(told: str | None) -> int | None:
    """Seconds since 1970, or a date and time of UTC."""
    seconds = hearsay.number(told)
    return hearsay.moment(told) if seconds is None else int(seconds * 1000)


def _country(told: str | None) -> str | None:
    return told if told and len(told) == len("kr") and told.isascii() and told.isalpha() else None
