"""Collect: what was seen becomes events, or is dropped for one reason of a closed list.

Each event is judged by its place, by its moment and by who tells of it, in that order; the first
refusal ends it. What events share is judged once for them all: a place for all who come that way,
a sender for all of a request. Facts come from the ports before they are judged, and nothing here
keeps anything: the outcome says what is to be kept.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import count

from msgspec import Struct, field

from liveinsight.domain.agent import Agent, Device
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import PAGE_VIEW, Aside, Event
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.page import Page, clean, page_of
from liveinsight.domain.period import DAY_MS, MINUTE_MS, local_day
from liveinsight.domain.sighting import TITLE_LENGTH, Caller, Sighting, check_form, time_of
from liveinsight.domain.site import Site
from liveinsight.domain.source import Campaign
from liveinsight.domain.visit import GAP_MS, STARTS, Step
from liveinsight.domain.visitor import anonymous, fingerprint, fingerprints_of, identified
from liveinsight.ports import Agents, Control, Countries, NewId, Salts, Seen, Sources, Visits

TOO_OLD_MS = DAY_MS
TOO_NEW_MS = 5 * MINUTE_MS
# Visitors, places and sessions of late that are told at once; each is a few hundred bytes, as
# addresses and titles longer than a page's commonly are are not remembered.
REMEMBERED = 16_384
REMEMBERED_PAGES = 4096
REMEMBERED_LENGTH = 400
NOWHERE = Page("", "", Campaign())


class Outcome(Struct):
    """What came of a request: `events` and `lost` are to be kept, the rest is to be told.

    Of the dropped, those set aside and those without a visit are kept as events, where whoever
    counts finds them; of the lost only their number is known from then on.
    """

    events: list[Event] = field(default_factory=list)
    lost: dict[tuple[str, Drop], int] = field(default_factory=dict)
    dropped: dict[Drop, int] = field(default_factory=dict)
    event_ids: list[str] = field(default_factory=list)
    processed: int = 0
    starts_visit: bool = False

    def tell(self, reason: Drop, events: int = 1) -> None:
        """Count drops in the answer."""
        self.dropped[reason] = self.dropped.get(reason, 0) + events

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


class Who(Struct, frozen=True, gc=False):
    """A visitor of a day, and what is recognised of them."""

    visitor: int
    agent: Agent
    country: str | None


Way = tuple[str | None, ...]  # all of a sighting that its place depends on


class Place(Struct, frozen=True):
    """Where what happened and whence its visitor came: the same for all who come that way, so it
    is judged once for them all, and told as events tell it. Without a `site` it is nobody's.
    """

    site: Site | None
    refusal: Drop | None = None
    type: str = PAGE_VIEW
    hostname: str | None = None
    page: str | None = None
    title: str | None = None
    source: str | None = None
    channel: str = ""
    referrer: str | None = None
    campaign: Campaign = Campaign()
    aside: Aside | None = None


Other = tuple[str | None, str | None, str | None]
NO_OTHER: Other = (None, None, None)


class Sender(Struct, frozen=True):
    """Who is behind what is told to a site of a time: the one who sends, or `other` of whom they
    tell (address, agent and country).
    """

    site: Site
    other: Other
    from_ms: int
    until_ms: int
    visitor: int
    prior: int | None
    agent: Agent
    country: str | None
    language: str | None
    fingerprint: Callable[[str], int]

    def tells(self, site: Site, time_ms: int, other: Other) -> bool:
        """Whether it is they again; mostly, of events that come together."""
        return site is self.site and self.from_ms <= time_ms < self.until_ms and other == self.other


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
        countries: Countries,
        sources: Sources,
        new_id: NewId,
    ) -> None:
        self._control = control
        self._secret = control.secret("user_id")
        self._salts = salts
        self._seen = seen
        self._visits = visits
        self._agents = agents
        self._countries = countries
        self._sources = sources
        self._new_id = new_id
        self._sites = control.sites()
        self._places: dict[Way, Place] = {}
        self._remembered: dict[tuple[bytes, str, str], Who] = {}
        self._saltless_ms: dict[tuple[str, date], int] = {}  # when it was looked for last

    def __call__(self, sightings: Sequence[Sighting], caller: Caller) -> Outcome:
        """Judge and take all events of a request."""
        outcome = self.judge(sightings, caller)
        self.take([outcome])
        return outcome

    def judge(self, sightings: Sequence[Sighting], caller: Caller) -> Outcome:
        """Judge all events of a request, in their order.

        All are judged before any is taken. To judge asks other parts, which may fail, but changes
        nothing: one invalid event refuses the whole, no memory knows of it, and it can be sent
        again.
        """
        outcome = Outcome()
        self._judge(sightings, caller, outcome)
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

    def _read(self, sightings: Sequence[Sighting], caller: Caller) -> list[tuple[Place, int]]:
        """Where and when each happened; the first that is not well formed refuses them all."""
        known = self._known_places()
        read: list[tuple[Place, int]] = []
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
                place = known.get(way) or self._look(told, way)
                time_ms = caller.received_ms
                if told.timestamp is not None:
                    time_ms = time_of(told.timestamp, caller)
            except Invalid as wrong:
                raise Invalid(wrong.field, wrong.error, index) from None
            read.append((place, time_ms))
        return read

    def _judge(self, sightings: Sequence[Sighting], caller: Caller, outcome: Outcome) -> None:
        """What is not refused becomes an event."""
        key, events = caller.key, outcome.events
        sender: Sender | None = None
        read = self._read(sightings, caller)
        for told, (place, time_ms) in zip(sightings, read, strict=True):
            # The sighting has it: by its id whoever keeps both finds what was told of an event.
            if not told.event_id:
                told.event_id = self._new_id()
            refusal = place.refusal if key is None else shut_out(place, key)
            if refusal is None:
                site = place.site
                assert site is not None, "else it is refused"
                other = NO_OTHER if key is None else _other(told, site, key)
                if sender is None or not sender.tells(site, time_ms, other):
                    judged = self._sender(time_ms, site, caller, other)
                    if isinstance(judged, Drop):
                        refusal = judged
                    else:
                        sender = judged
            if refusal is None:
                assert sender is not None, "else it is refused"
                events.append(self._event(told, time_ms, place, sender))
            else:
                outcome.lose(_name_of(place.site, refusal), refusal)
        outcome.event_ids = [told.event_id or "" for told in sightings]

    def _known_places(self) -> dict[Way, Place]:
        """Those of late, until a site's settings change."""
        sites = self._control.sites()
        if sites is not self._sites:
            self._sites = sites
            self._places.clear()
        return self._places

    def _look(self, told: Sighting, way: Way) -> Place:
        """A place that is not known. Its site is the named one, else its host's, else the only one."""
        place = self._found(told)
        if len(self._places) >= REMEMBERED:
            self._places.clear()
        if sum(map(len, filter(None, way))) <= REMEMBERED_LENGTH:
            self._places[way] = place
        return place

    def _found(self, told: Sighting) -> Place:
        page = _page(told.page_url, ()) if told.page_url else NOWHERE
        site = self._sites.of(told.site, page.hostname)
        if site is None:
            return Place(None, Drop.UNKNOWN_SITE)
        if site.allowed_params and told.page_url:
            page = _page(told.page_url, site.allowed_params)
        campaign = _campaign(told, page)
        own_hosts = (*site.domains, page.hostname)
        origin = self._sources.read(told.referrer or None, campaign, own_hosts)
        return Place(
            site,
            _refusal(site, page),
            clean(told.event_type),
            page.hostname or None,
            page.path or None,
            clean(told.title)[:TITLE_LENGTH] if told.title else None,
            origin.source,
            str(origin.channel),
            origin.referrer,
            campaign,
            Aside.SPAM_REFERRER if origin.is_spam else None,
        )

    def _sender(self, time_ms: int, site: Site, caller: Caller, other: Other) -> Sender | Drop:
        """Who is behind an event of that time, or why the site does not want to know."""
        # The past can be told only by an import; the future by nobody, but for a clock that is a
        # little fast.
        is_import = caller.key is not None and caller.key.allows(Scope.IMPORT, site.id)
        oldest_ms = 0 if is_import else caller.received_ms - TOO_OLD_MS
        newest_ms = caller.received_ms + TOO_NEW_MS
        if time_ms < oldest_ms:
            return Drop.TOO_OLD
        if time_ms > newest_ms:
            return Drop.TOO_NEW
        if (site.honour_gpc and caller.gpc) or (site.honour_dnt and caller.dnt):
            return Drop.OPTED_OUT
        address, user_agent = other[0] or caller.address, other[1] or caller.user_agent
        if site.excludes_address(address):
            return Drop.EXCLUDED_IP
        day = local_day(time_ms, site.timezone)
        who = self._who(site, day.date, address, user_agent)
        from_ms, until_ms, prior = day.start_ms + GAP_MS + 1, day.end_ms, None
        if time_ms < from_ms:
            from_ms, until_ms = day.start_ms, from_ms
            salt = self._salt_before(site, day.date, caller.received_ms)
            prior = None if salt is None else anonymous(salt, address, user_agent)
        return Sender(
            site,
            other,
            max(from_ms, oldest_ms),
            min(until_ms, newest_ms + 1),
            who.visitor,
            prior,
            who.agent,
            other[2] or caller.country or who.country,
            caller.language,
            fingerprints_of(site.id),
        )

    def _who(self, site: Site, day: date, address: str, user_agent: str) -> Who:
        """The visitor behind an address and agent on that day; most were here a moment ago.

        The salt is asked for each time, so that a visitor is forgotten when the salt is.
        """
        salt = self._salts.of(site, day)
        if self._saltless_ms:
            self._saltless_ms.pop((site.id, day), None)
        key = (salt, address, user_agent)
        who = self._remembered.get(key)
        if who is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            agent, country = self._agents.read(user_agent), self._countries.of(address)
            who = Who(anonymous(salt, address, user_agent), agent, country)
            self._remembered[key] = who
        return who

    def _salt_before(self, site: Site, day: date, now_ms: int) -> bytes | None:
        """The salt of the day before, if there is one. Where there is none, all events of the first
        half hour would look for it: it is asked for once a minute.
        """
        before = site.id, day - timedelta(days=1)
        if now_ms - self._saltless_ms.get(before, -MINUTE_MS) < MINUTE_MS:
            return None
        salt = self._salts.if_known(site, before[1])
        if salt is None:
            self._saltless_ms[before] = now_ms
        return salt

    def forget(self) -> None:
        """Know nobody any more: the salts of their days are deleted."""
        self._remembered.clear()
        self._saltless_ms.clear()

    def _event(self, told: Sighting, time_ms: int, place: Place, sender: Sender) -> Event:
        """The event as it is kept; a bot's is set aside, and can be taken back in."""
        visitor, prior, site = sender.visitor, sender.prior, sender.site.id
        if told.user_id:
            visitor, prior = identified(self._secret, site, told.user_id), None
        amount = currency = None
        if told.revenue is not None:
            amount, currency = format(told.revenue.amount, "f"), told.revenue.currency
        campaign, agent = place.campaign, sender.agent
        return Event(
            sender.fingerprint(told.event_id or ""),
            time_ms,
            site,
            place.type,
            visitor,
            prior,
            _session(site, told.session_id) if told.session_id else None,
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
            sender.country,
            None,
            None,
            agent.browser,
            agent.browser_version,
            agent.os,
            agent.os_version,
            Device.BOT if agent.is_bot else agent.device,
            told.screen or None,
            told.language or sender.language,
            told.kept_props() if told.props else None,
            amount,
            currency,
            told.engaged_ms,
            None if told.scroll_depth is None else min(told.scroll_depth, 100),
            Aside.BOT if agent.is_bot else place.aside,
        )


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


