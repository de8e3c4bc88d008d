"""Visits: events of one visitor (and session) with no gap over 30 minutes.

Here is the one rule that tells whether an event goes on with a visit, starts one, or has none.
The live window asks it event by event, sealing asks it over a day in order of time.
"""

from enum import IntEnum

from liveinsight.domain.event import SESSION_END, SILENT_TYPES

GAP_MS = 30 * 60_000


class Step(IntEnum):
    """What an event does to its visitor's visit."""

    GOES_ON = 0
    STARTS = 1
    NO_VISIT = 2


# In Python 3.11 to look a member up on its Enum is a call, which costs more than all of `step`.
GOES_ON, STARTS, NO_VISIT = Step


def step(event_type: str, time_ms: int, last_ms: int | None, *, ended: bool = False) -> Step:
    """Judge an event by the visit before it: when that was last seen, and whether it was ended."""
    if last_ms is not None and not ended and time_ms - last_ms <= GAP_MS:
        return GOES_ON
    if event_type in SILENT_TYPES:
        return NO_VISIT
    return STARTS


def ends(event_type: str) -> bool:
    """Whether the visit is over with this event, so that the next view starts a new one."""
    return event_type == SESSION_END
