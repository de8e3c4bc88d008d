"""A visitor's events of late, told in visits: who lives through a midnight stays one visitor.

A fold over few events in order of time, by the domain's own step. It is done anew whenever one of
them comes or goes, so that whatever the order of arrival, it tells what the events tell in order.
"""

from bisect import insort
from collections.abc import Iterable, Sequence

from msgspec import Struct

from liveinsight.domain.event import PAGE_VIEW, Event
from liveinsight.domain.visit import Step, ends, step

Key = tuple[str, int]  # site, visitor


class Shown(Struct, frozen=True, gc=False):
    """An event with the first of its visit, and the pages first and last seen in it."""

    event: Event
    first: Event
    entry_page: str | None
    exit_page: str | None

    @property
    def order(self) -> tuple[int, int]:
        """Its place among all: its time, then its id."""
        return order(self.event)


def order(event: Event) -> tuple[int, int]:
    """Events of one millisecond have an order too, the same for all who count."""
    return event.time_ms, event.event_id


class Chain:
    """The events of one person, before and after midnight, and what is shown of them."""

    __slots__ = ("events", "keys", "shown", "site")

    def __init__(self, site: str) -> None:
        self.site = site
        self.keys: list[Key] = []
        self.events: list[Event] = []
        self.shown: list[Shown] = []

    def add(self, event: Event) -> None:
        """Put an event where its time is."""
        insort(self.events, event, key=order)


class Chains:
    """Everybody's chains."""

    def __init__(self) -> None:
        self._of: dict[Key, Chain] = {}

    def __len__(self) -> int:
        return len(self._of)

    def of(self, event: Event) -> Chain:
        """The chain that the event is in. Under its prior id it is the visitor of before midnight."""
        key = (event.place.site, event.visitor)
        chain = self._of.get(key)
        if chain is None:
            chain = self._named(Chain(event.place.site), key)
        if event.prior is not None:
            before = (event.place.site, event.prior)
            other = self._of.get(before)
            if other is None:
                self._named(chain, before)
            elif other is not chain:
                self._join(chain, other)
        return chain

    def drop(self, chain: Chain) -> None:
        """Forget a chain that nothing is left of."""
        for key in chain.keys:
            del self._of[key]

    def shown(self, site: str) -> list[Shown]:
        """All that is shown of a site."""
        chains = {id(chain): chain for chain in self._of.values()}
        return [row for chain in chains.values() if chain.site == site for row in chain.shown]

    def _named(self, chain: Chain, key: Key) -> Chain:
        chain.keys.append(key)
        self._of[key] = chain
        return chain

    def _join(self, chain: Chain, other: Chain) -> None:
        for key in other.keys:
            self._named(chain, key)
        for event in other.events:
            chain.add(event)
        chain.shown += other.shown
        other.keys, other.events, other.shown = [], [], []


class _Visit:
    def __init__(self, first: Event) -> None:
        self.first = first
        self.last_ms = first.time_ms
        self.is_over = False
        self.views: list[str | None] = []


def in_visits(events: Sequence[Event]) -> list[Shown]:
    """Each event of a chain, in order of time, with its visit; those that have none are left out.

    Who is one person is told by these events alone: a chain also remembers links that are gone.
    """
    person = _people(events)
    visits: dict[tuple[int, int | None], _Visit] = {}
    taken: list[tuple[Event, _Visit]] = []
    for event in events:
        story = _name(person, event.visitor), event.session
        visit = visits.get(story)
        last_ms, is_over = (None, False) if visit is None else (visit.last_ms, visit.is_over)
        stepped = step(event.place.type, event.time_ms, last_ms, ended=is_over)
        if stepped is Step.NO_VISIT:
            continue
        if stepped is Step.STARTS or visit is None:
            visit = visits[story] = _Visit(event)
        visit.last_ms = event.time_ms
        visit.is_over = ends(event.place.type)
        if event.place.type == PAGE_VIEW:
            visit.views.append(event.place.page)
        taken.append((event, visit))
    return [
        Shown(
            event,
            visit.first,
            visit.views[0] if visit.views else None,
            visit.views[-1] if visit.views else None,
        )
        for event, visit in taken
    ]


def _people(events: Iterable[Event]) -> dict[int, int]:
    """The ids that midnight gave one person, each with another that stands for it."""
    person: dict[int, int] = {}
    for event in events:
        if event.prior is not None:
            after, before = _name(person, event.visitor), _name(person, event.prior)
            if after != before:
                person[after] = before
    return person


def _name(person: dict[int, int], visitor: int) -> int:
    while (other := person.get(visitor)) is not None:
        visitor = other
    return visitor
