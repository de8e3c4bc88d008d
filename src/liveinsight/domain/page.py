"""Pages: the part of an address that is counted, and the campaign that it carries."""

from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.source import HOST_PATTERN, Campaign

CLICK_IDS = ("gclid", "gbraid", "wbraid", "msclkid", "fbclid", "twclid", "ttclid", "li_fat_id")
NO_CAMPAIGN = Campaign()
QUERY_FIELDS = 200  # what comes after these is not looked at
REMEMBERED = 4096  # pages of late; longer ones than they commonly are are not
REMEMBERED_LENGTH = 400


class Page(Struct, frozen=True):
    """An address as it is counted: `hostname` and `path` are the dimensions of those names."""

    hostname: str
    path: str
    campaign: Campaign


def page_of(url: str, allowed_params: tuple[str, ...] = ()) -> Page:
    """Read an http(s) address; the query is dropped but for the site's own allow-list."""
    read = _remembered if len(url) <= REMEMBERED_LENGTH else _read
    return read(url, allowed_params)


def _read(url: str, allowed_params: tuple[str, ...]) -> Page:
    try:
        parts = urlsplit(url)
        hostname = (parts.hostname or "").removesuffix(".")
    except ValueError:
        raise Invalid("page_url", "is not an address") from None
    if parts.scheme not in {"http", "https"}:
        raise Invalid("page_url", "must begin with http:// or https://")
    if not hostname:
        raise Invalid("page_url", "has no host")
    if not HOST_PATTERN.fullmatch(hostname):
        raise Invalid("page_url", f"{clean(hostname)!r} is no host")
    query = _query(parts.query) if parts.query else {}
    return Page(hostname, _path(parts.path, query, allowed_params), _campaign(query))


_remembered = lru_cache(maxsize=REMEMBERED)(_read)


def _query(text: str) -> dict[str, str]:
    """The first value of each name."""
    fields = "&".join(text.split("&", QUERY_FIELDS)[:QUERY_FIELDS])
    return dict(reversed(parse_qsl(fields)))


def _path(path: str, query: dict[str, str], allowed_params: tuple[str, ...]) -> str:
    plain = clean(unquote(path)).rstrip("/") or "/"
    kept = [f"{name}={clean(query[name])}" for name in allowed_params if name in query]
    return f"{plain}?{'&'.join(kept)}" if kept else plain


def _campaign(query: dict[str, str]) -> Campaign:
    if not query:
        return NO_CAMPAIGN

    def text(*names: str) -> str | None:
        told = (clean(query.get(name, "")).strip()[:500] for name in names)
        return next(filter(None, told), None)

    return Campaign(
        source=text("utm_source", "ref", "source"),
        medium=text("utm_medium"),
        name=text("utm_campaign"),
        content=text("utm_content"),
        term=text("utm_term"),
        click_id=next((name for name in CLICK_IDS if name in query), None),
    )


def clean(text: str) -> str:
    """Text from strangers without what no page shows: control characters, lone surrogates."""
    if text.isprintable():
        return text
    kept = "".join(c for c in text if c >= " " and not "\x7f" <= c <= "\x9f")
    return kept.encode("utf-8", "replace").decode()
