"""Bring in the past: records of events become events by the same judgement as those of today.

A part at a time, each kept together with the note of how far it came; whoever stops an import
can begin it again.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import Event
from liveinsight.domain.sighting import Caller, Sighting
from liveinsight.usecases.collect import Collect

EVENTS_AT_ONCE = 100_000
RECORDS_AT_ONCE = 1000
Keep = Callable[[list[Event], int], None]  # events, and the record that they go up to


def bring(
    records: Iterator[tuple[int, Sighting]], collect: Collect, caller: Caller, keep: Keep
) -> Counter[Drop]:
    """Judge and keep all records, and tell what was not kept."""
    waiting: list[Event] = []
    drops: Counter[Drop] = Counter()
    number = 0
    while part := list(islice(records, RECORDS_AT_ONCE)):
        try:
            outcome = collect([sighting for _, sighting in part], caller)
        except Invalid as wrong:
            number, _ = part[wrong.index or 0]
            raise Invalid(wrong.field, f"{wrong.error} (record {number})") from None
        number, _ = part[-1]
        waiting += outcome.events
        drops.update(outcome.dropped)
        if len(waiting) >= EVENTS_AT_ONCE:
            keep(waiting, number)
            waiting = []
    if number:
        keep(waiting, number)
    return drops
