"""Batches turned into columns: whatever pieces they come in, the same as event by event."""

import pytest
from msgspec.structs import astuple

from builders import an_event
from liveinsight.adapters.sql.columns import AT_HAND, Columns
from liveinsight.domain.event import Aside, Row


def events(count):
    kinds = ({}, {"props": {"b": 1, "a": "x"}}, {"aside": Aside.BOT}, {"scroll_depth": 7})
    return [
        an_event(event_id=number, page=f"/{number % 3}", **kinds[number % len(kinds)])
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [1, AT_HAND - 1, AT_HAND, AT_HAND + 1, 3 * AT_HAND])
@pytest.mark.parametrize("pieces", [1, 7, AT_HAND, 1000])
def test_columns_are_the_events(count, pieces):
    """In their order, with nothing where an event tells nothing, and the sender's list untouched."""
    told, columns = events(count), Columns()
    before = list(told)
    columns.add([])
    for first in range(0, count, pieces):
        columns.add(told[first : first + pieces])
    assert (len(columns), told) == (count, before)
    arrays = columns.arrays(lambda _: "UTC")
    assert arrays.keys() == {*Row.__struct_fields__, "day"}
    for place, name in enumerate(Row.__struct_fields__):
        expected = [astuple(event.row())[place] for event in told]
        if name == "props":
            expected = [None if props is None else '{"a":"x","b":1}' for props in expected]
        assert arrays[name].tolist() == expected
