"""Google Analytics 4: `POST /mp/collect`, its Measurement Protocol for servers and apps."""

from typing import Any

from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import ENGAGEMENT, PAGE_VIEW
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.sighting import Sighting
from liveinsight.domain.site import SiteBook
from liveinsight.http.exchange import Request, Response
from liveinsight.http.problems import problem
from liveinsight.http.trackers import hearing
from liveinsight.http.trackers.hearing import Heard
from liveinsight.usecases.collect import Outcome

NAMES = {"screen_view": PAGE_VIEW, "user_engagement": ENGAGEMENT}
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
    who = next(filter(None, map(hearing.text, ids)), None)
    events = told.get("events")
    if not isinstance(events, list) or not who:
        raise Invalid("events", "must be there, and a client_id")
    micros = hearing.number(told.get("timestamp_micros"))
    shared: dict[str, object] = {
        "user_id": who[:100],
        "timestamp": None if micros is None else int(micros / 1000),
        "ip": hearing.address(told.get("ip_override")),
    }
    good = [event for event in events[:MOST_EVENTS] if isinstance(event, dict)]
    return Heard([_event(event, site, sites, shared) for event in good], _answer)


def refuse(wrong: Invalid) -> Response:
    """What is JSON is answered like this there, whatever it tells."""
    return problem(wrong) if wrong.field == "body" else Response(204, ())


def _answer(outcome: Outcome) -> Response:
    del outcome
    return Response(204, ())


def _event(
    event: dict[str, Any], site: str | None, sites: SiteBook, shared: dict[str, object]
) -> Sighting:
    name = hearing.text(event.get("name"))
    if name is None:
        raise Invalid("name", "is required")
    params = event.get("params")
    told: dict[str, Any] = params if isinstance(params, dict) else {}
    url = hearing.text(told.get("page_location"), hearing.URL_LENGTH)
    kind = NAMES.get(name, name)
    engaged = hearing.number(told.get("engagement_time_msec"))
    is_engaged = kind == ENGAGEMENT and engaged is not None and 0 <= engaged <= DAY_MS
    return hearing.seen(
        sites,
        site,
        "Page without address" if kind == PAGE_VIEW and url is None else kind,
        hearing.page(url, None),
        session_id=hearing.text(told.get("session_id"), 100),
        title=hearing.text(told.get("page_title")),
        referrer=hearing.text(told.get("page_referrer"), hearing.URL_LENGTH),
        language=hearing.language(told.get("language")),
        screen=hearing.screen(told.get("screen_resolution")),
        revenue=hearing.money(told.get("value"), told.get("currency")),
        engaged_ms=int(engaged) if is_engaged and engaged is not None else None,
        props=hearing.props({key: value for key, value in told.items() if key not in TOLD_APART}),
        **shared,
    )
