"""GoatCounter: `/count`, which tells all in its query, by GET or by a POST without a body."""

from urllib.parse import urlsplit

import msgspec

from liveinsight.domain import hearsay
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import PAGE_VIEW
from liveinsight.domain.sighting import URL_LENGTH
from liveinsight.domain.site import SiteBook
from liveinsight.http.exchange import NO_STORE, Request, Response, plain
from liveinsight.http.trackers import hearing
from liveinsight.http.trackers.hearing import Heard
from liveinsight.http.wire import GIF, GIF_TYPE
from liveinsight.usecases.collect import Outcome

YES = frozenset({"true", "1", "t", "on", "yes"})
# What the script found out about the browser: PhantomJS, Nightmare, Selenium, a web driver.
BOTS = frozenset({"150", "151", "152", "153"})
READABLE = (b"cross-origin-resource-policy", b"cross-origin")


def prepared(request: Request) -> Request:
    """A bot that the script found is one, whatever its agent says: it is set aside as such."""
    if request.params.get("b") not in BOTS:
        return request
    headers = request.headers | {b"user-agent": b"bot/1 (found by GoatCounter's script)"}
    return msgspec.structs.replace(request, headers=headers)


def read(request: Request, sites: SiteBook) -> Heard:
    """A page view or an event. The host is that of the page which asks."""
    told = request.params
    path = hearsay.text(told.get("p"), URL_LENGTH)
    if path is None:
        raise Invalid("p", "is required")
    if told.get("b", "0") not in BOTS | {"0", ""}:
        raise Invalid("b", "must be 0, or 150 to 153")
    if request.header(b"sec-purpose").startswith("prefetch"):
        return Heard([], _answer)
    asked, host = request.header(b"host").partition(":")[0], _host_of_page(request)
    site = (sites.of_host(host) if host else None) or sites.called(asked)
    site = site or (None if host else sites.by_name(asked)) or sites.of_host(None)
    name = site.id if site else None
    if told.get("e", "").lower() in YES:
        kind = hearsay.custom(path.removeprefix("/") or "/")
        # Where it happened is not told; only that it is the site's.
        url = None if name else hearing.page("/", host)
    else:
        query, mark = told.get("q", "").removeprefix("?"), "&" if "?" in path else "?"
        kind, page = PAGE_VIEW, f"{path}{mark}{query}" if query else path
        url = hearing.page(page, host or hearing.home(sites, name) or asked)
    sighting = hearing.seen(
        sites,
        name,
        kind,
        url,
        title=hearsay.text(told.get("t")),
        referrer=hearsay.text(told.get("r"), URL_LENGTH),
        screen=hearsay.screen("x".join(told.get("s", "").split(",")[:2])),
    )
    return Heard([sighting], _answer)


def refuse(wrong: Invalid) -> Response:
    """A picture, with the reason beside it."""
    reason = f"{wrong.field} {wrong.error}".encode("latin-1", "replace")
    return plain(400, GIF, GIF_TYPE, NO_STORE, READABLE, (b"x-goatcounter", reason))


def _answer(outcome: Outcome) -> Response:
    del outcome  # of a page nobody reads it
    return plain(200, GIF, GIF_TYPE, NO_STORE, READABLE)


def _host_of_page(request: Request) -> str | None:
    for header in (b"referer", b"origin"):
        try:
            if host := urlsplit(request.header(header)).hostname:
                return host
        except ValueError:
            continue
    return None
