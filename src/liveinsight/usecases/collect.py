"""Collect: what was seen becomes events, or is dropped for one reason of a closed list.

Each event is judged by its place (`places.py`), by its moment and by who tells of it
(`senders.py`), in that order; the first refusal ends it. What events share is judged once for them
all. Facts come from the ports before they are judged, and nothing here keeps anything: the outcome
says what is to be kept.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import count

from msgspec import Struct, field

from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import Aside, Event
from liveinsight.domain.sighting import Caller, Sighting, check_form, time_of
from liveinsight.domain.site import Site
from liveinsight.domain.visit import STARTS, Step
from liveinsight.domain.visitor import fingerprint, identified
from liveinsight.ports import Agents, Control, Locations, NewId, Salts, Seen, Sources, Visits
from liveinsight.usecases.places import Place, Places, Way
from liveinsight.usecases.senders import NO_OTHER, Sender, Senders, other_of

REMEMBERED = 16_384  # session ids of late


class Outcome(Struct):
    """What came of a request: `events` and `lost` are to be kept, the rest is to be told.

    Of the dropped, those set aside and those without a visit are kept as events, where whoever
    counts finds them; of the lost only their number is known from then on.
    """

    events: list[Event] = field(default_factory=list)
    lost: dict[tuple[str, Drop], int] = field(default_factory=dict)
    dropped: dict[Drop, int] = field(default_factory=dict)
    event_ids: list[str] = field(default_factory=list)
    refused: tuple[int, ...] = ()  # the sightings of which no event was made
    processed: int = 0
    starts_visit: bool = False

    def tell(self, reason: Drop) -> None:
        """Count a drop in the answer."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1

    def lose(self, site: str, reason: Drop) -> None:
        """Count a drop in the answer and for good."""
        self.tell(reason)
        self.lost[site, reason] = self.lost.get((site, reason), 0) + 1

    def step(self, step: Step) -> None:
        """One of the events started its visit, or has none."""
        if step is STARTS:
            self.starts_visit = True
        else:
            # A late event may yet give it a visit: that is judged when the day is sealed.
            self.processed -= 1
            self.tell(Drop.NO_VISIT)


