"""Google Analytics 4: `POST /mp/collect`, its Measurement Protocol for servers and apps."""

from typing import Any

from liveinsight.domain import hearsay
from liveinsight.domain.agent import AGENT_CHARACTERS
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import ENGAGEMENT, PAGE_VIEW, SESSION_START
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.sighting import ID_LENGTH, URL_LENGTH, Sighting
from liveinsight.domain.site import SiteBook
from liveinsight.http.exchange import Request, Response
from liveinsight.http.problems import problem
from liveinsight.http.trackers import hearing
from liveinsight.http.trackers.hearing import Heard
from liveinsight.usecases.collect import Outcome

NAMES = {"page_view": PAGE_VIEW, "screen_view": PAGE_VIEW, "user_engagement": ENGAGEMENT}
NAMES |= {"session_start": SESSION_START}
SIGNS = {"purchase": 1, "refund": -1}
MONEY = frozenset({"value", "currency"})
MOST_EVENTS = 100
# Of what is told of an event, all that is no property of it here.
TOLD_APART = frozenset(
    {"page_location", "page_title", "page_referrer", "engagement_time_msec", "currency"}
) | {"session_id", "value", "language", "screen_resolution"}


def read(request: Request, sites: SiteBook) -> Heard:
    """The events of one visitor."""
    told = hearing.object_of(request)
    site = request.params.get("measurement_id") or request.params.get("firebase_app_id")
    ids = (told.get(name) for name in ("user_id", "client_id", "app_instance_id"))
    who = next(filter(None, map(hearsay.text, ids)), None)
    events = told.get("events")
    if not isinstance(events, list) or not who:
        raise Invalid("events", "must be there, and a client_id")
    micros = hearsay.number(told.get("timestamp_micros"))
    shared: dict[str, object] = {
        "user_id": who[:ID_LENGTH],
        "timestamp": None if micros is None else int(micros / 1000),
        "user_agent": hearsay.text(told.get("user_agent"), AGENT_CHARACTERS),
        "ip": hearing.address(told.get("ip_override")),
    }
    good = [event for event in events[:MOST_EVENTS] if _name(event)]
    found = (_event(event, site, sites, shared) for event in good)
    return Heard(list(filter(hearing.is_sound, found)), _answer)


def refuse(wrong: Invalid) -> Response:
    """What is JSON is answered like this there, whatever it tells."""
    return problem(wrong) if wrong.field == "body" else Response(204, ())


def _answer(outcome: Outcome) -> Response:
    del outcome
    return Response(204, ())


def _name(event: object) -> str | None:
    return hearsay.text(event.get("name")) if isinstance(event, dict) else None


def _event(
    event: dict[str, Any], site: str | None, sites: SiteBook, shared: dict[str, object]
) -> Sighting:
    name = _name(event) or ""
    params = event.get("params")
    told: dict[str, Any] = params if isinstance(params, dict) else {}
    url = hearsay.text(told.get("page_location"), URL_LENGTH)
    kind = NAMES.get(name) or hearsay.custom(name)
    # Many events tell what is at stake; one of them is when it is paid.
    paid = SIGNS.get(name, 0) * (hearsay.number(told.get("value")) or 0.0)
    apart = TOLD_APART if paid else TOLD_APART - MONEY
    engaged = hearsay.number(told.get("engagement_time_msec"))
    is_engaged = kind == ENGAGEMENT and engaged is not None and 0 <= engaged <= DAY_MS
    return hearing.seen(
        sites,
        site,
        hearing.view(url) if kind == PAGE_VIEW else kind,
        hearing.page(url, None),
        session_id=hearsay.text(told.get("session_id"), ID_LENGTH),
        title=hearsay.text(told.get("page_title")),
        referrer=hearsay.text(told.get("page_referrer"), URL_LENGTH),
        language=hearing.language(told.get("language")),
        screen=hearsay.screen(told.get("screen_resolution")),
        revenue=hearsay.money(paid, told.get("currency")) if paid else None,
        engaged_ms=int(engaged) if is_engaged and engaged is not None else None,
        props=hearsay.props({key: value for key, value in told.items() if key not in apart}),
        **shared,
    )
