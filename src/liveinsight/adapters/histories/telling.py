"""What the forms have in common: how records of others are told as events of ours."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import msgspec

from liveinsight.domain.event import BUILT_IN_TYPES
from liveinsight.domain.sighting import (
    MOST_PROPS,
    NAME_LENGTH,
    TEXT_LENGTH,
    URL_LENGTH,
    Sighting,
    is_screen,
)

# How ClickHouse and MySQL write what is not there.
NOTHING = "\\N"


class Row(dict[str, str]):
    """A row of a table, of which other forms may lack some columns."""

    def __missing__(self, name: str) -> str:
        return ""


# One record, and the host of the site's pages; None where it is no event here.
Tell = Callable[[Row, str | None], Sighting | None]


def row_of(columns: Mapping[str | None, object]) -> Row:
    """What is there of it. What comes after the last column has no name."""
    return Row(
        (name, value)
        for name, value in columns.items()
        if name is not None and isinstance(value, str) and value not in {"", NOTHING}
    )


def event(**fields: object) -> Sighting:
    """An event of what is told."""
    told = {name: value for name, value in fields.items() if value not in (None, "", {})}
    return msgspec.convert(told, Sighting)


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
    return told.upper() if len(told) == len("kr") and told.isalpha() else ""


def props(told: Mapping[str, object]) -> dict[str, object]:
    """Properties, as many and as long as are kept."""
    kept: dict[str, object] = {}
    for name, value in told.items():
        if not name or value in (None, "") or len(kept) == MOST_PROPS:
            continue
        kept[name[:NAME_LENGTH]] = value[:TEXT_LENGTH] if isinstance(value, str) else value
    return kept


def revenue(amount: str, currency: str) -> dict[str, object] | None:
    """Money, where it is any."""
    with suppress(InvalidOperation):
        if currency and Decimal(amount):
            return {"amount": amount, "currency": currency.upper()}
    return None
