"""Inspect a page as a browser would: is the tracker's script in it, and would it be let through.

Nothing is fetched here: who asks brings the page's text and headers, and fetches the script.
"""

from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

# Attributes that only our tag has.
MARKS = frozenset({"data-site", "data-api", "data-params", "data-local"})
NAMES = ("/js/li.js", "/js/li.plus.js")


class Script(Struct, frozen=True):
    """A script tag that is the tracker's, or looks like it."""

    url: str
    site: str | None
    api: str


class _Scripts(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.found: list[Script] = []
        self.policies: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        source = told.get("src")
        if tag == "base" and told.get("href"):
            self.base = urljoin(self.base, told["href"])
        elif tag == "meta" and (told.get("http-equiv") or "").lower() == "content-security-policy":
            self.policies.append(told.get("content") or "")
        elif tag == "script" and source:
            url = urljoin(self.base, source)
            if MARKS & told.keys() or urlsplit(url).path.endswith(NAMES):
                api = urljoin(url, told.get("data-api") or "../api/events")
                self.found.append(Script(url, told.get("data-site"), api))


def trackers_in(html: str, base: str) -> tuple[list[Script], list[str]]:
    """The tracker's tags of the page at `base`, and the policies that it states itself."""
    reader = _Scripts(base)
    reader.feed(html)
    reader.close()
    return reader.found, reader.policies


def hindered(policies: Iterable[str], script: Script, page: str) -> Mapping[str, str]:
    """What of the tracker these Content Security Policies forbid on that page, by directive."""
    wanted = {"script-src": script.url, "connect-src": script.api}
    return {
        directive: url
        for policy in policies
        for directive, url in wanted.items()
        if not _allows(policy, directive, url, page)
    }


def _allows(policy: str, directive: str, url: str, page: str) -> bool:
    """Whether any source of the directive, else of `default-src`, covers the address.

    Nonces and hashes can't be judged from outside: they are believed to fit.
    """
    rules: dict[str, list[str]] = {}
    for name, *sources in filter(None, map(str.split, policy.split(";"))):
        rules.setdefault(name.lower(), sources)
    told = rules.get(directive, rules.get("default-src"))
    return told is None or any(_covers(source, url, page) for source in told)


def _covers(source: str, url: str, page: str) -> bool:
    parts = urlsplit(url)
    if source.startswith(("'nonce-", "'sha", "'strict-dynamic")):
        return True
    if source == "'self'":
        return _origin(url) == _origin(page)
    if source == "*":
        return True
    if source.endswith(":"):
        return parts.scheme == source[:-1]
    allowed = urlsplit(source if "//" in source else f"//{source}")
    if allowed.scheme and allowed.scheme not in {parts.scheme, parts.scheme.removesuffix("s")}:
        return False
    host, told = parts.hostname or "", allowed.hostname or ""
    fits = host.endswith(told[1:]) if told.startswith("*.") else host == told
    path = allowed.path
    under = path in {"", "/"} or (
        parts.path.startswith(path) if path.endswith("/") else parts.path == path
    )
    return fits and under


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