def host_of(told: Sighting) -> str | None:
    """The host of the page it happened on."""
    return _page(told.page_url, ()).hostname if told.page_url else None


def _name_of(site: Site | None, reason: Drop) -> str:
    """Under what a refusal is counted: not under a site that is none of the sender's business."""
    return "" if site is None or reason is Drop.UNKNOWN_SITE else site.id


def shut_out(place: Place, key: Key) -> Drop | None:
    """Whether the place is not taken from who holds the key."""
    if place.site is not None and key.site not in {None, place.site.id}:
        return Drop.UNKNOWN_SITE
    return place.refusal


def _refusal(site: Site, page: Page) -> Drop | None:
    """Events of pages elsewhere are somebody else's, or forged; others the owner shut out."""
    if page.hostname and not site.allows_host(page.hostname):
        return Drop.HOST_NOT_ALLOWED
    return Drop.EXCLUDED_PAGE if site.excludes_page(page.path) else None


def _other(told: Sighting, site: Site, key: Key) -> Other:
    """Of whom it is told, by one who may: then the event is theirs, not the sender's."""
    if not (key.allows(Scope.SERVER, site.id) or key.allows(Scope.IMPORT, site.id)):
        return NO_OTHER
    return told.ip, told.user_agent, told.country.upper() if told.country else None


def _campaign(told: Sighting, page: Page) -> Campaign:
    """What the sender says of the campaign goes before what the address says."""
    if not (
        told.utm_source or told.utm_medium or told.utm_campaign or told.utm_content or told.utm_term
    ):
        return page.campaign
    said = page.campaign
    return Campaign(
        source=told.utm_source or said.source,
        medium=told.utm_medium or said.medium,
        name=told.utm_campaign or said.name,
        content=told.utm_content or said.content,
        term=told.utm_term or said.term,
        click_id=said.click_id,
    )


_page = lru_cache(maxsize=REMEMBERED_PAGES)(page_of)
_session = lru_cache(maxsize=REMEMBERED)(fingerprint)
