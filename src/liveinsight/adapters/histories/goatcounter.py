"""What GoatCounter exports, hit by hit. Bots stay out, and a session is a visitor: it lasts eight
hours there.
"""

import re

from liveinsight.adapters.histories.telling import (
    Row,
    Tell,
    Wrong,
    address,
    country,
    event,
    host_of,
)
from liveinsight.domain import hearsay
from liveinsight.domain.agent import AGENT_CHARACTERS
from liveinsight.domain.event import PAGE_VIEW
from liveinsight.domain.sighting import ID_LENGTH, TEXT_LENGTH, URL_LENGTH, Sighting

# The number is that of the form, and a part of the name.
FIRST = re.compile(r"\d+Path")


def has(columns: tuple[str, ...]) -> bool:
    """Whether a table is one of its."""
    return bool(columns and FIRST.fullmatch(columns[0]))


def tell(columns: tuple[str, ...]) -> Tell:
    """How a row of it is told."""
    first = columns[0]

    def sighting(row: Row, host: str | None) -> Sighting | Wrong | None:
        if row["Bot"] not in {"", "0"}:
            return None
        name, is_event = row[first], row["Event"].lower() in {"true", "1"}
        return event(
            event_type=hearsay.custom(name.removeprefix("/")) if is_event else PAGE_VIEW,
            page_url=address(host_of("", host), "" if is_event else name),
            title=row["Title"],
            user_id=f"goatcounter {row['Session']}"[:ID_LENGTH] if row["Session"] else "",
            session_id=row["Session"][:ID_LENGTH],
            user_agent=row["UserAgent"][:AGENT_CHARACTERS],
            screen=hearsay.screen("x".join(row["Screen size"].split(",")[:2])),
            country=country(row["Location"][:2]),
            timestamp=row["Date"],
            **_referred(row["Referrer"], row["Referrer scheme"]),
        )

    return sighting


def _referred(referrer: str, scheme: str) -> dict[str, str]:
    """An address, or the name of a source or campaign."""
    if scheme == "h" and referrer:
        told = referrer if "://" in referrer else f"https://{referrer}"
        return {"referrer": told[:URL_LENGTH]}
    return {"utm_source": referrer[:TEXT_LENGTH]}
