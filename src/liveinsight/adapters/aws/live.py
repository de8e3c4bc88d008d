"""The live view of the AWS home, counted from the events of the last hour.

A warm function keeps them in visits, and the figures it was asked for, and takes in what came
since. What it tells follows from what the table holds and the moment alone: not from when this
sandbox began, what it read first, or what it was asked before. Tests hold it to that, and to what
home 1 counts of the same events.
"""

from bisect import bisect_right, insort
from collections.abc import Callable
from functools import lru_cache

from msgspec.structs import astuple, replace

from liveinsight.adapters import patterns
from liveinsight.adapters.aws.figures import Figures
from liveinsight.adapters.aws.recent import LOOK_BACK_MS, Recent
from liveinsight.adapters.aws.table import DynamoEvents
from liveinsight.adapters.aws.visits import Chain, Chains, in_visits, order
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.event import Client, Event, Place
from liveinsight.domain.filter import Filter, patterns_of
from liveinsight.domain.live import Live
from liveinsight.domain.period import MINUTE_MS

Asked = tuple[str, Filter]

# Figures are kept as long as somebody watches them.
WATCHED_MS = MINUTE_MS
MOST_FIGURES = 8
# An event takes 0.8 KB where others are like it, the function itself 70 MB and figures some more.
OWN_MB = 96
EVENTS_PER_MB = 700
REMEMBERED = 16_384  # places and clients of late


class DynamoLive:
    """The port `Watching` over the events table."""

    def __init__(
        self,
        events: DynamoEvents,
        now_ms: Callable[[], int],
        forgotten_ms: Callable[[], int],
        *,
        memory_mb: int,
    ) -> None:
        self._events = events
        self._forgotten_ms = forgotten_ms
        self._now_ms = now_ms
        self._most_events = (memory_mb - OWN_MB) * EVENTS_PER_MB
        self._looked_ms = self._forgot_ms = 0
        self._begin()

    def _begin(self) -> None:
        self._recent = Recent(self._events)
        self._hour = Hour()

    @property
    def watched(self) -> int:
        """How many figures are kept."""
        return self._hour.watched

    @property
    def held(self) -> tuple[int, int]:
        """How many events and visitors' names it remembers."""
        return self._hour.held

    def version(self, site: str) -> int:
        """Another each second: who asks again within it gets the same answer."""
        del site
        return self._now_ms() // 1000

    def check(self, tree: Filter) -> None:
        """Refuse what cannot be answered, by name."""
        patterns.check(patterns_of(tree))

    def look(self, site: str, tree: Filter, now_ms: int) -> Live:
        """The site's last half hour, of the events that pass the filter."""
        forgot_ms = self._forgotten_ms()
        if now_ms < self._looked_ms or forgot_ms != self._forgot_ms:  # a clock was put back
            self._begin()
        self._looked_ms, self._forgot_ms = now_ms, forgot_ms
        self._hour.let_go(now_ms - LOOK_BACK_MS)
        for event in self._recent.news(now_ms):
            self._hour.take(event)
            if len(self._hour) > self._most_events:
                self._begin()
                more = "realtime_memory_mb would make it larger"
                raise Unavailable(f"More happens than this function's memory holds: {more}.", 60)
        self._hour.tell(now_ms)
        return self._hour.figures(site, tree, now_ms).told(now_ms)


class Hour:
    """The events of all sites from an hour ago on, and the figures that are watched."""

    def __init__(self) -> None:
        self._known: dict[int, Event] = {}
        self._order: list[tuple[int, int]] = []
        self._chains = Chains()
        self._changed: dict[int, Chain] = {}
        self._after_ms = self._told_ms = 0
        self._figures: dict[Asked, tuple[int, Figures]] = {}  # the latest asked for last

    def __len__(self) -> int:
        return len(self._known)

    @property
    def watched(self) -> int:
        """How many figures are kept."""
        return len(self._figures)

    @property
    def held(self) -> tuple[int, int]:
        """How many events and visitors' names it remembers."""
        return len(self._known), len(self._chains)

    def let_go(self, until_ms: int) -> None:
        """Forget the events up to a moment, also those that are told later."""
        self._after_ms = until_ms
        end = bisect_right(self._order, (until_ms + 1,))
        for _, event_id in self._order[:end]:
            self._change(self._known.pop(event_id))
        del self._order[:end]

    def take(self, event: Event) -> None:
        """Take an event in. An id that came twice is what happened first, whoever read it first."""
        if event.aside is not None or event.time_ms <= self._after_ms:
            return
        event = _lean(event)
        held = self._known.get(event.event_id)
        if held is not None:
            if held == event or _rank(held) < _rank(event):
                return
            self._change(held)
            self._order.remove(order(held))
        self._known[event.event_id] = event
        insort(self._order, order(event))
        self._change(event).add(event)

    def tell(self, now_ms: int) -> None:
        """Have the figures hold what was taken and let go, and whose time has come by now."""
        first = bisect_right(self._order, (self._told_ms + 1,))
        end = bisect_right(self._order, (now_ms + 1,))
        for _, event_id in self._order[first:end]:  # some were known before: clocks are ahead
            self._change(self._known[event_id])
        while self._changed:
            _, chain = self._changed.popitem()
            self._tell_anew(chain, now_ms)
        self._told_ms = now_ms

    def figures(self, site: str, tree: Filter, now_ms: int) -> Figures:
        """The figures of a site and filter: kept, or made of all that is shown."""
        _, found = self._figures.pop((site, tree), (0, None))
        if found is None:
            found = Figures(tree, now_ms)
            for row in self._chains.shown(site):
                found.put(row)
        self._figures[site, tree] = now_ms, found
        self._let_go(now_ms)
        return found

    def _let_go(self, now_ms: int) -> None:
        """Forget figures that nobody watches any more, and the oldest of too many."""
        for asked, (asked_ms, _) in list(self._figures.items()):
            if asked_ms + WATCHED_MS >= now_ms and len(self._figures) <= MOST_FIGURES:
                break
            del self._figures[asked]

    def _change(self, event: Event) -> Chain:
        """The event's chain, which is to be told anew: also if what is read next fails."""
        chain = self._chains.of(event)
        self._changed[id(chain)] = chain
        return chain

    def _tell_anew(self, chain: Chain, now_ms: int) -> None:
        chain.events = [event for event in chain.events if self._known.get(event.event_id) is event]
        before = chain.shown
        chain.shown = in_visits([event for event in chain.events if event.time_ms <= now_ms])
        for (site, _), (_, figures) in self._figures.items():
            if site != chain.site:
                continue
            for row in before:
                figures.take(row)
            for row in chain.shown:
                figures.put(row)
        if not chain.events:
            self._chains.drop(chain)


_same_place = lru_cache(maxsize=REMEMBERED)(Place)
_same_client = lru_cache(maxsize=REMEMBERED)(Client)


def _lean(event: Event) -> Event:
    """The same event, with a place and a client that others share: a third of the memory. Told
    again it is equal.
    """
    place, client = _same_place(*astuple(event.place)), _same_client(*astuple(event.client))
    return replace(event, place=place, client=client)


def _rank(event: Event) -> tuple[int, int, int]:
    return event.time_ms, event.visitor, event.session or 0
