"""What this home judges later, when events are read or sealed, so that collecting needs no memory
of what came before and no knowledge that takes long to load.
"""

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

    def touch(self, event: Event) -> Step:
        """It may have one."""
        del event
        return Step.GOES_ON


class EveryId:
    """The port `Seen`: the same event is the same item, however often it is sent."""

    def add(self, event_id: int) -> bool:
        """As good as new."""
        del event_id
        return True
