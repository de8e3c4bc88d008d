"""Sites: what is measured, and which of them an event belongs to."""

import re
from collections.abc import Iterable, Iterator
from copy import copy
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.goal import Goal, SavedFunnel
from liveinsight.domain.note import Note
from liveinsight.domain.period import zone

ALIAS_LENGTH = 100
NO_SITE = ""  # under it is counted what is of none, as nobody knows of which
DEFAULT_SITE = "default"  # that of a first start, which takes events of any host
ID_PATTERN = re.compile(r"[a-z0-9-]{1,40}")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
DOMAIN_PATTERN = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)*{_LABEL}")


class Site(Struct, frozen=True, kw_only=True):
    """A site's settings. No domains: events of any host are taken."""

    id: str
    domains: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  # what other trackers' clients call it
    timezone: str = "UTC"
    public: bool = False
    honour_gpc: bool = False
    honour_dnt: bool = False
    csrf_required: bool = False
    allowed_params: tuple[str, ...] = ()
    excluded_ips: tuple[str, ...] = ()
    excluded_pages: tuple[str, ...] = ()
    goals: tuple[Goal, ...] = ()
    funnels: tuple[SavedFunnel, ...] = ()
    notes: tuple[Note, ...] = ()
    retention_days: int = 0  # 0: as the installation's setting says

    def allows_host(self, hostname: str) -> bool:
        """Whether events of pages there are this site's: its domains and what lies under them."""
        return not self.domains or any(
            hostname == domain or hostname.endswith("." + domain) for domain in self.domains
        )

    def excludes_address(self, address: str) -> bool:
        """Whether the owner shut events from this address out."""
        if not self.excluded_ips or not address:
            return False
        try:
            ip = ip_address(address)
        except ValueError:  # told by a server that knows no better
            return False
        mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
        ranges = [network(text) for text in self.excluded_ips]
        return any(ip in found or (mapped is not None and mapped in found) for found in ranges)

    def excludes_page(self, path: str) -> bool:
        """Whether the page is shut out, by its path or by `prefix/*`."""
        return bool(self.excluded_pages) and any(
            path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
            for pattern in self.excluded_pages
        )


@lru_cache(maxsize=1024)
def network(text: str) -> IPv4Network | IPv6Network:
    """An address or CIDR range."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise Invalid("address", f"{text!r} is no address or CIDR range") from None


def host_name(told: str) -> str:
    """A host as addresses write it: in lower case, and other scripts in letters of ASCII."""
    name = told.lower()
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:  # whoever checks it refuses it
        return name


def checked(site: Site) -> Site:
    """The site if its settings can be, else the first that can't."""
    if not ID_PATTERN.fullmatch(site.id):
        raise Invalid("site", f"{site.id!r} must be 1 to 40 of a-z, 0-9 and -")
    for domain in site.domains:
        if not DOMAIN_PATTERN.fullmatch(domain):
            raise Invalid("domain", f"{domain!r} is no host name; give it like shop.example")
    for alias in site.aliases:
        if not 0 < len(alias) <= ALIAS_LENGTH:
            raise Invalid("alias", f"{alias[:ALIAS_LENGTH]!r} must have 1 to 100 characters")
    zone(site.timezone)
    for text in site.excluded_ips:
        network(text)
    return site


class SiteBook:
    """All sites at one moment, with the one rule that says whose an event is."""

    def __init__(self, sites: Iterable[Site] = ()) -> None:
        self._by_id = {site.id: site for site in sites}
        self.meant: Site | None = None
        self.demand_csrf = any(site.csrf_required for site in self._by_id.values())
        self._by_alias = {alias: site for site in self._by_id.values() for alias in site.aliases}
        self._by_domain = {domain: site for site in self._by_id.values() for domain in site.domains}

    def __iter__(self) -> Iterator[Site]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def meaning(self, site_id: str | None) -> "SiteBook":
        """The same, where one is meant if neither name nor host tells it."""
        book = copy(self)
        book.meant = self._by_id.get(site_id or "")
        return book

    def of(self, name: str | None, hostname: str | None) -> Site | None:
        """Whose an event is: the named site's, else its host's."""
        return self.by_name(name) if name else self.of_host(hostname)

    def with_id(self, site_id: str) -> Site | None:
        """The site of that very id."""
        return self._by_id.get(site_id)

    def called(self, name: str) -> Site | None:
        """The site of that very id or alias."""
        return self._by_id.get(name) or self._by_alias.get(name)

    def by_name(self, name: str) -> Site | None:
        """The site of that id, alias or domain."""
        return self.called(name) or self._under_domain(name.lower())

    def of_host(self, hostname: str | None) -> Site | None:
        """Without a name the host decides, else the only site there is."""
        if hostname and (found := self._under_domain(hostname)):
            return found
        if len(self._by_id) == 1:
            return next(iter(self._by_id.values()))
        return None if hostname else self.meant

    def _under_domain(self, hostname: str) -> Site | None:
        """The longest domain wins: blog.shop.example before shop.example."""
        while hostname:
            if site := self._by_domain.get(hostname):
                return site
            hostname = hostname.partition(".")[2]
        return None
