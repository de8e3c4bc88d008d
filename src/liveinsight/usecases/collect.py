"""Collect: what was seen becomes events, or is dropped for one reason of a closed list.

A fold of small named steps over one draft. Steps that gather (`put_…`) and steps that refuse
(`drop_…`) stand in one list; the first refusal ends it. Facts come from the ports before they
are judged, and nothing here keeps anything: the outcome says what is to be kept.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from msgspec import Struct, field

from liveinsight.domain.agent import Agent, Device
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import PAGE_VIEW, Aside, Event
from liveinsight.domain.key import Scope
from liveinsight.domain.page import Page, clean, page_of
from liveinsight.domain.period import DAY_MS, MINUTE_MS, local_day
from liveinsight.domain.sighting import TITLE_LENGTH, Caller, Sighting, is_screen
from liveinsight.domain.site import Site, SiteBook
from liveinsight.domain.source import Campaign, Origin
from liveinsight.domain.visit import GAP_MS, Step
from liveinsight.domain.visitor import anonymous, fingerprint, identified
from liveinsight.ports import Agents, Control, Countries, NewId, Salts, Seen, Sources, Visits

TOO_OLD_MS = DAY_MS
YEAR_10000_MS = 253_402_300_800_000
TOO_NEW_MS = 5 * MINUTE_MS
# Visitors, places and sessions of late that are told at once; each is a few hundred bytes, as
# addresses longer than a page's commonly is are not remembered.
REMEMBERED = 16_384
REMEMBERED_PAGES = 4096
REMEMBERED_LENGTH = 400
NOWHERE = Page("", "", Campaign())
UNTOLD = Origin(None, "", None)


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

    def tell(self, reason: Drop) -> None:
        """Count a drop in the answer."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


class Who(Struct, frozen=True, gc=False):
    """A visitor of a day, and what is recognised of them."""

    visitor: int
    agent: Agent
    country: str | None


class Place(Struct, frozen=True):
    """Where something happened and whence its visitor came: the same for all who come that way,
    so it is judged once for them all. Without a `site` it is nobody's.
    """

    site: Site | None
    page: Page
    campaign: Campaign
    origin: Origin
    refusal: Drop | None = None


class Draft:
    """An event on its way: filled step by step."""

    __slots__ = (
        "address",
        "agent",
        "aside",
        "caller",
        "country",
        "event_id",
        "place",
        "prior",
        "refusal",
        "session",
        "sighting",
        "site",
        "time_ms",
        "user_agent",
        "visitor",
    )

    def __init__(self, sighting: Sighting, caller: Caller, place: Place, time_ms: int) -> None:
        self.sighting = sighting
        self.caller = caller
        self.place = place
        self.time_ms = time_ms
        self.aside: str | None = Aside.SPAM_REFERRER if place.origin.is_spam else None
        self.refusal: Drop | None = None
        self.prior: int | None = None
        self.session: int | None = None
        self.site: Site
        self.user_agent: str
        self.address: str
        self.agent: Agent
        self.country: str | None
        self.event_id: int
        self.visitor: int


