"""The install doctor: what the requests themselves show of how a site is installed.

It remembers small facts of this process's life and keeps no address: who came is told apart by a
hash under a salt that is never written, and forgotten with the day.
"""

from collections import Counter, deque
from collections.abc import Iterable
from enum import StrEnum
from hashlib import blake2b
from ipaddress import ip_address

from msgspec import Struct

from liveinsight.domain.period import DAY_MS
from liveinsight.domain.sighting import BELIEVED_MS, Caller
from liveinsight.domain.site import Site
from liveinsight.ports import Agents, Clock

MOST_HOSTS = 50
MOST_VISITORS = 20_000  # told apart, of a site and day; more change no finding
SKEWS = 200
# So many are needed before anything is concluded from them.
ENOUGH = 20
FEW_AGENTS = 3
MANY_BLOCKED_PERCENT = 20


class Finding(StrEnum):
    """What is wrong, or may be."""

    NO_SCRIPT_YET = "no_script_yet"
    HOST_NOT_ALLOWED = "host_not_allowed"
    ONE_PROXY = "one_proxy"
    UNTRUSTED_PROXY = "untrusted_proxy"
    SERVER_CLOCK_OFF = "server_clock_off"
    MANY_BLOCKED = "many_blocked"
    COUNTED_TWICE = "counted_twice"


class HostSeen(Struct, frozen=True):
    """A host whose pages have the script."""

    host: str
    batches: int
    allowed: bool


class ScriptSeen(Struct, frozen=True):
    """The tracker's script; `batches` are its requests."""

    seen: bool
    last_ms: int | None
    batches: int
    hosts: list[HostSeen]


class AddressesSeen(Struct, frozen=True):
    """Whether visitors can be told apart by their addresses, today."""

    distinct: int
    agents: int
    looks_like_one_proxy: bool
    untrusted_forwarding: int
    private: int


class ClockSeen(Struct, frozen=True):
    """How far browsers' clocks are ahead of the server's; all of them can't be wrong."""

    median_skew_ms: int | None
    samples: int


class MiddlewareSeen(Struct, frozen=True):
    """The site's server, and the share of today's visitors whose browser never ran the script."""

    seen: bool
    last_ms: int | None
    visitors: int
    blocked: int | None
    blocked_percent: float | None


class Diagnosis(Struct, frozen=True):
    """All that is known of a site's installation since the server started."""

    site: str
    since_ms: int
    script: ScriptSeen
    addresses: AddressesSeen
    clock: ClockSeen
    middleware: MiddlewareSeen
    findings: list[Finding]


class Facts:
    """What is remembered of one site."""

    def __init__(self) -> None:
        self.batches = 0
        self.script_ms: int | None = None
        self.middleware_ms: int | None = None
        self.hosts: Counter[str] = Counter()
        self.skews: deque[int] = deque(maxlen=SKEWS)
        self.forwarded = 0
        self.private = 0
        self.counted_by_server = False
        self.day = 0
        self.forget()

    def forget(self) -> None:
        """A new day: whoever came before is forgotten."""
        self.addresses: set[bytes] = set()
        self.agents: set[bytes] = set()
        self.with_script: set[bytes] = set()
        self.with_page: set[bytes] = set()


