"""What Umami keeps, event by event: its table of events, with what its sessions tell beside it.

ClickHouse has all of it in one table; of PostgreSQL and MySQL two are joined (`docs/switching.md`).
"""

import msgspec

from liveinsight.adapters.histories.telling import (
    Row,
    Tell,
    Wrong,
    address,
    country,
    event,
    host_of,
    moment,
)
from liveinsight.adapters.recognise.told import agent
from liveinsight.domain import hearsay
from liveinsight.domain.event import PAGE_VIEW
from liveinsight.domain.sighting import ID_LENGTH, TEXT_LENGTH, Sighting

COLUMNS = frozenset({"session_id", "created_at", "url_path", "event_type", "event_name"})
VIEW, CUSTOM = "1", "2"
TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def has(columns: tuple[str, ...]) -> bool:
    """Whether a table is one of its."""
    return COLUMNS.issubset(columns)


def tell(columns: tuple[str, ...]) -> Tell:
    """How a row of it is told."""
    del columns
    return _sighting


def _sighting(row: Row, host: str | None) -> Sighting | Wrong | None:
    kind, name = row["event_type"], row["event_name"]
    if kind not in {VIEW, CUSTOM} or (kind == CUSTOM and not name):
        return None
    hostname = host_of(row["hostname"], host)
    try:
        data, time_ms = _data(row["data"]), moment(row["created_at"])
    except (msgspec.MsgspecError, ValueError) as error:
        return Wrong(str(error))
    # Visitors are known for a month there; with an id of the site's own, for longer.
    visitor = row["distinct_id"] or row["session_id"]
    return event(
        event_id=row["event_id"],
        event_type=PAGE_VIEW if kind == VIEW else hearsay.custom(name),
        page_url=address(hostname, row["url_path"], row["url_query"]),
        title=row["page_title"],
        referrer=_referrer(row, hostname),
        user_id=f"umami {visitor}"[:ID_LENGTH],
        session_id=row["visit_id"],
        timestamp=time_ms,
        user_agent=agent(browser=row["browser"], os=row["os"], device=row["device"]),
        screen=hearsay.screen(row["screen"]),
        language=row["language"][:35],
        country=country(row["country"]),
        props=hearsay.props({"tag": row["tag"], **data}),
        **{tag: row[tag][:TEXT_LENGTH] for tag in TAGS},
    )


def _referrer(row: Row, hostname: str) -> str:
    domain = row["referrer_domain"]
    if not domain or domain == hostname:
        return ""
    return address(domain, row["referrer_path"], row["referrer_query"])


def _data(told: str) -> dict[str, object]:
    return msgspec.json.decode(told, type=dict[str, object]) if told else {}
