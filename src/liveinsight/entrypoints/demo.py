"""Live traffic for the demo: visitors who come, read and leave, through the same door as anyone's.

It is told to be made up wherever it is shown: its site is called `demo`.
"""

import asyncio
import random
from datetime import UTC, datetime

import msgspec

from liveinsight.adapters.clock import SystemClock
from liveinsight.domain.site import Site
from liveinsight.http.auth import CLI
from liveinsight.http.exchange import Request
from liveinsight.http.tokens import SignedTokens
from liveinsight.usecases.imagine import LANGUAGES, Cast, visits_a_minute
from liveinsight.wiring.local import LocalHome

SITE = "demo"
HOST = "https://demo.example"
PAGES = (
    ("/", "Home", 30),
    ("/pricing", "Pricing", 14),
    ("/blog/real-time-on-one-machine", "Real time on one machine", 12),
    ("/docs/start", "Start here", 11),
    ("/blog/numbers-you-can-trust", "Numbers you can trust", 8),
    ("/docs/api", "API", 7),
    ("/about", "About", 4),
    ("/changelog", "Changelog", 3),
)
REFERRERS = (
    (None, 36),
    ("https://www.google.com/", 28),
    ("https://search.naver.com/search.naver", 12),
    ("https://news.ycombinator.com/item", 7),
    ("https://chatgpt.com/", 6),
    ("https://t.co/x", 4),
    ("https://www.youtube.com/watch", 4),
    ("https://blog.friend.example/links", 3),
)
COUNTRIES = (("KR", 34), ("US", 22), ("DE", 9), ("JP", 8), ("GB", 6), ("FR", 5), ("IN", 6), ("BR", 4), ("AU", 3), ("ZA", 2))  # fmt: skip
AGENTS = (
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36", 34),
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Mobile Safari/537.36", 30),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1", 20),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:148.0) Gecko/20100101 Firefox/148.0", 9),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 2),
)  # fmt: skip


CAST = Cast(
    host="demo.example",
    pages=PAGES,
    referrers=REFERRERS,
    countries=COUNTRIES,
    agents=AGENTS,
)
# The last half hour is played at once when the demo begins, so that the live page is not empty.
ALREADY_MS = 29 * 60_000


def start(home: LocalHome) -> None:
    """Make the site if it is not there, and let visitors come until the server stops."""
    if home.control.sites().by_name(SITE) is None:
        home.control.put_site(Site(id=SITE, domains=("demo.example",), public=True))
    home.run_beside(Crowd(home).come())


class Crowd:
    """Visitors, each a task of its own while it reads."""

    def __init__(self, home: LocalHome, seed: int | None = None) -> None:
        self._home = home
        self._draw = random.Random(seed)  # noqa: S311 - it makes up visitors, not secrets
        self._tokens = SignedTokens(home.control.secret(CLI))
        self._visits: set[asyncio.Task[None]] = set()

    async def come(self) -> None:
        """One after another, by chance as people do."""
        at_ms = self._home.clock.now_ms() - ALREADY_MS
        while True:
            hour = datetime.fromtimestamp(at_ms / 1000, UTC).hour
            at_ms += round(60_000 * self._draw.expovariate(visits_a_minute(CAST, hour)))
            await self._until(at_ms)
            self._enter(at_ms)

    async def _until(self, at_ms: int) -> None:
        """Wait for the moment, if it is still to come."""
        await asyncio.sleep(max(0, at_ms - self._home.clock.now_ms()) / 1000)

    def _enter(self, at_ms: int) -> None:
        visit = asyncio.create_task(self._visit(at_ms))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _visit(self, at_ms: int) -> None:
        draw = self._draw
        about: dict[str, object] = {
            "ip": f"198.51.{draw.randrange(100)}.{draw.randrange(256)}",
            "user_agent": self._one_of(AGENTS),
            "country": (country := self._one_of(COUNTRIES)),
            "language": LANGUAGES.get(country or "", "en-US"),
        }
        referrer = self._one_of(REFERRERS)
        while True:
            path, title = self._page()
            seen: dict[str, object] = {"page_url": HOST + path, "title": title, **about}
            came = {**seen, "referrer": referrer} if referrer else seen
            await self._send({**came, "timestamp": at_ms})
            reading_ms = int(draw.lognormvariate(3.2, 0.9) * 1000)
            at_ms += reading_ms
            await self._until(at_ms)
            seen["timestamp"] = at_ms
            read = {"engaged_ms": reading_ms, "scroll_depth": draw.randrange(20, 101)}
            await self._send({**seen, "event_type": "engagement", **read})
            if path == "/pricing" and draw.random() < 0.2:
                await self._send({**seen, "event_type": "Signup", **self._plan()})
            if draw.random() < 0.4:
                return
            referrer = None

    def _plan(self) -> dict[str, object]:
        plan = self._draw.choice(("free", "free", "pro"))
        paid = {"revenue": {"amount": "19.00", "currency": "EUR"}} if plan == "pro" else {}
        return {"props": {"plan": plan}, **paid}

    def _page(self) -> tuple[str, str]:
        path, title, _ = self._draw.choices(PAGES, [weight for *_, weight in PAGES])[0]
        return path, title

    def _one_of(self, choices: tuple[tuple[str | None, int], ...]) -> str | None:
        return self._draw.choices(choices, [weight for _, weight in choices])[0][0]

    async def _send(self, event: dict[str, object]) -> None:
        token = self._tokens.make(CLI, SystemClock().now_ms())
        body = msgspec.json.encode({"site": SITE, **event})
        headers = {b"content-type": b"application/json", b"x-api-key": token.encode()}
        await self._home.collect.events(Request("POST", "/api/events", "", headers, body))