class Doctor:
    """The usecase. `salt` is random and of this process alone."""

    def __init__(self, agents: Agents, clock: Clock, salt: bytes) -> None:
        self._agents = agents
        self._clock = clock
        self._salt = salt
        self._since_ms = clock.now_ms()
        self._sites: dict[str, Facts] = {}

    def saw_script(
        self, site: str, host: str | None, caller: Caller, skew_ms: int, *, forwarded: bool
    ) -> None:
        """A batch of the script came; `forwarded`: by a proxy that is not trusted."""
        facts = self._facts(site, caller.received_ms)
        facts.batches += 1
        facts.script_ms = caller.received_ms
        if host and (host in facts.hosts or len(facts.hosts) < MOST_HOSTS):
            facts.hosts[host] += 1
        facts.skews.append(skew_ms)
        facts.forwarded += forwarded
        facts.private += _is_private(caller.guest.address)
        _remember(facts.addresses, self._hash(caller.guest.address))
        _remember(facts.agents, self._hash(caller.guest.user_agent))
        _remember(facts.with_script, self._hash(caller.guest.address, caller.guest.user_agent))

    def saw_pages(
        self, site: str, views: Iterable[tuple[str, str]], received_ms: int, *, counted: bool
    ) -> None:
        """The site's server showed pages to these addresses and agents; maybe it `counted` them."""
        facts = self._facts(site, received_ms)
        facts.middleware_ms = received_ms
        facts.counted_by_server |= counted
        for address, user_agent in views:
            if not self._agents.read(user_agent).is_bot:
                _remember(facts.with_page, self._hash(_spelt(address), user_agent))

    def __call__(self, site: Site) -> Diagnosis:
        """What is known now."""
        now_ms = self._clock.now_ms()
        facts = self._facts(site.id, now_ms)
        hosts = [
            HostSeen(host, batches, site.allows_host(host))
            for host, batches in facts.hosts.most_common()
        ]
        addresses = _addresses(facts)
        clock = ClockSeen(_middle(facts.skews), len(facts.skews))
        middleware = _middleware(facts, hidden=addresses.looks_like_one_proxy)
        script = ScriptSeen(facts.script_ms is not None, facts.script_ms, facts.batches, hosts)
        return Diagnosis(
            site.id,
            self._since_ms,
            script,
            addresses,
            clock,
            middleware,
            _findings(script, addresses, clock, middleware, facts),
        )

    def _facts(self, site: str, now_ms: int) -> Facts:
        facts = self._sites.setdefault(site, Facts())
        if (day := now_ms // DAY_MS) != facts.day:
            facts.day = day
            facts.forget()
        return facts

    def _hash(self, *parts: str) -> bytes:
        told = "\0".join(parts).encode("utf-8", "replace")
        return blake2b(told, digest_size=8, key=self._salt).digest()


def _remember(known: set[bytes], visitor: bytes) -> None:
    if len(known) < MOST_VISITORS:
        known.add(visitor)


def _middle(skews: Iterable[int]) -> int | None:
    ordered = sorted(skews)
    return ordered[len(ordered) // 2] if ordered else None


def _spelt(address: str) -> str:
    """The one spelling of an address, as those of requests are spelt."""
    try:
        return str(ip_address(address))
    except ValueError:
        return address


def _is_private(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


def _addresses(facts: Facts) -> AddressesSeen:
    distinct, agents = len(facts.addresses), len(facts.agents)
    one = facts.batches >= ENOUGH and distinct == 1 and agents >= FEW_AGENTS
    return AddressesSeen(distinct, agents, one, facts.forwarded, facts.private)


def _middleware(facts: Facts, *, hidden: bool) -> MiddlewareSeen:
    """Without addresses of their own visitors can't be held against each other."""
    visitors = len(facts.with_page)
    known = visitors > 0 and facts.script_ms is not None and not hidden
    blocked = len(facts.with_page - facts.with_script) if known else None
    percent = None if blocked is None else round(100 * blocked / visitors, 1)
    seen = facts.middleware_ms is not None
    return MiddlewareSeen(seen, facts.middleware_ms, visitors, blocked, percent)


def _findings(
    script: ScriptSeen,
    addresses: AddressesSeen,
    clock: ClockSeen,
    middleware: MiddlewareSeen,
    facts: Facts,
) -> list[Finding]:
    skew_ms = clock.median_skew_ms or 0
    percent = middleware.blocked_percent or 0.0
    holds = {
        Finding.NO_SCRIPT_YET: not script.seen,
        Finding.HOST_NOT_ALLOWED: any(not host.allowed for host in script.hosts),
        Finding.ONE_PROXY: addresses.looks_like_one_proxy,
        Finding.UNTRUSTED_PROXY: addresses.untrusted_forwarding > 0,
        Finding.SERVER_CLOCK_OFF: clock.samples >= ENOUGH and abs(skew_ms) > BELIEVED_MS,
        Finding.MANY_BLOCKED: middleware.visitors >= ENOUGH and percent >= MANY_BLOCKED_PERCENT,
        Finding.COUNTED_TWICE: script.seen and facts.counted_by_server,
    }
    return [finding for finding, does in holds.items() if does]
