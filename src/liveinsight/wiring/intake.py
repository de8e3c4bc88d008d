"""How the AWS home keeps what was collected: events first, then their sessions.

Collecting yields events, which hold no session id, no address and no agent by design; the events
table holds for its day what was told, too. Here both meet: a function does one request at a time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from liveinsight.adapters.aws.table import Told
from liveinsight.domain.drop import Drop
from liveinsight.domain.event import Event
from liveinsight.domain.key import Scope
from liveinsight.domain.sighting import Caller, Sighting
from liveinsight.domain.visitor import fingerprint
from liveinsight.http.collect import Collecting
from liveinsight.ports import Clock
from liveinsight.usecases.collect import Outcome

Pair = tuple[Event, Told]
Log = Callable[..., None]


class Events(Protocol):
    """Where events are kept."""

    def keep(self, events: Sequence[Pair], now_ms: int) -> None: ...


class Sessions(Protocol):
    """Where sessions are noted."""

    def touch(self, events: Sequence[Pair], now_ms: int) -> bool: ...


class Intake:
    """Collecting and the port `HotStore`, and between both the memory of what was told."""

    def __init__(
        self, collect: Collecting, events: Events, sessions: Sessions, clock: Clock, log: Log
    ) -> None:
        self._collect = collect
        self._events = events
        self._sessions = sessions
        self._clock = clock
        self._log = log
        self._outcome = Outcome()
        self._told: Sequence[Sighting] = ()
        self._caller = Caller(0)

    def judge(self, sightings: Sequence[Sighting], caller: Caller) -> Outcome:
        """Judge, and remember what was told until it is kept."""
        self._outcome = self._collect.judge(sightings, caller)
        refused = frozenset(self._outcome.refused)
        self._told = [told for n, told in enumerate(sightings) if n not in refused]
        self._caller = caller
        return self._outcome

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Take the one that was judged."""
        self._collect.take(outcomes)

    def check_room(self) -> None:
        """There is always room."""

    async def keep(self, events: Sequence[Event], drops: Mapping[tuple[str, Drop], int]) -> None:
        """Return when the events are durable. Sessions come after: they can be made again."""
        for (site, reason), count in drops.items():
            self._log("dropped", site=site, reason=reason, events=count)
        now_ms = self._clock.now_ms()
        pairs = list(paired(events, self._told, self._caller))
        self._events.keep(pairs, now_ms)
        counted = [pair for pair in pairs if pair[0].aside is None]
        if not counted:
            return
        try:
            self._outcome.starts_visit = self._sessions.touch(counted, now_ms)
        except Exception as error:  # noqa: BLE001 - what was promised, the events, is kept
            self._log("session_not_noted", level="error", error=repr(error))


def paired(
    events: Sequence[Event], sightings: Sequence[Sighting], caller: Caller
) -> Iterator[Pair]:
    """Each event with what was told of it; events come in the order of sightings, with gaps where
    something was there already.
    """
    told = iter(sightings)
    poses = caller.key is not None and bool(caller.key.scopes & {Scope.SERVER, Scope.IMPORT})
    for event in events:
        sighting = next(
            sighting
            for sighting in told
            if fingerprint(event.place.site, sighting.event_id or "") == event.event_id
        )
        yield (
            event,
            Told(
                session_id=sighting.session_id,
                user_id=sighting.user_id,
                page_url=sighting.page_url,
                referrer=sighting.referrer,
                user_agent=(sighting.user_agent if poses else None) or caller.guest.user_agent,
            ),
        )