DraftStep = Callable[[Draft], Drop | None]


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
        self._places: dict[tuple[str | None, ...], Place] = {}
        self._remembered: dict[tuple[bytes, str, str], Who] = {}
        self._steps: tuple[DraftStep, ...] = (
            put_site,
            drop_too_old,
            drop_too_new,
            drop_opted_out,
            put_sender,
            drop_excluded_address,
            self.put_visitor,
        )

    def __call__(self, sightings: Sequence[Sighting], caller: Caller) -> Outcome:
        """Judge all events of a request, in their order.

        All are judged before any is taken. To judge asks other parts, which may fail, but changes
        nothing: one invalid event refuses the whole, no memory knows of it, and it can be sent
        again.
        """
        drafts = [self._judged(told, caller, index) for index, told in enumerate(sightings)]
        outcome = Outcome()
        for draft in drafts:
            self._take(draft, outcome)
        return outcome

    def _judged(self, told: Sighting, caller: Caller, index: int) -> Draft:
        """Read what is told, and let the steps judge it up to the first refusal."""
        try:
            place = self._place(told)
            time_ms = time_of(told.timestamp, caller)
            check_revenue(told)
            check_screen(told)
        except Invalid as wrong:
            raise Invalid(wrong.field, wrong.error, index) from None
        draft = Draft(told, caller, place, time_ms)
        for step in self._steps:
            if (refusal := step(draft)) is not None:
                draft.refusal = refusal
                break
        return draft

    def _place(self, told: Sighting) -> Place:
        """The place, remembered until a site's settings change."""
        if told.event_type == PAGE_VIEW and not told.page_url:
            raise Invalid("page_url", "is required for a page_view")
        sites, url, referrer = self._control.sites(), told.page_url, told.referrer
        if sites is not self._sites or len(self._places) >= REMEMBERED:
            self._sites = sites
            self._places.clear()
        key = (
            told.site,
            url,
            referrer,
            told.utm_source,
            told.utm_medium,
            told.utm_campaign,
            told.utm_content,
            told.utm_term,
        )
        place = self._places.get(key)
        if place is None:
            place = self._look(told, sites)
            if sum(map(len, filter(None, key))) <= REMEMBERED_LENGTH:
                self._places[key] = place
        return place

    def _look(self, told: Sighting, sites: SiteBook) -> Place:
        """The site is the named one, else its host's, else the only one."""
        page = _page(told.page_url, ()) if told.page_url else NOWHERE
        site = sites.of(told.site, page.hostname)
        if site is None:
            return Place(None, page, page.campaign, UNTOLD, Drop.UNKNOWN_SITE)
        if site.allowed_params and told.page_url:
            page = _page(told.page_url, site.allowed_params)
        campaign = _campaign(told, page)
        own_hosts = (*site.domains, page.hostname)
        origin = self._sources.read(told.referrer or None, campaign, own_hosts)
        return Place(site, page, campaign, origin, _shut_out(site, page))

    def _take(self, draft: Draft, outcome: Outcome) -> None:
        told = draft.sighting
        given = told.event_id = told.event_id or self._new_id()
        outcome.event_ids.append(given)
        reason = draft.refusal or self.drop_duplicate(draft, given)
        if reason is not None:
            about = ("" if reason is Drop.UNKNOWN_SITE else draft.site.id, reason)
            outcome.lost[about] = outcome.lost.get(about, 0) + 1
            outcome.tell(reason)
            return
        event = as_event(draft)
        outcome.events.append(event)
        if draft.aside is not None:
            outcome.tell(Drop(draft.aside))
            return
        visited = self._visits.touch(event)
        if visited is Step.NO_VISIT:
            # A late event may yet give it a visit: that is judged when the day is sealed.
            outcome.tell(Drop.NO_VISIT)
            return
        outcome.processed += 1
        outcome.starts_visit |= visited is Step.STARTS

    def put_visitor(self, draft: Draft) -> None:
        """Who it was, on which device and where; a bot is set aside, and can be taken back in."""
        told, site = draft.sighting, draft.site
        day = local_day(draft.time_ms, site.timezone)
        who = self._who(site, day.date, draft.address, draft.user_agent)
        draft.agent, draft.visitor = who.agent, who.visitor
        if who.agent.is_bot:
            draft.aside = Aside.BOT
        if draft.country is None:
            draft.country = who.country
        if told.session_id:
            draft.session = _session(site.id, told.session_id)
        if told.user_id:
            draft.visitor = identified(self._secret, site.id, told.user_id)
        elif draft.time_ms - day.start_ms <= GAP_MS:
            before = self._salts.if_known(site, day.date - timedelta(days=1))
            if before is not None:
                draft.prior = anonymous(before, draft.address, draft.user_agent)

    def _who(self, site: Site, day: date, address: str, user_agent: str) -> Who:
        """The visitor behind an address and agent on that day; most were here a moment ago.

        The salt is asked for each time, so that a visitor is forgotten when the salt is.
        """
        salt = self._salts.of(site, day)
        key = (salt, address, user_agent)
        who = self._remembered.get(key)
        if who is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            agent, country = self._agents.read(user_agent), self._countries.of(address)
            who = Who(anonymous(salt, address, user_agent), agent, country)
            self._remembered[key] = who
        return who

    def forget(self) -> None:
        """Know nobody any more: the salts of their days are deleted."""
        self._remembered.clear()

    def drop_duplicate(self, draft: Draft, given: str) -> Drop | None:
        """Sending again is harmless."""
        draft.event_id = fingerprint(draft.site.id, given)
        return None if self._seen.add(draft.event_id) else Drop.DUPLICATE


def host_of(told: Sighting) -> str | None:
    """The host of the page it happened on."""
    return _page(told.page_url, ()).hostname if told.page_url else None


