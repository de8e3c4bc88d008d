"""What the forms have in common: how records of others are told as events of ours."""

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from liveinsight.domain import hearsay
from liveinsight.domain.errors import Invalid
from liveinsight.domain.sighting import (
    NAME_LENGTH,
    URL_LENGTH,
    Sighting,
    check_whole,
)

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


def event(event_type: str, **fields: object) -> Sighting | Wrong:
    """An event of what is told, if it makes one: what could not be judged is looked at here."""
    told = {name: value for name, value in fields.items() if value not in (None, "", {})}
    told["event_type"] = event_type[:NAME_LENGTH]
    try:
        sighting = msgspec.convert(told, Sighting)
        check_whole(sighting)
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


def country(told: str) -> str:
    """A country's code, where it is one."""
    is_code = len(told) == len("kr") and told.isascii() and told.isalpha()
    return told.upper() if is_code and told.upper() != "XX" else ""


def moment(told: str) -> int:
    """A date and time in ms since 1970; without a zone it is that of UTC."""
    found = hearsay.moment(told)
    if found is None:
        raise ValueError(f"{told[:40]!r} is no time")
    return found
