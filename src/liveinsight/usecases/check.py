"""Check: read everything that is kept and name what is damaged."""

from collections.abc import Callable

from msgspec import Struct

from liveinsight.ports import Kept


class Damage(Struct, frozen=True):
    """What is wrong with a part: a file, or a commit group of the journal."""

    part: str
    fault: str


def check(kept: Kept, told: Callable[[int, int], None]) -> list[Damage]:
    """All damage; `told` hears how many parts are done, and of how many."""
    parts = kept.parts()
    found = []
    for number, part in enumerate(parts, start=1):
        fault = kept.fault(part)
        if fault is not None:
            found.append(Damage(part, fault))
        told(number, len(parts))
    return found
