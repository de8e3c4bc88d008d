"""A batch of events as numpy columns, which DuckDB takes in fastest; for homes that have numpy."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import astuple

from liveinsight.adapters.sql.fragments import EPOCH_DATE, RAW_TYPES
from liveinsight.domain.event import Client, Event, Place, Row
from liveinsight.domain.period import QUARTER_MS, local_day

# So many events are turned on their side at once: all their fields are in the processor's cache.
AT_HAND = 128
Column = npt.NDArray[np.generic]


class Columns:
    """A batch as it comes, turned on its side while the processor has it at hand.

    Of equal texts one is kept: a batch needs little memory, and what reads it finds it together.
    """

    def __init__(self) -> None:
        self._waiting: list[Event] = []
        self._texts: dict[object, object] = {}
        self._values: dict[str, list[Any]] = {name: [] for name in Row.__struct_fields__}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, events: Sequence[Event]) -> None:
        """These too."""
        self._count += len(events)
        self._waiting += events
        if len(self._waiting) >= AT_HAND:
            self._turn()

    def arrays(self, zone_of: Callable[[str], str]) -> dict[str, Column]:
        """All of it as columns of numpy, which DuckDB takes in fastest."""
        self._turn()
        arrays = {name: _array(name, values) for name, values in self._values.items()}
        arrays["day"] = _days(self._values["site"], arrays["time_ms"], zone_of)
        return arrays

    def _turn(self) -> None:
        for first in range(0, len(self._waiting), AT_HAND):
            part = self._waiting[first : first + AT_HAND]
            self._put(Event, part)
            self._put(Place, [event.place for event in part])
            self._put(Client, [event.client for event in part])
        self._waiting.clear()

    def _put(self, kind: type[Struct], part: Sequence[Struct]) -> None:
        """What these tell, each field behind what others told of it."""
        same = self._texts.setdefault
        told = zip(*map(astuple, part), strict=True)
        for name, values in zip(kind.__struct_fields__, told, strict=True):
            column = self._values.get(name)
            if column is None:
                continue  # a place or client, whose fields are columns of their own
            if _are_nothing(values):
                column.extend(values)
            elif name == "props":
                column.extend(map(_json, values))
            elif _KINDS[name] is None:
                column.extend(map(same, values, values))
            else:
                column.extend(values)


def _days(sites: Sequence[str], times_ms: Column, zone_of: Callable[[str], str]) -> Column:
    """The local day of each event, as days since 1970."""
    days = np.empty(len(sites), np.int32)
    names = set(sites)
    for site in names:
        alone = len(names) == 1
        here = slice(None) if alone else np.fromiter((s == site for s in sites), np.bool_)
        quarters, which = np.unique(times_ms[here] // QUARTER_MS, return_inverse=True)
        zone = zone_of(site)
        dates = [local_day(quarter * QUARTER_MS, zone).date for quarter in quarters.tolist()]
        days[here] = np.array([(day - EPOCH_DATE).days for day in dates], np.int32)[which]
    return days


def _are_nothing(values: Sequence[object]) -> bool:
    """As most fields of most events are. To look at the ends first costs nothing."""
    return values[0] is None and values[-1] is None and values.count(None) == len(values)


def _array(name: str, values: Sequence[object]) -> Column:
    kind = _KINDS[name]
    if _are_nothing(values):
        return np.empty(len(values), dtype=object)
    if kind is None:
        return np.fromiter(values, object, len(values))
    try:
        return np.fromiter(values, kind, len(values))
    except TypeError:  # some events have none
        mask = np.fromiter((value is None for value in values), np.bool_, len(values))
        known = np.array([0 if value is None else value for value in values], dtype=kind)
        return np.ma.masked_array(known, mask=mask)


_NUMPY_TYPES: Mapping[str, type[np.generic]] = {
    "UBIGINT": np.uint64,
    "BIGINT": np.int64,
    "UINTEGER": np.uint32,
    "UTINYINT": np.uint8,
}
# Of each field; the others are text.
_KINDS = {name: _NUMPY_TYPES.get(RAW_TYPES.get(name, "")) for name in Row.__struct_fields__}
_encode = msgspec.json.Encoder(order="sorted").encode


def _json(props: Mapping[str, object] | None) -> str | None:
    return _encode(props).decode() if props else None
