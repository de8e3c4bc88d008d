"""The doors of other trackers' clients, at the paths that these know."""

from collections.abc import Callable
from functools import partial

from msgspec import Struct

from liveinsight.domain.errors import Invalid
from liveinsight.domain.key import Key
from liveinsight.http.collect import CollectDoor, Seen
from liveinsight.http.exchange import NO_STORE, Request, Response
from liveinsight.http.routes import Route
from liveinsight.http.trackers import ga4, goatcounter, matomo, plausible, segment, umami
from liveinsight.http.trackers.hearing import Heard, Read
from liveinsight.ports import Control


class Spoken(Struct, frozen=True, kw_only=True):
    """What is done with a request at one of the paths."""

    read: Read
    refuse: Callable[[Invalid], Response]
    prepared: Callable[[Request], Request] = lambda request: request


PLAUSIBLE = Spoken(read=plausible.read, refuse=plausible.refuse)
UMAMI = Spoken(read=umami.read, refuse=umami.refuse, prepared=umami.prepared)
UMAMI_BATCH = Spoken(read=umami.read_batch, refuse=umami.refuse, prepared=umami.prepared)
GOATCOUNTER = Spoken(
    read=goatcounter.read, refuse=goatcounter.refuse, prepared=goatcounter.prepared
)
MATOMO = Spoken(read=matomo.read, refuse=matomo.refuse, prepared=matomo.prepared)
GA4 = Spoken(read=ga4.read, refuse=ga4.refuse)
SEGMENT = Spoken(read=segment.read, refuse=segment.refuse, prepared=segment.prepared)

PATHS = (
    ("POST", "/api/event", PLAUSIBLE, "Plausible's events", "text/plain"),
    ("POST", "/api/send", UMAMI, "Umami's events", "application/json"),
    ("POST", "/api/batch", UMAMI_BATCH, "Umami's events, several at once", "application/json"),
    ("GET", "/count", GOATCOUNTER, "GoatCounter's page views and events", "image/gif"),
    ("POST", "/count", GOATCOUNTER, "The same, by a beacon", "image/gif"),
    *(
        (method, path, MATOMO, "Matomo's actions", "image/gif")
        for path in ("/matomo.php", "/piwik.php")
        for method in ("GET", "POST")
    ),
    ("POST", "/mp/collect", GA4, "Events of Google's Measurement Protocol", "application/json"),
    *(
        ("POST", f"/v1/{path}", SEGMENT, f"Segment's {path}", "application/json")
        for path in segment.PATHS
    ),
)


class TrackersDoor:
    """Hears them in their own words, and collects as from anybody."""

    def __init__(self, collect: CollectDoor, control: Control) -> None:
        self._collect = collect
        self._control = control

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return tuple(
            Route(
                method=method,
                path=path,
                handler=partial(self._hear, spoken),
                about=about,
                media=(media,),
                errors=(400, 401, 403, 413, 503),
            )
            for method, path, spoken, about, media in PATHS
        )

    async def _hear(self, spoken: Spoken, request: Request) -> Response:
        if request.method == "HEAD":  # asks what there would be, and tells nothing
            return Response(200, (NO_STORE,))
        heard: Heard | None = None

        def read(request: Request, key: Key | None) -> Seen:
            nonlocal heard
            sites = self._control.sites()
            if key is not None and key.site is not None:
                sites = sites.meaning(key.site)
            heard = spoken.read(request, sites)
            return Seen(heard.sightings, heard.sent_ms)

        try:
            request = spoken.prepared(request)
            outcome = await self._collect.collected(request, read)
        except Invalid as wrong:
            return spoken.refuse(wrong)
        assert heard is not None, "else it is invalid"
        return heard.answer(outcome)
