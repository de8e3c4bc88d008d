"""Recognise: put what a user agent tells into an event that was kept without it.

The AWS collector keeps the agent as it came, since knowing agents would double its cold start.
Whoever reads those events runs this, the same judgement that home 1 makes when collecting.
"""

from collections.abc import Callable

from msgspec.structs import replace

from liveinsight.domain.event import Aside, Event
from liveinsight.ports import Agents


def recognise(agents: Agents) -> Callable[[Event, str], Event]:
    """The step that completes an event, over what knows agents."""

    def recognised(event: Event, user_agent: str) -> Event:
        agent = agents.read(user_agent)
        client = replace(
            event.client,
            browser=agent.browser,
            browser_version=agent.browser_version,
            os=agent.os,
            os_version=agent.os_version,
            device=agent.device,
        )
        return replace(event, client=client, aside=Aside.BOT if agent.is_bot else event.aside)

    return recognised
