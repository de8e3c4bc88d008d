"""What this home judges later, when events are read or sealed, so that collecting needs no memory
of what came before and no knowledge that takes long to load.
"""

from collections.abc import Sequence

from liveinsight.domain.agent import Agent
from liveinsight.domain.event import Event
from liveinsight.domain.visit import Step


class UnreadAgents:
    """The port `Agents`: the user agent is kept as it came."""

    def read(self, user_agent: str) -> Agent:
        """Nothing yet."""
        del user_agent
        return Agent()


class EdgeCountries:
    """The port `Countries`: the edge tells the country, and no file here knows better."""

    def of(self, address: str) -> str | None:
        """Not known."""
        del address
        return None


class EveryVisit:
    """The port `Visits`: whether an event has a visit is told by all events in order of time."""

    def touch(self, events: Sequence[Event]) -> list[Step]:
        """They may have one."""
        return [Step.GOES_ON] * len(events)


class EveryId:
    """The port `Seen`: the same event is the same item, however often it is sent."""

    def add(self, event_ids: Sequence[int]) -> list[bool]:
        """As good as new."""
        return [True] * len(event_ids)
