"""What Matomo tells of visits: the answer of `Live.getLastVisitsDetails` as JSON."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import BinaryIO

import msgspec
from msgspec import Struct

from liveinsight.adapters.histories.telling import Wrong, country, event
from liveinsight.adapters.recognise.told import agent
from liveinsight.domain import hearsay
from liveinsight.domain.event import PAGE_VIEW
from liveinsight.domain.sighting import ID_LENGTH, TEXT_LENGTH, TITLE_LENGTH, URL_LENGTH, Sighting

# Some of these are numbers in some versions and texts in others.
Figure = int | float | None
Text = str | int | float | None


class Action(Struct):
    """What was done."""

    timestamp: int
    type: str = ""
    url: str | None = None
    page_title: str | None = msgspec.field(name="pageTitle", default=None)
    event_category: Text = msgspec.field(name="eventCategory", default=None)
    event_action: Text = msgspec.field(name="eventAction", default=None)
    event_name: Text = msgspec.field(name="eventName", default=None)
    event_value: Figure = msgspec.field(name="eventValue", default=None)
    keyword: Text = msgspec.field(name="siteSearchKeyword", default=None)
    category: Text = msgspec.field(name="siteSearchCategory", default=None)
    goal: Figure = msgspec.field(name="goalId", default=None)
    order: Text = msgspec.field(name="orderId", default=None)
    revenue: Text = None


class Visit(Struct, rename="camel"):
    """Who did it, and when it began."""

    action_details: list[Action]
    id_visit: str | int
    visitor_id: str | None = None
    user_id: Text = None
    first_action_timestamp: int | None = None
    last_action_timestamp: int | None = None
    site_currency: str | None = None
    referrer_type: str | None = None
    referrer_name: str | None = None
    referrer_keyword: str | None = None
    referrer_url: str | None = None
    campaign_source: str | None = None
    campaign_medium: str | None = None
    campaign_content: str | None = None
    language_code: str | None = None
    country_code: str | None = None
    resolution: str | None = None
    device_type: str | None = None
    device_type_icon: str | None = None
    browser_name: str | None = None
    browser_version: str | None = None
    operating_system_name: str | None = None
    operating_system_version: str | None = None


What = tuple[str, Mapping[str, object]]
# By the kind of action, as its tracker's are told (`http/trackers/matomo.py`).
KINDS: Mapping[str, Callable[[Action], What]] = {
    "action": lambda _: (PAGE_VIEW, {}),
    "event": lambda did: (
        hearsay.custom(str(did.event_action or did.event_category or "Event")),
        {"category": did.event_category, "name": did.event_name, "value": did.event_value},
    ),
    "outlink": lambda did: ("Outbound Link: Click", {"url": did.url}),
    "download": lambda did: ("File Download", {"url": did.url}),
    "search": lambda did: ("Site Search", {"term": did.keyword, "category": did.category}),
    "goal": lambda did: (f"Goal {did.goal}", {"revenue": did.revenue}),
    "ecommerceOrder": lambda did: ("Order", {"order": did.order}),
    "ecommerceAbandonedCart": lambda did: ("Cart", {"revenue": did.revenue}),
}
LARGEST = 256 << 20
PAGES = ("http://", "https://")
ELSEWHERE = frozenset({"outlink", "download"})


def sightings(content: BinaryIO) -> Iterator[Sighting | Wrong | None]:
    """All actions of all visits."""
    told = content.read(LARGEST + 1)
    if len(told) > LARGEST:
        raise ValueError(f"the file is larger than {LARGEST >> 20} MB: ask for a month at a time")
    for one in msgspec.json.decode(told, type=list[msgspec.Raw]):
        try:
            visit = msgspec.json.decode(one, type=Visit, strict=False)
        except msgspec.MsgspecError as error:
            yield Wrong(str(error))
        else:
            yield from _of_visit(visit)


def _of_visit(visit: Visit) -> Iterator[Sighting | Wrong | None]:
    actions = sorted(visit.action_details, key=lambda did: did.timestamp)
    if not actions:
        return
    # Actions are told by the site's clock as if it were UTC; of the visit it is UTC.
    ahead_s = 0
    if visit.first_action_timestamp:
        ahead_s = actions[0].timestamp - visit.first_action_timestamp
    elif visit.last_action_timestamp:
        ahead_s = actions[-1].timestamp - visit.last_action_timestamp
    shared, page = _shared(visit), ""
    came = _came(visit)
    for did in actions:
        tell = KINDS.get(did.type)
        if did.url and did.type not in ELSEWHERE and did.url.startswith(PAGES):
            page = did.url[:URL_LENGTH]
        if tell is None or (did.type == "action" and not page):
            yield None
            continue
        name, about = tell(did)
        paid = did.type == "ecommerceOrder"
        yield event(
            event_type=name,
            page_url=page,
            title=(did.page_title or "")[:TITLE_LENGTH],
            timestamp=(did.timestamp - ahead_s) * 1000,
            props=hearsay.props(about),
            revenue=hearsay.money(did.revenue or None, visit.site_currency) if paid else None,
            **shared,
            **came,
        )
        came = {}


def _shared(visit: Visit) -> dict[str, object]:
    who = visit.user_id or visit.visitor_id or visit.id_visit
    # The kind of device is told in the language that was asked in, but for its picture.
    icon = PurePosixPath(visit.device_type_icon or "").stem
    return {
        "user_id": f"matomo {who}"[:ID_LENGTH],
        "session_id": str(visit.id_visit),
        "screen": hearsay.screen(visit.resolution or ""),
        "language": (visit.language_code or "")[:35],
        "country": country(visit.country_code or ""),
        "user_agent": agent(
            browser=visit.browser_name or "",
            browser_version=visit.browser_version or "",
            os=visit.operating_system_name or "",
            os_version=visit.operating_system_version or "",
            device=icon or visit.device_type or "",
        ),
    }


def _came(visit: Visit) -> dict[str, object]:
    """Whence, which the first action of the visit tells."""
    if visit.referrer_type == "campaign":
        told = {
            "utm_source": visit.campaign_source,
            "utm_medium": visit.campaign_medium,
            "utm_campaign": visit.referrer_name,
            "utm_content": visit.campaign_content,
            "utm_term": visit.referrer_keyword,
        }
        return {name: value[:TEXT_LENGTH] for name, value in told.items() if value}
    return {"referrer": visit.referrer_url[:URL_LENGTH]} if visit.referrer_url else {}
