"""The live view: `GET /api/realtime` as JSON, as a fragment of HTML, and pushed as a stream.

All who watch the same share one broadcast: it counts when something changed, encodes once, and
each stream takes the newest when it is ready for it. A slow reader skips what it missed, since
every message tells all; one that takes nothing for half a minute is let go.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from html import escape

import msgspec

from liveinsight.domain.errors import Invalid, NotFound, Unavailable
from liveinsight.domain.filter import Filter, parse
from liveinsight.domain.live import Live
from liveinsight.domain.site import Site
from liveinsight.http.auth import Keys, check_reader
from liveinsight.http.exchange import (
    JSON_TYPE,
    NO_STORE,
    NOSNIFF,
    Answer,
    Request,
    Response,
    Stream,
    success,
)
from liveinsight.http.routes import Access, Param, Route
from liveinsight.ports import Clock, Control
from liveinsight.usecases.watch import Watch

log = logging.getLogger(__name__)

# At most 4 messages a second; without events the figures still fall as visitors leave.
LOOK_EVERY_S = 0.25
RECOUNT_EVERY_S = 5.0
SPEAK_EVERY_S = 15.0
# Counting a large window may take no more than a tenth of the process's time.
COUNTING_SHARE = 10
MOST_STREAMS = 5000
VARY = (b"vary", b"accept")

_json = msgspec.json.Encoder().encode


class LiveDoor:
    """Answers who may read the site."""

    def __init__(
        self,
        watch: Watch,
        control: Control,
        keys: Keys,
        clock: Clock,
        *,
        cache: tuple[bytes, bytes] = NO_STORE,
    ) -> None:
        self._watch = watch
        self._cache = cache
        self._control = control
        self._keys = keys
        self._clock = clock
        self._broadcasts: dict[tuple[str, Filter], Broadcast] = {}
        self._closing = False

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return (
            Route(
                method="GET",
                path="/api/realtime",
                handler=self.realtime,
                about="Who is here now: JSON, an HTML fragment, or a stream of server-sent events",
                access=Access.READER,
                params=(
                    Param("site", "Site id or domain; may be left out where there is only one"),
                    Param("filters", "A filter as in a query, as JSON"),
                ),
                answers=Live,
                media=("application/json", "text/html", "text/event-stream"),
                errors=(400, 401, 403, 404, 503),
            ),
        )

    @property
    def streams(self) -> int:
        """How many watch now."""
        return sum(broadcast.listeners for broadcast in self._broadcasts.values())

    async def realtime(self, request: Request) -> Answer:
        """`GET /api/realtime`."""
        site = self._site(request)
        tree = self._filter(request)
        accepted = request.header(b"accept")
        if "text/event-stream" in accepted:
            return self._stream(site.id, tree)
        live = self._watch(site.id, tree)
        if "text/html" in accepted:
            headers = ((b"content-type", b"text/html; charset=utf-8"), self._cache, NOSNIFF, VARY)
            return Response(200, headers, fragment(live).encode())
        return success(live, ((b"content-type", JSON_TYPE), self._cache, NOSNIFF, VARY))

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._closing = True
        for broadcast in self._broadcasts.values():
            broadcast.close()

    def _site(self, request: Request) -> Site:
        key = self._keys.of(request, self._clock.now_ms())
        sites = self._control.sites()
        name = request.params.get("site")
        site = sites.of(name, None)
        if site is None:
            if key is None:
                check_reader(None, Site(id=""))
            raise NotFound("There is no such site." if name else "Say which site: ?site=…")
        check_reader(key, site)
        return site

    def _filter(self, request: Request) -> Filter:
        raw = request.params.get("filters")
        try:
            tree = parse(msgspec.json.decode(raw) if raw else None)
        except msgspec.DecodeError:
            raise Invalid("filters", "is not JSON") from None
        except RecursionError:
            raise Invalid("filters", "is nested too deeply") from None
        self._watch.check(tree)
        return tree

    def _stream(self, site: str, tree: Filter) -> Stream:
        if self._closing or self.streams >= MOST_STREAMS:
            raise Unavailable("Too many streams are open.", retry_after_s=10)
        # Proxies must not gather what should arrive at once.
        headers = (
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store, no-transform"),
            (b"x-accel-buffering", b"no"),
            NOSNIFF,
            VARY,
        )
        return Stream(200, headers, self._messages(site, tree))

    async def _messages(self, site: str, tree: Filter) -> AsyncIterator[bytes]:
        if self._closing:
            return
        # Found only now: between the answer's beginning and its first message the last of the
        # others may have left, and their broadcast with them.
        broadcast = self._broadcasts.get((site, tree))
        if broadcast is None:
            broadcast = self._broadcasts[site, tree] = Broadcast(self._watch, site, tree)
        messages = broadcast.messages()
        try:
            async for message in messages:
                yield message
        finally:
            await messages.aclose()
            if not broadcast.listeners:
                self._broadcasts.pop((site, tree), None)


class Broadcast:
    """One site and filter, told to all who watch it."""

    def __init__(self, watch: Watch, site: str, tree: Filter) -> None:
        self._watch = watch
        self._site = site
        self._filter = tree
        self._message = b""
        self._number = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self.listeners = 0

    async def messages(self) -> AsyncGenerator[bytes, None]:
        """Each message that is newest when the reader is ready."""
        self.listeners += 1
        seen, loop = -1, asyncio.get_running_loop()
        try:
            if self._task is None:
                version = self._watch.version(self._site)
                live = self._watch(self._site, self._filter)
                self._speak(live)
                # It goes on from here: what happens before it runs is a change too.
                self._task = asyncio.create_task(self._follow(version, live))
            while not self._closed:
                if seen == self._number:
                    fresh = loop.create_future()
                    self._waiting.append(fresh)
                    await fresh
                    continue
                seen = self._number
                yield self._message
        finally:
            self.listeners -= 1
            if not self.listeners and self._task is not None:
                self._task.cancel()
                self._task = None

    def close(self) -> None:
        """Let every reader end."""
        self._closed = True
        self._wake()

    async def _follow(self, version: int, live: Live) -> None:
        """Speak of each change. If counting fails all readers end, and come again."""
        try:
            await self._speak_of_changes(version, live)
        except Exception:
            log.exception("who is here cannot be counted, open streams end")
        finally:
            self.close()

    async def _speak_of_changes(self, version: int, live: Live) -> None:
        counted_s = spoken_s = time.monotonic()
        told = self._figures(live)
        pause_s = LOOK_EVERY_S
        while not self._closed:
            await asyncio.sleep(pause_s)
            now_s = time.monotonic()
            newest = self._watch.version(self._site)
            if newest == version and now_s - counted_s < RECOUNT_EVERY_S:
                continue
            version, counted_s = newest, now_s
            live = self._watch(self._site, self._filter)
            pause_s = max(LOOK_EVERY_S, COUNTING_SHARE * (time.monotonic() - now_s))
            figures = self._figures(live)
            if figures != told or now_s - spoken_s >= SPEAK_EVERY_S - RECOUNT_EVERY_S:
                told, spoken_s = figures, now_s
                self._speak(live)

    @staticmethod
    def _figures(live: Live) -> Live:
        return msgspec.structs.replace(live, timestamp=0)

    def _speak(self, live: Live) -> None:
        self._number += 1
        head = f"id: {live.timestamp}-{self._number}\nevent: live\nretry: 2000\ndata: ".encode()
        self._message = head + _json(live) + b"\n\n"
        self._wake()

    def _wake(self) -> None:
        """Each reader waits by itself: one future of all, shielded from who leaves, costs twice."""
        waiting, self._waiting = self._waiting, []
        for fresh in waiting:
            if not fresh.done():  # its reader left
                fresh.set_result(None)


def fragment(live: Live) -> str:
    """The figures as HTML to be put into a page; names are strangers' text and are escaped."""
    pages = "".join(
        f"<li><span>{escape(path)}</span> <b>{count}</b></li>"
        for path, count in live.current_pages.items()
    )
    return (
        f'<section class="liveinsight" data-timestamp="{live.timestamp}">'
        f'<p class="liveinsight-active"><b>{live.active_users}</b> online now</p>'
        f'<p class="liveinsight-events"><b>{live.events_last_5min}</b> events in 5 minutes</p>'
        f'<ol class="liveinsight-pages">{pages}</ol></section>'
    )