def put_site(draft: Draft) -> Drop | None:
    """The place's site, within the key's; unless the place is shut out."""
    place, key = draft.place, draft.caller.key
    if place.site is None or (key is not None and key.site not in {None, place.site.id}):
        return Drop.UNKNOWN_SITE
    draft.site = place.site
    return place.refusal


def _shut_out(site: Site, page: Page) -> Drop | None:
    """Events of pages elsewhere are somebody else's, or forged; others the owner shut out."""
    if page.hostname and not site.allows_host(page.hostname):
        return Drop.HOST_NOT_ALLOWED
    return Drop.EXCLUDED_PAGE if site.excludes_page(page.path) else None


def drop_too_old(draft: Draft) -> Drop | None:
    """The past can be told only by an import."""
    old = draft.time_ms < draft.caller.received_ms - TOO_OLD_MS
    return Drop.TOO_OLD if old and not _may(draft, Scope.IMPORT) else None


def drop_too_new(draft: Draft) -> Drop | None:
    """The future by nobody, but for a clock that is a little fast."""
    return Drop.TOO_NEW if draft.time_ms > draft.caller.received_ms + TOO_NEW_MS else None


def drop_opted_out(draft: Draft) -> Drop | None:
    """Who asks not to be counted, where the site honours that."""
    site, caller = draft.site, draft.caller
    asked = (site.honour_gpc and caller.gpc) or (site.honour_dnt and caller.dnt)
    return Drop.OPTED_OUT if asked else None


def put_sender(draft: Draft) -> None:
    """The address, agent and country: the request's own, or those told by who may."""
    told, caller = draft.sighting, draft.caller
    draft.address, draft.user_agent, draft.country = (
        caller.address,
        caller.user_agent,
        caller.country,
    )
    if caller.key is not None and (_may(draft, Scope.SERVER) or _may(draft, Scope.IMPORT)):
        draft.address = told.ip or draft.address
        draft.user_agent = told.user_agent or draft.user_agent
        draft.country = told.country.upper() if told.country else draft.country


def drop_excluded_address(draft: Draft) -> Drop | None:
    """Addresses that the owner shut out, like their own office."""
    return Drop.EXCLUDED_IP if draft.site.excludes_address(draft.address) else None


def time_of(told: float | datetime | None, caller: Caller) -> int:
    """The moment in ms by our clock; without one it is now. One far off the calendar is no time
    at all.
    """
    if told is None:
        return caller.received_ms
    if isinstance(told, datetime):
        if told.tzinfo is None:
            told = told.replace(tzinfo=UTC)
        told = told.timestamp() * 1000
    if not 0 <= told < YEAR_10000_MS:
        raise Invalid("timestamp", "is not a time in ms since 1970")
    return max(int(told) - caller.skew_ms, 0)


def check_revenue(told: Sighting) -> None:
    """An amount that people pay: finite, and no longer than money is."""
    if told.revenue is None:
        return
    amount = told.revenue.amount
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -6 or abs(amount) >= 10**15:
        raise Invalid("revenue", "amount must be a number with up to 15 digits and 6 decimals")


def check_screen(told: Sighting) -> None:
    """A width and a height."""
    if told.screen is not None and not is_screen(told.screen):
        raise Invalid("screen", "must be like 1920x1080")


def as_event(draft: Draft) -> Event:
    """The event as it is kept."""
    told, place, agent = draft.sighting, draft.place, draft.agent
    page, origin, campaign, revenue = place.page, place.origin, place.campaign, told.revenue
    return Event(
        draft.event_id,
        draft.time_ms,
        draft.site.id,
        clean(told.event_type),
        draft.visitor,
        draft.prior,
        draft.session,
        page.hostname or None,
        page.path or None,
        clean(told.title)[:TITLE_LENGTH] if told.title else None,
        origin.source,
        origin.channel,
        origin.referrer,
        campaign.source,
        campaign.medium,
        campaign.name,
        campaign.content,
        campaign.term,
        draft.country,
        None,
        None,
        agent.browser,
        agent.browser_version,
        agent.os,
        agent.os_version,
        Device.BOT if agent.is_bot else agent.device,
        told.screen or None,
        told.language or draft.caller.language,
        told.kept_props(),
        None if revenue is None else format(revenue.amount, "f"),
        None if revenue is None else revenue.currency,
        told.engaged_ms,
        None if told.scroll_depth is None else min(told.scroll_depth, 100),
        draft.aside,
    )


def _may(draft: Draft, scope: Scope) -> bool:
    key = draft.caller.key
    return key is not None and key.allows(scope, draft.site.id)


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
