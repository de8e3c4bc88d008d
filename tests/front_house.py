"""The doors of collecting and watching over real parts in a temporary folder, at a fixed time.

Only the hot store is another one: it keeps in memory, where a test can look.
"""

import asyncio
import gzip
import json

from builders import NOON_MS
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.control import SqliteControl, SqliteSalts
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.seen import RecentIds
from liveinsight.adapters.local.snapshot import Snapshots
from liveinsight.adapters.local.window import Window
from liveinsight.adapters.recognise.agents import UaParserAgents
from liveinsight.adapters.recognise.locations import MaxmindLocations
from liveinsight.adapters.recognise.sources import KnownSources
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.site import Site, network
from liveinsight.http.addresses import Addresses
from liveinsight.http.auth import Keys, key_hash
from liveinsight.http.collect import CollectDoor
from liveinsight.http.exchange import Request, Response
from liveinsight.http.health import HealthDoor
from liveinsight.http.limits import RateLimit
from liveinsight.http.live import LiveDoor
from liveinsight.http.openapi import OpenApiDoor
from liveinsight.http.routes import Front
from liveinsight.http.trackers.door import TrackersDoor
from liveinsight.usecases.collect import Collect
from liveinsight.usecases.watch import Watch
from liveinsight.wiring.local import new_ids
from memory import MemoryHot

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/147.0.0.0 Safari/537.36"
)
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PEER = "203.0.113.7"
# These take a while to load, and keep nothing of a test.
AGENTS, LOCATIONS, SOURCES = UaParserAgents(), MaxmindLocations(), KnownSources()


class House:
    """Everything behind one front, and ways to ask it."""

    def __init__(self, path, *sites, limit=0, trusted=(), origins=(), country_header=None):
        self.clock = FixedClock(NOON_MS)
        self.folder = Folder(path)
        self.control = SqliteControl(self.folder)
        for site in sites or (Site(id="shop", domains=("shop.example",)),):
            self.control.put_site(site)
        self.salts = SqliteSalts(self.folder, self.clock)
        self.window = Window(self.clock)
        self.hot = MemoryHot()
        self.keys = Keys(self.control, look_again=self.control.refresh)
        self.limit = RateLimit(limit)
        self.checks = {"journal": "ok", "live": "ok"}
        collect = Collect(
            control=self.control,
            salts=self.salts,
            seen=RecentIds(self.clock, room=1024),
            visits=self.window,
            agents=AGENTS,
            locations=LOCATIONS,
            sources=SOURCES,
            new_id=new_ids(),
        )
        self.collect = CollectDoor(
            collect=collect,
            hot=self.hot,
            control=self.control,
            keys=self.keys,
            addresses=Addresses(tuple(network(text) for text in trusted)),
            limit=self.limit,
            clock=self.clock,
            country_header=country_header,
        )
        self.watch = Watch(Snapshots(self.window), self.clock)
        self.live = LiveDoor(self.watch, self.control, self.keys, self.clock)
        openapi = OpenApiDoor()
        routes = (
            *self.collect.routes(),
            *TrackersDoor(self.collect, self.control).routes(),
            *self.live.routes(),
            *HealthDoor(lambda: self.checks, list, self.keys, self.clock).routes(),
            *openapi.routes(),
        )
        openapi.tell_of(routes)
        self.front = Front(routes, origins)

    def close(self):
        self.salts.close()
        self.control.close()

    def key(self, *scopes, site=None):
        """A new key's text."""
        text = f"li_{len(self.control.keys())}"
        told = Key(id=text, hash=key_hash(text), scopes=frozenset(map(Scope, scopes)), site=site)
        self.control.put_key(told)
        return text

    def request(self, method, path, body=b"", peer=PEER, **headers):
        """A request; header names are written with underscores."""
        path, _, query = path.partition("?")
        told = {b"user-agent": FIREFOX.encode(), b"host": b"stats.example"}
        if body:
            told[b"content-type"] = b"application/json"
        for name, text in headers.items():
            raw = name.replace("_", "-").encode()
            told[raw] = text if isinstance(text, bytes) else text.encode("latin-1")
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Request(method, path, query, told, raw, peer)

    def ask(self, method, path, body=b"", peer=PEER, **headers):
        """The whole answer."""
        answer = asyncio.run(self.front(self.request(method, path, body, peer, **headers)))
        assert isinstance(answer, Response)
        return answer

    def post(self, body, path="/api/events", **headers):
        """The status of an answer and what it says."""
        answer = self.ask("POST", path, body, **headers)
        told = json.loads(answer.body)
        return int(answer.status), told.get("data", told)

    def dropped(self, body, **headers):
        """What an accepted request says of its drops."""
        status, data = self.post(body, **headers)
        assert status == 200, data
        return data["dropped"]


def a_view(**about):
    """A page view as a tracker tells it."""
    return {"page_url": "https://shop.example/shoes"} | about


def zipped(body):
    return gzip.compress(json.dumps(body).encode())
