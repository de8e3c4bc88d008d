"""A file of the past, read record by record: which form it has shows at its begin."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from liveinsight.adapters.histories import goatcounter, logs, matomo, ours, plausible, umami
from liveinsight.adapters.histories.telling import Tell, row_of
from liveinsight.domain.errors import Invalid
from liveinsight.domain.sighting import Sighting

# By the columns of a table; what is none of theirs is ours.
TABLES = (goatcounter, umami, plausible)
TOTALS = frozenset({"date", "visitors"})
ZIP = b"PK\x03\x04"
WRONG = (msgspec.MsgspecError, ValueError, EOFError, OSError, zlib.error, csv.Error)
LONGEST_FIELD = 1 << 24
ROTATED = re.compile(r"\.\d+$")


def sightings(path: Path, done: int, host: str | None = None) -> Iterator[tuple[int, Sighting]]:
    """What follows the first `done` records, each with its number from 1. `host` is that of the
    site's pages, for records that tell none.
    """
    is_packed = path.suffix == ".gz"
    # Logs that were put aside have a number: access.log.2.gz
    kind = Path(ROTATED.sub("", path.stem if is_packed else path.name)).suffix
    with ExitStack() as held:
        content: BinaryIO = held.enter_context(path.open("rb"))
        if is_packed:
            content = cast("BinaryIO", held.enter_context(gzip.GzipFile(fileobj=content)))
        elif content.read(len(ZIP)) == ZIP:
            raise Invalid("path", "is a zip: unpack it, and bring in what holds single events")
        else:
            content.seek(0)
        match kind:
            case ".csv":
                text = io.TextIOWrapper(content, "utf-8-sig", newline="")
                records = _of_table(held.enter_context(text), host)
            case ".json":
                records = matomo.sightings(content)
            case ".log":
                records = logs.sightings(content, host)
            case _:
                records = ours.sightings(content)
        yield from _numbered(records, done)


def _numbered(records: Iterator[Sighting | None], done: int) -> Iterator[tuple[int, Sighting]]:
    number = 0
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except WRONG as error:
            raise Invalid("path", f"record {number + 1} is not an event: {error}") from None
        number += 1
        if record is not None and number > done:
            yield number, record


def _of_table(text: io.TextIOWrapper, host: str | None) -> Iterator[Sighting | None]:
    csv.field_size_limit(LONGEST_FIELD)
    rows = csv.DictReader(text)
    tell = _tell(tuple(rows.fieldnames or ()))
    for columns in rows:
        yield tell(row_of(columns), host)


def _tell(columns: tuple[str, ...]) -> Tell:
    if TOTALS.issubset(columns):
        raise ValueError("these are totals by day: there are no events in them")
    return next((form.tell(columns) for form in TABLES if form.has(columns)), ours.tell)
