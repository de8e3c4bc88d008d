"""Plain files of events, as anybody can write them: JSON lines or CSV, packed or not.

The fields are those of `POST /api/events`. In CSV a column `prop:<key>` is a property, and
`revenue_amount` with `revenue_currency` is the revenue.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from liveinsight.domain.dimension import PROP
from liveinsight.domain.errors import Invalid
from liveinsight.domain.sighting import Sighting

_decode = msgspec.json.Decoder(Sighting).decode


def sightings(path: Path, done: int) -> Iterator[tuple[int, Sighting]]:
    """What follows the first `done` records, each with its number from 1."""
    is_packed = path.suffix == ".gz"
    kind = Path(path.stem).suffix if is_packed else path.suffix
    with ExitStack() as held:
        content: BinaryIO = held.enter_context(path.open("rb"))
        if is_packed:
            content = cast("BinaryIO", held.enter_context(gzip.GzipFile(fileobj=content)))
        if kind == ".csv":
            text = io.TextIOWrapper(content, "utf-8-sig", newline="")
            records = _of_csv(held.enter_context(text))
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


def _of_csv(text: io.TextIOWrapper) -> Iterator[Sighting]:
    for row in csv.DictReader(text):
        yield msgspec.convert(_fields(row), Sighting, strict=False)


def _fields(row: dict[str, str]) -> dict[str, object]:
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
