"""Builders: a test names only what it is about."""

from itertools import count

from liveinsight.domain.event import PAGE_VIEW, Event, Row

NOON_MS = 1_780_000_000_000
_ids = count(1)


def an_event(**about) -> Event:
    """An event of a desktop visitor of /, at noon, with an id of its own."""
    fields = dict.fromkeys(Row.__struct_fields__)
    fields |= {
        "event_id": next(_ids),
        "time_ms": NOON_MS,
        "site": "shop",
        "type": PAGE_VIEW,
        "visitor": 7,
        "hostname": "shop.example",
        "page": "/",
        "source": "Direct",
        "channel": "Direct",
        "device": "desktop",
    }
    return Row(**(fields | about)).event()
