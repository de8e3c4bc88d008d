"""What is left to sealing: where events are only passed on, it finds what came twice, and visits."""

from collections.abc import Sequence

from liveinsight.domain.event import Event
from liveinsight.domain.visit import Step


class EveryVisit:
    """The port `Visits`: whether an event has a visit is told by all events in order of time."""

    def touch(self, events: Sequence[Event]) -> dict[int, Step]:
        """They may have one."""
        del events
        return {}

    def latest(self, visitor: int, session: int | None) -> int | None:
        """Nobody is known here."""
        del visitor, session
        return None


class EveryId:
    """The port `Seen`: an event that is sent again is found where it is put in."""

    def add(self, event_ids: Sequence[int]) -> list[int]:
        """None is known to have been there."""
        del event_ids
        return []
