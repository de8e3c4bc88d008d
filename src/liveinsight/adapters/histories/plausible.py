"""What Plausible keeps, event by event: ClickHouse's table `events_v2`, as CSV with names.

Its zip of tables of days holds no events, and is not read.
"""

from ast import literal_eval

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
from liveinsight.domain.event import ENGAGEMENT, PAGE_VIEW, Scalar
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.sighting import TEXT_LENGTH, URL_LENGTH, Sighting

COLUMNS = frozenset({"timestamp", "name", "user_id", "session_id", "pathname"})
NAMES = {"pageview": PAGE_VIEW, "engagement": ENGAGEMENT}
TAGS = ("utm_medium", "utm_campaign", "utm_content", "utm_term")
UNTOLD_DEPTH = 255


def has(columns: tuple[str, ...]) -> bool:
    """Whether a table is one of its."""
    return COLUMNS.issubset(columns)


def tell(columns: tuple[str, ...]) -> Tell:
    """How a row of it is told."""
    del columns
    return _sighting


def _sighting(row: Row, host: str | None) -> Sighting | Wrong:
    hostname = host_of(row["hostname"] if row["hostname"] != "(none)" else "", host)
    try:
        about, time_ms = _about(row), moment(row["timestamp"])
        engagement = _engagement(row) if row["name"] == ENGAGEMENT else {}
    except ValueError as error:
        return Wrong(str(error))
    referrer = row["referrer"]
    kind = NAMES.get(row["name"]) or hearsay.custom(row["name"])
    # Where a visitor came from is told by its name; without an address that is all there is.
    source = row["utm_source"] or (row["referrer_source"] if not row["referrer"] else "")
    return event(
        event_type=kind,
        page_url=address(hostname, row["pathname"]),
        referrer=(referrer if "://" in referrer or not referrer else f"https://{referrer}")[
            :URL_LENGTH
        ],
        user_id=f"plausible {row['user_id']}",  # of a day, as there
        session_id=row["session_id"],
        timestamp=time_ms,
        user_agent=agent(
            browser=row["browser"],
            browser_version=row["browser_version"],
            os=row["operating_system"],
            os_version=row["operating_system_version"],
            device=row["screen_size"],
        ),
        country=country(row["country_code"]),
        props=about,
        revenue=hearsay.money(row["revenue_source_amount"], row["revenue_source_currency"]),
        utm_source=source[:TEXT_LENGTH],
        **{tag: row[tag][:TEXT_LENGTH] for tag in TAGS},
        **engagement,
    )


def _about(row: Row) -> dict[str, Scalar] | None:
    return hearsay.props(dict(zip(_list(row["meta.key"]), _list(row["meta.value"]), strict=False)))


def _engagement(row: Row) -> dict[str, object]:
    depth, engaged_ms = int(row["scroll_depth"] or UNTOLD_DEPTH), int(row["engagement_time"] or 0)
    return {
        "scroll_depth": None if depth == UNTOLD_DEPTH else depth,
        "engaged_ms": min(engaged_ms, DAY_MS),
    }


def _list(told: str) -> list[str]:
    """A list of texts, as ClickHouse writes one in CSV."""
    try:
        found = literal_eval(told or "[]")
    except (SyntaxError, TypeError, ValueError, MemoryError, RecursionError):
        raise ValueError(f"is no list: {told[:100]}") from None
    return [str(one) for one in found] if isinstance(found, list) else []
