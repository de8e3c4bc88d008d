"""What web servers log: the combined format of Apache and nginx, and Caddy's JSON.

A page that was sent is a page view, a file is a download. What pages load for themselves is
neither, and what was not found, moved or refused is none.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import BinaryIO

import msgspec
from msgspec import Struct

from liveinsight.adapters.histories.telling import Wrong, address, event, host_of
from liveinsight.adapters.recognise.told import MARK
from liveinsight.domain.agent import AGENT_CHARACTERS
from liveinsight.domain.event import PAGE_VIEW
from liveinsight.domain.sighting import URL_LENGTH, Sighting

# `host:port`, which Apache may write before all others, is none of the combined format.
COMBINED = re.compile(
    r"(?:(?P<host>\S+?)(?::\d+)? )?(?P<ip>[0-9a-fA-F:.]+) \S+ (?:\S+|\".*?\") "
    r"\[(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<time>\d\d:\d\d:\d\d)"
    r" (?P<zone>[+-]\d{4})\] "
    r"\"(?P<method>[A-Z]+) (?P<uri>(?:[^\s\"\\]|\\.)+)(?: [^\"]*)?\" (?P<status>\d{3}) \S+"
    r"(?: \"(?P<referrer>(?:[^\"\\]|\\.)*)\" \"(?P<agent>(?:[^\"\\]|\\.)*)\")?"
)
PORT = re.compile(r":\d+$")
LONGEST_LINE = 65_536
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
SENT = frozenset({HTTPStatus.OK, HTTPStatus.NOT_MODIFIED})
ENDING = re.compile(r"\.([a-z][a-z0-9]{0,5})$")
PAGES = frozenset({"html", "htm", "xhtml", "php", "asp", "aspx", "jsp", "cgi", "md"})
# As our script knows them.
FILES = frozenset(
    [
        "pdf",
        "xlsx",
        "docx",
        "pptx",
        "txt",
        "rtf",
        "csv",
        "exe",
        "key",
        "pps",
        "ppt",
        "xls",
        "doc",
        "zip",
        "rar",
        "gz",
        "tgz",
        "tar",
        "dmg",
        "pkg",
        "deb",
        "rpm",
        "apk",
        "iso",
        "avi",
        "mov",
        "mp4",
        "mpeg",
        "wmv",
        "mp3",
        "wav",
        "midi",
        "wma",
        "epub",
        "jar",
        "msi",
    ]
)
# What programs ask, also of sites that are made for people.
NO_PAGES = ("/api/", "/wp-json/", "/wp-admin/", "/wp-login.php", "/xmlrpc.php", "/.well-known/")
NO_FILES = frozenset({"/robots.txt", "/humans.txt", "/ads.txt", "/llms.txt"})


class Hit(Struct):
    """A request that was answered."""

    ip: str
    time_ms: int
    method: str
    uri: str
    status: int
    host: str = ""
    referrer: str = ""
    agent: str = ""
    media: str = ""


class CaddysRequest(Struct):
    """A request as Caddy tells it."""

    method: str
    uri: str
    host: str = ""
    client_ip: str = ""
    remote_ip: str = ""
    headers: dict[str, list[str]] = {}


class CaddysLine(Struct):
    """A line of Caddy's."""

    ts: float
    request: CaddysRequest
    status: int
    resp_headers: dict[str, list[str]] = {}


_decode = msgspec.json.Decoder(CaddysLine).decode


def sightings(content: BinaryIO, host: str | None) -> Iterator[Sighting | Wrong | None]:
    """All pages and files that were sent. Lines that are none are passed over, if there are others."""
    known = False
    for line in iter(lambda: content.readline(LONGEST_LINE), b""):
        hit = _caddys(line) if line.startswith(b"{") else _combined(line)
        known = known or hit is not None
        yield None if hit is None else _told(hit, host)
    if not known:
        raise ValueError("no line is one of an access log, in the combined format or Caddy's JSON")


def _combined(line: bytes) -> Hit | None:
    found = COMBINED.match(line.decode("utf-8", "replace"))
    if found is None or found["month"] not in MONTHS:
        return None
    month = MONTHS.index(found["month"]) + 1
    told = f"{found['year']}-{month:02}-{found['day']}T{found['time']}{found['zone']}"
    try:
        time = datetime.fromisoformat(told)
    except ValueError:
        return None
    return Hit(
        found["ip"],
        int(time.timestamp() * 1000),
        found["method"],
        found["uri"],
        int(found["status"]),
        found["host"] or "",
        _unescaped(found["referrer"]),
        _unescaped(found["agent"]),
    )


def _unescaped(told: str | None) -> str:
    return "" if told in {None, "-"} else str(told).replace('\\"', '"').replace(MARK, "")


def _caddys(line: bytes) -> Hit | None:
    try:
        told = _decode(line)
        time_ms = int(told.ts * 1000)
    except (msgspec.MsgspecError, ValueError, OverflowError):
        return None
    asked = told.request
    return Hit(
        asked.client_ip or asked.remote_ip,
        time_ms,
        asked.method,
        asked.uri,
        told.status,
        PORT.sub("", asked.host),
        _first(asked.headers, "Referer"),
        _first(asked.headers, "User-Agent").replace(MARK, ""),
        _first(told.resp_headers, "Content-Type"),
    )


def _first(headers: dict[str, list[str]], name: str) -> str:
    return next(iter(headers.get(name, ())), "")


def _told(hit: Hit, host: str | None) -> Sighting | Wrong | None:
    path, _, query = hit.uri.partition("?")
    found = ENDING.search(path.rpartition("/")[2].lower())
    ending = found[1] if found else ""
    is_file = ending in FILES and path not in NO_FILES
    is_page = not found or ending in PAGES
    if hit.method != "GET" or hit.status not in SENT or not (is_file or is_page):
        return None
    if path.startswith(NO_PAGES) or (is_page and hit.media and "html" not in hit.media):
        return None
    hostname = host_of(hit.host, host)
    url = address(hostname, path, query)
    is_linked = is_file and hit.referrer.startswith((f"https://{hostname}/", f"http://{hostname}/"))
    return event(
        event_type="File Download" if is_file else PAGE_VIEW,
        # A file stood on the page that it was asked from, if that is the site's own.
        page_url=(hit.referrer if is_linked else url)[:URL_LENGTH],
        referrer="" if is_linked else hit.referrer[:URL_LENGTH],
        props={"url": url[:500]} if is_file else {},
        timestamp=hit.time_ms,
        ip=hit.ip,
        user_agent=hit.agent[:AGENT_CHARACTERS],
    )
