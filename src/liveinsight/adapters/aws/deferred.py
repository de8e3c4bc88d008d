"""What this home judges later, when events are read or sealed, so that collecting needs no
knowledge that takes long to load.
"""

from liveinsight.domain.agent import Agent
from liveinsight.domain.location import NOWHERE, Location


class UnreadAgents:
    """The port `Agents`: the user agent is kept as it came."""

    def read(self, user_agent: str) -> Agent:
        """Nothing yet."""
        del user_agent
        return Agent()


class EdgeLocations:
    """The port `Locations`: the edge tells the country, and no file here knows better."""

    def of(self, address: str) -> Location:
        """Not known."""
        del address
        return NOWHERE
