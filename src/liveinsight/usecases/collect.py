"""Collect: what was seen becomes events, or is dropped for one reason of a closed list.

Each event is judged by its place (`places.py`), by its moment and by who tells of it
(`senders.py`), in that order; the first refusal ends it. What events share is judged once for them
all. Facts come from the ports before they are judged, and nothing here keeps anything: the outcome
says what is to be kept.
"""

from collections.abc import Sequence
from itertools import count

from msgspec import Struct, field

from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import Aside, Event
from liveinsight.domain.sighting import Caller, Sighting, check_amount, check_form, time_of
from liveinsight.domain.site import Site
from liveinsight.domain.visit import STARTS, Step
from liveinsight.domain.visitor import identified
from liveinsight.ports import Agents, Control, Locations, NewId, Salts, Seen, Sources, Visits
from liveinsight.usecases.places import Places, Way
from liveinsight.usecases.senders import NO_OTHER, Sender, Senders, other_of


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

    @property
    def judged(self) -> int:
        """Of how many sightings something came so far."""
        return len(self.events) + len(self.refused)

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
        again. Where and with what others were before is known to be well formed.
        """
        outcome = Outcome()
        try:
            self._judge(sightings, caller, outcome)
        except Invalid as wrong:
            raise Invalid(wrong.field, wrong.error, outcome.judged) from None
        outcome.event_ids = [told.event_id or "" for told in sightings]
        return outcome

    def _judge(  # noqa: C901, PLR0912, PLR0915 - the one way of each event, told in its order
        self, sightings: Sequence[Sighting], caller: Caller, outcome: Outcome
    ) -> None:
        key, events, known = caller.key, outcome.events, self._places.known()
        order = self._order(sightings, caller)
        site: Site | None = None
        asked_ms, asked, other = 0, NO_OTHER, NO_OTHER
        who: Sender | Drop | None = None
        for told in sightings:
            # The sighting has it: by its id whoever keeps both finds what was told of an event.
            event_id = told.event_id
            if not event_id:
                event_id = told.event_id = self._new_id()
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
            spot = known.get(way) or self._places.look(told, way)
            time_ms = caller.received_ms
            if told.timestamp is not None:
                time_ms = time_of(told.timestamp, caller)
                if order is not None:
                    time_ms = order.given(told, time_ms)
            if key is not None:
                if spot.site is None and not told.site:
                    spot = self._places.of(told, key)
                if spot.site is not None:
                    other = other_of(told, spot.site, key)
            refusal = spot.refusal if key is None else spot.refuses(key)
            # Mostly it is who told the one before, of the same moment.
            if refusal is None and (spot.site is not site or time_ms != asked_ms or other != asked):
                site, asked_ms, asked = spot.site, time_ms, other
                assert site is not None, "else it is refused"
                who = self._senders.find(time_ms, site, caller, other, who)
            sender = who if refusal is None else refusal
            if not isinstance(sender, Sender):
                assert sender is not None, "else it was looked for"
                check_form(told)
                outcome.refused = (*outcome.refused, outcome.judged)
                outcome.lose(_name_of(spot.site, sender), sender)
                continue
            visitor, prior, fingerprint = sender.visitor, sender.prior, sender.fingerprint
            if told.user_id:
                visitor = identified(self._secret, sender.site.id, told.user_id)
                prior = None
            session = fingerprint(told.session_id) if told.session_id else None
            if order is not None:
                if told.timestamp is None:
                    time_ms = order.next(visitor, session, sender.from_ms)
                else:
                    order.note(visitor, session, time_ms)
            client = sender.client
            if told.screen != sender.screen or told.language != sender.language:
                client = self._senders.client(sender, told.screen, told.language)
            amount = currency = None
            revenue = told.revenue
            if revenue is not None:
                check_amount(revenue)
                amount, currency = format(revenue.amount, "f"), revenue.currency
            scroll_depth = told.scroll_depth
            if scroll_depth is not None:
                scroll_depth = min(scroll_depth, 100)
            events.append(
                Event(
                    fingerprint(event_id),
                    time_ms,
                    spot.place,
                    visitor,
                    prior,
                    session,
                    client,
                    told.kept_props() if told.props else None,
                    amount,
                    currency,
                    told.engaged_ms,
                    scroll_depth,
                    # A bot's event is set aside, and can be taken back in.
                    Aside.BOT if sender.agent.is_bot else spot.aside,
                )
            )

    def _order(self, sightings: Sequence[Sighting], caller: Caller) -> "_Order | None":
        """Mostly each is alone, or of a session of its own, and there is no order to keep."""
        many = len(sightings)
        if many == 1 or len({told.session_id for told in sightings}) == many:
            return None
        return _Order(self._visits, caller.received_ms, many)

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


class _Order:
    """Keeps the order in which the events of a request are told.

    Those of somebody that tell the same moment follow one another by a millisecond, so that all who
    ask later see them in that order. Those that tell none follow one another up to now, none before
    what is known of their visitor already.
    """

    def __init__(self, visits: Visits, received_ms: int, events: int) -> None:
        self._visits = visits
        self._received_ms = received_ms
        self._first_ms = received_ms - events + 1
        self._runs: dict[tuple[str | None, ...], tuple[int, int]] = {}  # as told, and as given
        self._given: dict[tuple[int, int | None], int] = {}

    def given(self, told: Sighting, time_ms: int) -> int:
        """The moment of one that tells it."""
        who = (told.user_id, told.session_id, told.ip, told.user_agent)
        told_ms, given_ms = self._runs.get(who, (0, -1))
        given_ms = given_ms + 1 if told_ms <= time_ms <= given_ms else time_ms
        self._runs[who] = time_ms, given_ms
        return given_ms

    def note(self, visitor: int, session: int | None, time_ms: int) -> None:
        """A visitor did something at that moment."""
        self._given[visitor, session] = max(self._before(visitor, session), time_ms)

    def next(self, visitor: int, session: int | None, earliest_ms: int) -> int:
        """The next moment of a visitor; `earliest_ms` is where what is known of them holds from."""
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
                outcome.lose(event.place.site, Drop.DUPLICATE)
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