class Collect:
    """The usecase, over its ports."""

    def __init__(
        self,
        *,
        control: Control,
        salts: Salts,
        seen: Seen,
        visits: Visits,
        agents: Agents,
        locations: Locations,
        sources: Sources,
        new_id: NewId,
    ) -> None:
        self._places = Places(control, sources)
        self._senders = Senders(salts, agents, locations)
        self._secret = control.secret("user_id")
        self._seen = seen
        self._visits = visits
        self._new_id = new_id

    def __call__(self, sightings: Sequence[Sighting], caller: Caller) -> Outcome:
        """Judge and take all events of a request."""
        outcome = self.judge(sightings, caller)
        self.take([outcome])
        return outcome

    def judge(self, sightings: Sequence[Sighting], caller: Caller) -> Outcome:
        """Judge all events of a request, in their order.

        All are judged before any is taken. To judge asks other parts, which may fail, but keeps
        nothing: one invalid event refuses the whole, no memory knows of it, and it can be sent
        again.
        """
        outcome = Outcome()
        key, events = caller.key, outcome.events
        sender: Sender | None = None
        turn = None
        # Mostly each is alone, or of a session of its own, and there is no order to keep.
        if len({told.session_id for told in sightings}) < len(sightings):
            turn = _Turn(self._visits, caller.received_ms, len(sightings))
        read = self._read(sightings, caller)
        for told, (place, time_ms) in zip(sightings, read, strict=True):
            # The sighting has it: by its id whoever keeps both finds what was told of an event.
            if not told.event_id:
                told.event_id = self._new_id()
            refusal = place.refusal if key is None else place.refuses(key)
            if refusal is None:
                site = place.site
                assert site is not None, "else it is refused"
                other = NO_OTHER if key is None else other_of(told, site, key)
                if sender is None or not sender.tells(site, time_ms, other):
                    judged = self._senders.find(time_ms, site, caller, other)
                    if isinstance(judged, Drop):
                        refusal = judged
                    else:
                        sender = judged
            if refusal is None:
                assert sender is not None, "else it is refused"
                events.append(self._event(told, time_ms, place, sender, turn))
            else:
                outcome.refused = (*outcome.refused, len(events) + len(outcome.refused))
                outcome.lose(_name_of(place.site, refusal), refusal)
        outcome.event_ids = [told.event_id or "" for told in sightings]
        return outcome

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Of what was judged, in that order, what is there already is dropped; the rest goes into
        visits, if it counts. Memory is asked once for many requests: for each it would cost as
        much as judging them does.
        """
        ids = [event.event_id for outcome in outcomes for event in outcome.events]
        repeated = self._seen.add(ids)
        if repeated:
            _drop_repeated(outcomes, frozenset(repeated))
        counted = [event for outcome in outcomes for event in outcome.events if event.aside is None]
        for outcome in outcomes:
            outcome.processed = len(outcome.events)
        if len(counted) < len(ids) - len(repeated):
            _tell_aside(outcomes)
        steps = self._visits.touch(counted)
        if steps:
            whose = [told for told in outcomes for event in told.events if event.aside is None]
            for index, step in steps.items():
                whose[index].step(step)

    def forget(self) -> None:
        """Know nobody any more: the salts of their days are deleted."""
        self._senders.forget()

    def _read(self, sightings: Sequence[Sighting], caller: Caller) -> list[tuple[Place, int]]:
        """Where and when each happened; the first that is not well formed refuses them all.

        Events are told in their order. Those of somebody of the same moment follow one another by
        a millisecond, so that all who ask later see them in that order; those of none, see `_Turn`.
        """
        known = self._places.known()
        read: list[tuple[Place, int]] = []
        runs: dict[tuple[str | None, ...], tuple[int, int]] = {}  # as asked, and as given
        for index, told in enumerate(sightings):
            way: Way = (
                told.site,
                told.event_type,
                told.page_url,
                told.title,
                told.referrer,
                told.utm_source,
                told.utm_medium,
                told.utm_campaign,
                told.utm_content,
                told.utm_term,
            )
            try:
                check_form(told)
                place = known.get(way) or self._places.look(told, way)
                if place.site is None and caller.key is not None and not told.site:
                    place = self._places.of(told, caller.key)
                time_ms = caller.received_ms
                if told.timestamp is not None:
                    time_ms = time_of(told.timestamp, caller)
                    who = (told.user_id, told.session_id, told.ip, told.user_agent)
                    asked_ms, given_ms = runs.get(who, (0, -1))
                    given_ms = given_ms + 1 if asked_ms <= time_ms <= given_ms else time_ms
                    runs[who] = time_ms, given_ms
                    time_ms = given_ms
            except Invalid as wrong:
                raise Invalid(wrong.field, wrong.error, index) from None
            read.append((place, time_ms))
        return read

    def _event(
        self, told: Sighting, time_ms: int, place: Place, sender: Sender, turn: "_Turn | None"
    ) -> Event:
        """The event as it is kept; a bot's is set aside, and can be taken back in."""
        visitor, prior, site = sender.visitor, sender.prior, sender.site.id
        if told.user_id:
            visitor, prior = identified(self._secret, site, told.user_id), None
        session = _session(site, told.session_id) if told.session_id else None
        if turn is not None:
            if told.timestamp is None:
                time_ms = turn.moment(visitor, session, sender.from_ms)
            else:
                turn.told(visitor, session, time_ms)
        amount = currency = None
        if told.revenue is not None:
            amount, currency = format(told.revenue.amount, "f"), told.revenue.currency
        campaign, agent, where = place.campaign, sender.agent, sender.where
        return Event(
            sender.fingerprint(told.event_id or ""),
            time_ms,
            site,
            place.type,
            visitor,
            prior,
            session,
            place.hostname,
            place.page,
            place.title,
            place.source,
            place.channel,
            place.referrer,
            campaign.source,
            campaign.medium,
            campaign.name,
            campaign.content,
            campaign.term,
            where.country,
            where.region,
            where.city,
            agent.browser,
            agent.browser_version,
            agent.os,
            agent.os_version,
            agent.device,
            told.screen or None,
            told.language or sender.language,
            told.kept_props() if told.props else None,
            amount,
            currency,
            told.engaged_ms,
            None if told.scroll_depth is None else min(told.scroll_depth, 100),
            Aside.BOT if agent.is_bot else place.aside,
        )


class _Turn:
    """When the events of a request happened that tell no time: those of one visitor one after
    another up to now, by a millisecond, and none before what is known of them already.
    """

    def __init__(self, visits: Visits, received_ms: int, events: int) -> None:
        self._visits = visits
        self._received_ms = received_ms
        self._first_ms = received_ms - events + 1
        self._given: dict[tuple[int, int | None], int] = {}

    def told(self, visitor: int, session: int | None, time_ms: int) -> None:
        """A visitor did something at that moment."""
        self._given[visitor, session] = max(self._before(visitor, session), time_ms)

    def moment(self, visitor: int, session: int | None, earliest_ms: int) -> int:
        """The next of a visitor; `earliest_ms` is where what is known of them holds from."""
        next_ms = max(self._before(visitor, session) + 1, self._first_ms, earliest_ms)
        self._given[visitor, session] = given_ms = min(next_ms, self._received_ms)
        return given_ms

    def _before(self, visitor: int, session: int | None) -> int:
        given_ms = self._given.get((visitor, session))
        return given_ms if given_ms is not None else self._visits.latest(visitor, session) or 0


def _drop_repeated(outcomes: Sequence[Outcome], repeated: frozenset[int]) -> None:
    """What was there before, by its index among the events of all."""
    number = count()
    for outcome in outcomes:
        events, outcome.events = outcome.events, []
        for event in events:
            if next(number) in repeated:
                outcome.lose(event.site, Drop.DUPLICATE)
            else:
                outcome.events.append(event)


def _tell_aside(outcomes: Sequence[Outcome]) -> None:
    """What was set aside is kept, and not counted."""
    for outcome in outcomes:
        for event in outcome.events:
            if event.aside is not None:
                outcome.processed -= 1
                outcome.tell(Drop(event.aside))


def _name_of(site: Site | None, reason: Drop) -> str:
    """Under what a refusal is counted: not under a site that is none of the sender's business."""
    return "" if site is None or reason is Drop.UNKNOWN_SITE else site.id


_session = lru_cache(maxsize=REMEMBERED)(fingerprint)
