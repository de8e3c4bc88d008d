"""A batch of events as numpy columns, which DuckDB takes in fastest; for homes that have numpy."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from liveinsight.adapters.sql.fragments import EPOCH_DATE, RAW_TYPES
from liveinsight.domain.event import Event
from liveinsight.domain.period import QUARTER_MS, local_day

AT_HAND = 1000
_FIELDS = tuple((name, attrgetter(name)) for name in Event.__struct_fields__)
Column = npt.NDArray[np.generic]


def columns_of(events: Sequence[Event], zone_of: Callable[[str], str]) -> dict[str, Column]:
    """The batch turned on its side: numpy columns are what DuckDB takes in fastest."""
    # Field by field: tuples of all events, turned by zip, take half as long again and more memory.
    # And a few at a time, so that the processor has them at hand for all their fields.
    columns: dict[str, list[Any]] = {name: [] for name, _ in _FIELDS}
    for first in range(0, len(events), AT_HAND):
        part = events[first : first + AT_HAND]
        for name, told in _FIELDS:
            columns[name].extend(map(told, part))
    columns["props"] = [_json(props) if props else None for props in columns["props"]]
    arrays = {name: _array(name, values) for name, values in columns.items()}
    arrays["day"] = _days(columns["site"], arrays["time_ms"], zone_of)
    return arrays


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


def _array(name: str, values: Sequence[object]) -> Column:
    kind = _NUMPY_TYPES.get(RAW_TYPES.get(name, "VARCHAR"))
    if values[0] is None and values[-1] is None and values.count(None) == len(values):
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
_encode = msgspec.json.Encoder(order="sorted").encode


def _json(props: Mapping[str, object] | None) -> str | None:
    return _encode(props).decode() if props else None
