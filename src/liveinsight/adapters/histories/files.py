"""A file of the past, read record by record: which form it has shows at its begin.

A record of ours that is wrong ends it, as whoever wrote the file can mend it. What others kept has
what strangers told them: what is no event here is passed over, and told by how many there were.
"""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
from msgspec import structs

from liveinsight.adapters.histories import goatcounter, logs, matomo, ours, plausible, umami
from liveinsight.adapters.histories.telling import Tell, Wrong, row_of
from liveinsight.domain.errors import Invalid
from liveinsight.domain.sighting import Sighting

# By the columns of a table; what is none of theirs is ours.
TABLES = (goatcounter, umami, plausible)
TOTALS = frozenset({"date", "visitors"})
ZIP = b"PK\x03\x04"
WRONG = (msgspec.MsgspecError, ValueError, EOFError, OSError, OverflowError, zlib.error, csv.Error)
LONGEST_FIELD = 1 << 24
ROTATED = re.compile(r"\.\d+$")
# Equal records are of one moment, and so near each other, in files as they are written.
NEAR = 100_000

Record = Sighting | Wrong | None  # an event, what should have been one, or what is none


def sightings(path: Path, host: str | None = None) -> Iterator[tuple[int, Sighting | Wrong]]:
    """All records with their numbers from 1. `host` is that of the site's pages, for those that
    tell none. Each has an id, by what it tells, so that it is the same in whatever file it comes.
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
        yield from _identified(_numbered(records))


def _numbered(records: Iterator[Record]) -> Iterator[tuple[int, Sighting | Wrong]]:
    number = 0
    while True:
        number += 1
        try:
            record = next(records)
        except StopIteration:
            return
        except WRONG as error:
            raise Invalid("path", f"record {number} is not an event: {error}") from None
        if record is not None:
            yield number, record


def _identified(
    records: Iterator[tuple[int, Sighting | Wrong]],
) -> Iterator[tuple[int, Sighting | Wrong]]:
    lately: Counter[bytes] = Counter()
    before: Counter[bytes] = Counter()
    for number, record in records:
        if isinstance(record, Sighting) and not record.event_id:
            told = blake2b(_what(record), digest_size=16).digest()
            lately[told] = nth = (lately[told] or before[told]) + 1
            record.event_id = f"{told.hex()}-{nth}"
            if len(lately) >= NEAR:
                lately, before = Counter(), lately
        yield number, record


def _what(record: Sighting) -> bytes:
    """What it tells and no more: what a later version could tell besides must not change it."""
    told = {name: value for name, value in structs.asdict(record).items() if value is not None}
    return msgspec.json.encode(told, order="sorted")


def _of_table(text: io.TextIOWrapper, host: str | None) -> Iterator[Record]:
    csv.field_size_limit(LONGEST_FIELD)
    rows = csv.DictReader(text)
    tell = _tell(tuple(rows.fieldnames or ()))
    for columns in rows:
        yield tell(row_of(columns), host)


def _tell(columns: tuple[str, ...]) -> Tell:
    if TOTALS.issubset(columns):
        raise ValueError("these are totals by day: there are no events in them")
    return next((form.tell(columns) for form in TABLES if form.has(columns)), ours.tell)
