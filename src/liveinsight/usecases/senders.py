"""Who is behind what is told: recognised once for all that they tell of a part of a day."""

from collections.abc import Callable
from datetime import date, timedelta

from msgspec import Struct

from liveinsight.domain.agent import Agent
from liveinsight.domain.drop import Drop
from liveinsight.domain.event import Client
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.lately import Lately
from liveinsight.domain.location import Location
from liveinsight.domain.period import DAY_MS, MINUTE_MS, local_day
from liveinsight.domain.sighting import Caller, Guest, Sighting, check_screen
from liveinsight.domain.site import Site
from liveinsight.domain.visit import GAP_MS
from liveinsight.domain.visitor import anonymous, fingerprints_of
from liveinsight.ports import Agents, Locations, Salts

TOO_OLD_MS = DAY_MS
TOO_NEW_MS = 5 * MINUTE_MS
# Visitors of late that are told at once; each is a few hundred bytes.
REMEMBERED = 16_384

# Of whom somebody tells who may: their address, agent and country.
Other = tuple[str | None, str | None, str | None]
NO_OTHER: Other = (None, None, None)


class Who(Struct, frozen=True, gc=False):
    """A visitor of a day, and what is recognised of them."""

    visitor: int
    agent: Agent
    where: Location


class Sender(Struct):
    """Who is behind what is told to a site of a part of its day: the one who sends, or `other` of
    whom they tell. Nearly all that is told of somebody is told of one screen and language: with
    these they are `client`.
    """

    site: Site
    other: Other
    from_ms: int
    until_ms: int
    visitor: int
    prior: int | None
    agent: Agent
    where: Location
    speaks: str | None  # where no language is told
    fingerprint: Callable[[str], int]
    client: Client
    screen: str | None = None
    language: str | None = None

    def tells(self, site: Site, time_ms: int, other: Other) -> bool:
        """Whether it is they again; mostly, of events that come together."""
        return site is self.site and self.from_ms <= time_ms < self.until_ms and other == self.other


class Senders:
    """Senders, over the ports that know of them."""

    def __init__(self, salts: Salts, agents: Agents, locations: Locations) -> None:
        self._salts = salts
        self._agents = agents
        self._locations = locations
        # By who sends for themselves, as mostly.
        self._of: Lately[Guest, Sender] = Lately(REMEMBERED)
        self._known: Lately[tuple[bytes, str, str], Who] = Lately(REMEMBERED)
        self._clients: Lately[tuple[Agent, Location, str | None, str | None], Client] = Lately(
            REMEMBERED
        )
        self._saltless_ms: dict[tuple[str, date], int] = {}  # when it was looked for last

    def find(
        self, time_ms: int, site: Site, caller: Caller, other: Other, before: Sender | Drop | None
    ) -> Sender | Drop:
        """Who is behind an event of that time, or why the site does not want to know. Mostly it is
        who was behind the one `before` it, or the last of the same guest.
        """
        if time_ms != caller.received_ms:
            refusal = _refusal(time_ms, site, caller)
            if refusal is not None:
                return refusal
        if isinstance(before, Sender) and before.tells(site, time_ms, other):
            return before
        if other is NO_OTHER:
            known = self._of.get(caller.guest)
            if known is not None and known.tells(site, time_ms, other):
                return known
        return self._look(time_ms, site, caller, other)

    def _look(self, time_ms: int, site: Site, caller: Caller, other: Other) -> Sender | Drop:
        guest = caller.guest
        if (site.honour_gpc and guest.gpc) or (site.honour_dnt and guest.dnt):
            return Drop.OPTED_OUT
        address, user_agent = other[0] or guest.address, other[1] or guest.user_agent
        if site.excludes_address(address):
            return Drop.EXCLUDED_IP
        day = local_day(time_ms, site.timezone)
        who = self._who(site, day.date, address, user_agent)
        from_ms, until_ms, prior = day.start_ms + GAP_MS + 1, day.end_ms, None
        is_early = time_ms < from_ms
        if is_early:
            from_ms, until_ms = day.start_ms, from_ms
            salt = self._salt_before(site, day.date, caller.received_ms)
            prior = None if salt is None else anonymous(salt, address, user_agent)
        where = who.where.within(other[2] or guest.country)
        sender = Sender(
            site,
            other,
            from_ms,
            until_ms,
            who.visitor,
            prior,
            who.agent,
            where,
            guest.language,
            fingerprints_of(site.id),
            self._client(who.agent, where, None, guest.language),
        )
        # Early on a day the salt of the day before may still be made.
        if other is NO_OTHER and not is_early:
            self._of.keep(guest, sender)
        return sender

    def client(self, sender: Sender, screen: str | None, language: str | None) -> Client:
        """With what and from where a sender comes who tells of another screen or language than
        before.
        """
        check_screen(screen)
        spoken = language or sender.speaks
        sender.client = self._client(sender.agent, sender.where, screen, spoken)
        sender.screen, sender.language = screen, language
        return sender.client

    def _client(
        self, agent: Agent, where: Location, screen: str | None, language: str | None
    ) -> Client:
        told = agent, where, screen, language
        return self._clients.get(told) or self._clients.keep(told, client_of(*told))

    def _who(self, site: Site, day: date, address: str, user_agent: str) -> Who:
        """The visitor behind an address and agent on that day; many were here a moment ago."""
        salt = self._salts.of(site, day)
        if self._saltless_ms:
            self._saltless_ms.pop((site.id, day), None)
        key = (salt, address, user_agent)
        who = self._known.get(key)
        if who is None:
            agent, where = self._agents.read(user_agent), self._locations.of(address)
            who = self._known.keep(key, Who(anonymous(salt, address, user_agent), agent, where))
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
        self._of.clear()
        self._known.clear()
        self._saltless_ms.clear()


def _refusal(time_ms: int, site: Site, caller: Caller) -> Drop | None:
    """The past can be told only by an import; the future by nobody, but for a clock that is a little
    fast.
    """
    if time_ms > caller.received_ms + TOO_NEW_MS:
        return Drop.TOO_NEW
    is_import = caller.key is not None and caller.key.allows(Scope.IMPORT, site.id)
    is_old = not is_import and time_ms < caller.received_ms - TOO_OLD_MS
    return Drop.TOO_OLD if is_old else None


def client_of(agent: Agent, where: Location, screen: str | None, language: str | None) -> Client:
    """With what and from where somebody comes, as events tell it."""
    return Client(
        where.country,
        where.region,
        where.city,
        agent.browser,
        agent.browser_version,
        agent.os,
        agent.os_version,
        agent.device,
        screen or None,
        language,
    )


def other_of(told: Sighting, site: Site, key: Key) -> Other:
    """Of whom it is told, by one who may: then the event is theirs, not the sender's."""
    if not (key.allows(Scope.SERVER, site.id) or key.allows(Scope.IMPORT, site.id)):
        return NO_OTHER
    return told.ip, told.user_agent, told.country.upper() if told.country else None
