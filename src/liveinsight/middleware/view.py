"""What a request to the site tells: is it a person looking at a page, at which, from where."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

# What the collector reads from an address; no other parameter leaves the site unless allowed.
TAGS = frozenset(
    {
        *("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "ref", "source"),
        *("gclid", "gbraid", "wbraid", "msclkid", "fbclid", "twclid", "ttclid", "li_fat_id"),
    }
)
# Browsers that fetch a page ahead say so; nobody looks at it yet.
AHEAD = frozenset({"prefetch", "preview", "prerender"})
MOST_URL = 2048

Header = Callable[[str], str]
"""A request header by its lower-case name, empty where it is missing."""


@dataclass(frozen=True, slots=True)
class View:
    """A request as the collector wants to know it."""

    page_url: str
    referrer: str = ""
    user_agent: str = ""
    ip: str = ""
    language: str = ""
    # The visitor's wish not to be counted: whether it is honoured is the site's setting.
    gpc: bool = False
    dnt: bool = False

    def about(self) -> dict[str, str]:
        """The event's fields that have a value."""
        told = {
            "page_url": self.page_url,
            "referrer": self.referrer,
            "user_agent": self.user_agent,
            "ip": self.ip,
            "language": self.language,
        }
        return {name: value for name, value in told.items() if value}


def view_of(
    header: Header,
    *,
    origin: str,
    path: str,
    query: str,
    peer: str,
    proxies: int = 0,
    params: frozenset[str] = frozenset(),
) -> View:
    """Read a request. `proxies` is how many trusted ones stand before the site: the address is
    what the outermost of them saw.
    """
    return View(
        page_url=_address(origin, path, query, params),
        referrer=header("referer").partition("?")[0][:MOST_URL],
        user_agent=header("user-agent")[:512],
        ip=_client(header("x-forwarded-for"), peer, proxies),
        language=_language(header("accept-language")),
        gpc=header("sec-gpc") == "1",
        dnt=header("dnt") == "1",
    )


def is_page(header: Header, *, method: str, status: int, content_type: str) -> bool:
    """Whether somebody was shown a page: no data, no error, nothing fetched ahead."""
    if method != "GET" or not 200 <= status < 300 or not content_type.startswith("text/html"):
        return False
    purpose = (header("sec-purpose") or header("purpose") or header("x-purpose")).lower()
    # Parts of pages that scripts fetch are no pages.
    destination = header("sec-fetch-dest")
    return purpose.partition(";")[0] not in AHEAD and destination in {"", "document", "iframe"}


def _address(origin: str, path: str, query: str, params: frozenset[str]) -> str:
    url = f"{origin}{path}"
    if query:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=1000)
        kept = [(name, value) for name, value in pairs if name in TAGS or name in params]
        if kept:
            url += f"?{urlencode(kept)}"
    return url[:MOST_URL]


def _client(forwarded: str, peer: str, proxies: int) -> str:
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if not proxies or not hops:
        return peer
    return hops[-min(proxies, len(hops))][:45]


def _language(accepted: str) -> str:
    first = accepted.partition(",")[0].partition(";")[0].strip()[:35]
    return first if first.replace("-", "").isalnum() else ""
