"""Where events happen and whence their visitors come: judged once for all who come that way."""

from sys import intern

from msgspec import Struct

from liveinsight.domain.drop import Drop
from liveinsight.domain.event import Aside, Place
from liveinsight.domain.key import Key
from liveinsight.domain.lately import Lately
from liveinsight.domain.page import Page, clean, page_of
from liveinsight.domain.sighting import TITLE_LENGTH, Sighting, check_page
from liveinsight.domain.site import Site
from liveinsight.domain.source import Campaign, Origin
from liveinsight.ports import Control, Sources

# Places and pages of late that are told at once. A place is a few hundred bytes, as those of longer
# addresses and titles than a page's commonly are are not remembered.
REMEMBERED = 16_384
REMEMBERED_LENGTH = 400
NOWHERE = Page("", "", Campaign())

Way = tuple[str | None, ...]  # all of a sighting that its place depends on
Shown = tuple[str | None, str | None, str | None]  # host, page and title


class Spot(Struct, frozen=True):
    """A place, and what is thought of events there. Without a `site` it is nobody's."""

    site: Site | None
    place: Place
    refusal: Drop | None = None
    aside: Aside | None = None

    def refuses(self, key: Key) -> Drop | None:
        """Whether it is not taken from who holds the key."""
        if self.site is not None and key.site not in {None, self.site.id}:
            return Drop.UNKNOWN_SITE
        return self.refusal


NOBODYS = Spot(None, Place("", "", *(None,) * 4, "", *(None,) * 6), Drop.UNKNOWN_SITE)


class Places:
    """Places, over the ports that know of them."""

    def __init__(self, control: Control, sources: Sources) -> None:
        self._control = control
        self._sources = sources
        self._sites = control.sites()
        self._known: Lately[Way, Spot] = Lately(REMEMBERED)

    def known(self) -> dict[Way, Spot]:
        """Those of late, until a site's settings change."""
        sites = self._control.sites()
        if sites is not self._sites:
            self._sites = sites
            self._known.clear()
        return self._known

    def look(self, told: Sighting, way: Way) -> Spot:
        """A place that is not known, if it is one."""
        check_page(told)
        spot = self._found(told, told.site)
        if sum(map(len, filter(None, way))) <= REMEMBERED_LENGTH:
            # Many ways have a title, a referrer or a site in common: it is kept once.
            self._known.keep(tuple(text and intern(text) for text in way), spot)
        return spot

    def of(self, told: Sighting, key: Key) -> Spot:
        """The place of an event that tells of no site: who holds the key of one tells of that."""
        return self._found(told, key.site)

    def _found(self, told: Sighting, name: str | None) -> Spot:
        """Its site is the named one, else its host's, else the only one."""
        page = page_of(told.page_url) if told.page_url else NOWHERE
        site = self._sites.of(name, page.hostname)
        if site is None:
            return NOBODYS
        if site.allowed_params and told.page_url:
            page = page_of(told.page_url, site.allowed_params)
        campaign = _campaign(told, page)
        own_hosts = (*site.domains, page.hostname)
        origin = self._sources.read(told.referrer or None, campaign, own_hosts)
        title = clean(told.title)[:TITLE_LENGTH] if told.title else None
        shown = page.hostname or None, page.path or None, title
        place = place_of(site, clean(told.event_type), shown, origin, campaign)
        aside = Aside.SPAM_REFERRER if origin.is_spam else None
        return Spot(site, place, _refusal(site, page), aside)


def place_of(site: Site, kind: str, shown: Shown, origin: Origin, campaign: Campaign) -> Place:
    """Where something happened and whence its visitor came, as events tell it."""
    return Place(
        site.id,
        kind,
        *shown,
        origin.source,
        str(origin.channel),
        origin.referrer,
        campaign.source,
        campaign.medium,
        campaign.name,
        campaign.content,
        campaign.term,
    )


def host_of(told: Sighting) -> str | None:
    """The host of the page it happened on."""
    return page_of(told.page_url).hostname if told.page_url else None


def _refusal(site: Site, page: Page) -> Drop | None:
    """Events of pages elsewhere are somebody else's, or forged; others the owner shut out."""
    if page.hostname and not site.allows_host(page.hostname):
        return Drop.HOST_NOT_ALLOWED
    return Drop.EXCLUDED_PAGE if site.excludes_page(page.path) else None


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
