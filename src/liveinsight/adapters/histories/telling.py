"""What the forms have in common: how records of others are told as events of ours."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import msgspec
from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import BUILT_IN_TYPES
from liveinsight.domain.page import page_of
from liveinsight.domain.sighting import (
    MOST_DIGITS,
    MOST_PROPS,
    NAME_LENGTH,
    TEXT_LENGTH,
    URL_LENGTH,
    Caller,
    Sighting,
    check_form,
    is_screen,
    time_of,
)

NOBODY = Caller(0)
_page = lru_cache(maxsize=4096)(page_of)
# How ClickHouse and MySQL write what is not there.
NOTHING = "\\N"


class Row(dict[str, str]):
    """A row of a table, of which other forms may lack some columns."""

    def __missing__(self, name: str) -> str:
        return ""


class Wrong(Struct, frozen=True):
    """What should have been an event, and why it is none."""

    why: str


# One record, and the host of the site's pages; None where it is no event here.
Tell = Callable[[Row, str | None], Sighting | Wrong | None]


def row_of(columns: Mapping[str | None, object]) -> Row:
    """What is there of it. What comes after the last column has no name."""
    return Row(
        (name, value)
        for name, value in columns.items()
        if name is not None and isinstance(value, str) and value not in {"", NOTHING}
    )


def event(**fields: object) -> Sighting | Wrong:
    """An event of what is told, if it makes one: what could not be judged is looked at here."""
    told = {name: value for name, value in fields.items() if value not in (None, "", {})}
    try:
        sighting = msgspec.convert(told, Sighting)
        check_form(sighting)
        time_of(sighting.timestamp, NOBODY)
        if sighting.page_url:
            _page(sighting.page_url)
    except (msgspec.ValidationError, OverflowError, Invalid) as error:
        return Wrong(str(error))
    return sighting


def host_of(told: str, host: str | None) -> str:
    """The host that is told, else that of the site's pages."""
    if not (told or host):
        raise ValueError("no host is told: give the site its domain before")
    return told or str(host)


def address(host: str, path: str, query: str = "") -> str:
    """A page's."""
    mark = "?" if query else ""
    return f"https://{host}/{path.removeprefix('/')}{mark}{query}"[:URL_LENGTH]


def moment(told: str) -> int:
    """A date and time in ms since 1970; without a zone it is that of UTC."""
    time = datetime.fromisoformat(told)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def custom(name: str) -> str:
    """A name of the site's own, which may be one that means something here."""
    return (f"custom {name}" if name in BUILT_IN_TYPES else name)[:NAME_LENGTH]


def screen(told: str) -> str:
    """A screen's size, where it is one."""
    return told if is_screen(told) else ""


def country(told: str) -> str:
    """A country's code, where it is one."""
    is_code = len(told) == len("kr") and told.isascii() and told.isalpha()
    return told.upper() if is_code and told.upper() != "XX" else ""


def props(told: Mapping[str, object]) -> dict[str, object]:
    """Properties, as many and as long as are kept."""
    kept: dict[str, object] = {}
    for name, value in told.items():
        if not name or value in (None, "") or len(kept) == MOST_PROPS:
            continue
        text = msgspec.json.encode(value).decode() if isinstance(value, (list, dict)) else value
        kept[name[:NAME_LENGTH]] = text[:TEXT_LENGTH] if isinstance(text, str) else text
    return kept


def revenue(amount: str, currency: str) -> dict[str, object] | None:
    """Money, where it is any."""
    try:
        told = Decimal(amount or 0)
    except InvalidOperation:
        return None
    # Its size is looked at before anything is computed: of a huge exponent that would fail.
    if not currency or not told or not told.is_finite() or abs(told.adjusted()) >= MOST_DIGITS:
        return None
    return {"amount": f"{round(told, 6).normalize():f}", "currency": currency.upper()}
