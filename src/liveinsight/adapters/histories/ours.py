"""Files of events as anybody can write them: JSON lines or CSV.

The fields are those of `POST /api/events`. In CSV a column `prop:<key>` is a property, and
`revenue_amount` with `revenue_currency` is the revenue.
"""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from liveinsight.adapters.histories.telling import Row
from liveinsight.domain.dimension import PROP
from liveinsight.domain.sighting import Sighting

LONGEST_LINE = 1 << 20
_decode = msgspec.json.Decoder(Sighting).decode


def sightings(content: BinaryIO) -> Iterator[Sighting]:
    """Of JSON lines. They are decoded one by one, so that a wrong one is told by its number."""
    lines = iter(lambda: content.readline(LONGEST_LINE), b"")
    return map(_decode, filter(bytes.strip, lines))


def tell(row: Row, host: str | None) -> Sighting:
    """Of a row of CSV."""
    del host  # its page has one
    told: dict[str, object] = dict(row)
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
    return msgspec.convert(told, Sighting, strict=False)
