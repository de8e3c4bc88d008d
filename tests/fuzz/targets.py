"""What is fuzzed: each target takes bytes of a stranger and says what must hold whatever they are.

A `LiveInsightError` is an answer (400, 403, 413, …); anything else that is raised would be a 500.
"""

import json
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

from builders import NOON_MS
from front_house import House
from liveinsight.adapters import patterns
from liveinsight.adapters.local.groups import Group, pack, unpack
from liveinsight.domain import behaviour, filter, query, range  # noqa: A004 - as their pages name them
from liveinsight.domain.errors import LiveInsightError
from liveinsight.domain.page import page_of
from liveinsight.domain.site import Site, SiteBook
from liveinsight.http.api.sites import SiteForm, SitesDoor
from liveinsight.http.exchange import Request
from liveinsight.http.wire import read_json

PEER = "203.0.113.7"
AGENT = b"Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"


class Unkept:
    """Sites that nobody keeps."""

    def sites(self) -> SiteBook:
        return SiteBook()

    def put_site(self, site: Site) -> None:
        msgspec.json.decode(msgspec.json.encode(site), type=Site)


class Targets:
    """The doors, over real parts; memory that grows is emptied now and then."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="liveinsight-fuzz-"))
        sites = (
            Site(id="shop", domains=("shop.example",), honour_gpc=True, honour_dnt=True),
            Site(id="blog", timezone="Asia/Seoul", excluded_ips=("198.51.100.0/24",)),
        )
        self.house = House(folder, *sites, trusted=("203.0.113.0/24",), country_header=b"x-country")
        self.house.folder = folder
        self.all = {
            name.removeprefix("try_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("try_")
        }

    def try_events(self, body: bytes) -> None:
        """The body of `POST /api/events`."""
        self._collected(body, {b"content-type": b"application/json"})

    def try_gzip(self, body: bytes) -> None:
        """The same, packed."""
        self._collected(body, {b"content-encoding": b"gzip"})

    def try_headers(self, body: bytes) -> None:
        """Headers: `name: value` lines with any bytes in them."""
        headers = {b"content-type": b"text/plain"}
        for line in body.split(b"\n"):
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        self._collected(b'{"page_url":"https://shop.example/"}', headers)

    def try_pixel(self, body: bytes) -> None:
        """The parameters of the pixel, and what the live door makes of its own."""
        for path, door in (
            ("/api/pixel.gif", self.house.collect.pixel),
            ("/api/realtime", self.house.live.realtime),
        ):
            query = body.decode("latin-1")
            request = Request("GET", path, query, {b"user-agent": AGENT}, b"", PEER)
            _ended(door(request))

    def try_query(self, body: bytes) -> None:
        """Questions: query, funnel, journeys, retention, filters, ranges."""
        raw = _parsed(body)
        for read in (
            query.parse,
            behaviour.parse_funnel,
            behaviour.parse_journeys,
            behaviour.parse_retention,
            filter.parse,
            range.parse,
            range.parse_compare,
        ):
            try:
                told = read(raw)
            except LiveInsightError:
                continue
            if isinstance(told, query.Query):
                range.settle(told.range, now_ms=NOON_MS, zone_name="Asia/Seoul", first_ms=0)
                patterns.check(filter.patterns_of(told.filters))

    def try_site(self, body: bytes) -> None:
        """Settings of a site, from who may change them."""
        form = read_json(Request("POST", "/api/sites", "", {}, body, PEER), SiteForm)
        SitesDoor(Unkept(), self.house.keys, self.house.clock, check_patterns=patterns.check)._put(
            Site(id=form.id), form
        )

    def try_address(self, body: bytes) -> None:
        """An address of a page or referrer."""
        text = body.decode("utf-8", "replace")
        told = page_of(text, ("q", "page"))
        assert len(told.path) <= max(2048, len(text))
        self._collected(
            json.dumps({"page_url": text, "referrer": text}).encode(),
            {b"content-type": b"application/json"},
        )

    def _collected(self, body: bytes, headers: dict[bytes, bytes]) -> None:
        headers = {b"user-agent": AGENT} | headers
        request = Request("POST", "/api/events", "", headers, body, PEER)
        outcome = self.house.collect.judge(request)
        self.house.collect.take([outcome])
        assert len(outcome.event_ids) == outcome.processed + sum(outcome.dropped.values())
        kept = unpack(pack(Group(outcome.events))).events
        assert [event.row() for event in kept] == [event.row() for event in outcome.events]
        msgspec.json.encode(outcome.event_ids)

    def tidy(self) -> None:
        """Forget what came in, so that memory tells nothing but leaks."""
        self.house.window.clear()
        self.house.hot.events.clear()


def tried(target, body: bytes) -> None:
    """Any answer is good; only what is no answer comes out."""
    with suppress(LiveInsightError):
        target(body)


def _parsed(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise LiveInsightError from None


def _ended(answering) -> None:
    try:
        answering.send(None)
    except StopIteration:
        return
    finally:
        answering.close()
