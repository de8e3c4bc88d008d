"""Plain files of events, as anybody can write them: JSON lines or CSV, packed or not.

The fields are those of `POST /api/events`. In CSV a column `prop:<key>` is a property, and
`revenue_amount` with `revenue_currency` is the revenue. What GoatCounter exports is known by its
first column.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from liveinsight.domain.agent import AGENT_CHARACTERS
from liveinsight.domain.dimension import PROP
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import PAGE_VIEW
from liveinsight.domain.sighting import (
    ID_LENGTH,
    NAME_LENGTH,
    TEXT_LENGTH,
    URL_LENGTH,
    Sighting,
    is_screen,
)

_decode = msgspec.json.Decoder(Sighting).decode
# The number is that of the form, and a part of the name.
GOATCOUNTER = re.compile(r"\d+Path")
Row = dict[str, str]


def sightings(path: Path, done: int, host: str | None = None) -> Iterator[tuple[int, Sighting]]:
    """What follows the first `done` records, each with its number from 1. `host` is that of the
    site's pages, for records that tell none.
    """
    is_packed = path.suffix == ".gz"
    kind = Path(path.stem).suffix if is_packed else path.suffix
    with ExitStack() as held:
        content: BinaryIO = held.enter_context(path.open("rb"))
        if is_packed:
            content = cast("BinaryIO", held.enter_context(gzip.GzipFile(fileobj=content)))
        if kind == ".csv":
            text = io.TextIOWrapper(content, "utf-8-sig", newline="")
            records = _of_csv(held.enter_context(text), host)
        else:
            records = _of_lines(content)
        yield from _numbered(records, done)


def _numbered(records: Iterator[Sighting], done: int) -> Iterator[tuple[int, Sighting]]:
    number = 0
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except (msgspec.MsgspecError, ValueError, csv.Error) as error:
            raise Invalid("path", f"record {number + 1} is not an event: {error}") from None
        number += 1
        if number > done:
            yield number, record


def _of_lines(content: BinaryIO) -> Iterator[Sighting]:
    return _Each(line for line in content if line.strip())


class _Each(Iterator[Sighting]):
    """Lines decoded one by one, so that a wrong one is told by its number."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def __next__(self) -> Sighting:
        return _decode(next(self._lines))


def _of_csv(text: io.TextIOWrapper, host: str | None) -> Iterator[Sighting]:
    rows = csv.DictReader(text)
    first = (rows.fieldnames or ("",))[0]
    if GOATCOUNTER.fullmatch(first):
        yield from _of_goatcounter(rows, first, host)
        return
    for row in rows:
        yield msgspec.convert(_fields(row), Sighting, strict=False)


def _of_goatcounter(rows: Iterable[Row], path: str, host: str | None) -> Iterator[Sighting]:
    """Its hits, but for those of bots. A session lasts eight hours there: it is the visitor."""
    if host is None:
        raise ValueError("GoatCounter tells no host: give the site its domain before")
    for columns in rows:
        row = _Texts((name, text) for name, text in columns.items() if text)
        if row["Bot"] not in {"", "0"}:
            continue
        name, is_event = row[path], row["Event"].lower() in {"true", "1"}
        address = "" if is_event else name.removeprefix("/")
        size = "x".join(row["Screen size"].split(",")[:2])
        told: dict[str, object] = {
            "event_type": name.removeprefix("/")[:NAME_LENGTH] if is_event else PAGE_VIEW,
            "page_url": f"https://{host}/{address}"[:URL_LENGTH],
            "title": row["Title"],
            "user_id": f"goatcounter {row['Session']}"[:ID_LENGTH] if row["Session"] else "",
            "session_id": row["Session"][:ID_LENGTH],
            "user_agent": row["UserAgent"][:AGENT_CHARACTERS],
            "screen": size if is_screen(size) else "",
            "country": row["Location"][:2],
            "timestamp": row["Date"],
            **_referred(row["Referrer"], row["Referrer scheme"]),
        }
        yield msgspec.convert({name: value for name, value in told.items() if value}, Sighting)


class _Texts(dict[str, str]):
    """A row, of which other forms may lack some columns."""

    def __missing__(self, name: str) -> str:
        return ""


def _referred(referrer: str, scheme: str) -> dict[str, str]:
    """An address, or the name of a source or campaign."""
    if scheme == "h" and referrer:
        address = referrer if "://" in referrer else f"https://{referrer}"
        return {"referrer": address[:URL_LENGTH]}
    return {"utm_source": referrer[:TEXT_LENGTH]}


def _fields(row: Row) -> dict[str, object]:
    told: dict[str, object] = {name: value for name, value in row.items() if name and value}
    props = {
        name.removeprefix(PROP): told.pop(name) for name in list(told) if name.startswith(PROP)
    }
    if isinstance(told.get("props"), str):
        props |= msgspec.json.decode(str(told["props"]), type=dict[str, object])
    if props:
        told["props"] = props
    if "revenue_amount" in told:
        told["revenue"] = {
            "amount": told.pop("revenue_amount"),
            "currency": told.pop("revenue_currency", ""),
        }
    timestamp = str(told.get("timestamp", ""))
    if timestamp.isdigit():
        told["timestamp"] = int(timestamp)
    return told
