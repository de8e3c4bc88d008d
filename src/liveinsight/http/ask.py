"""The doors at which the past is asked: `/api/query` and its kin, `/api/stats`, SQL, exports."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from liveinsight.domain import behaviour
from liveinsight.domain import query as queries
from liveinsight.domain import range as ranges
from liveinsight.domain.aside import Aside, AsideReport, PropKeys, PropKeysReport
from liveinsight.domain.errors import Forbidden, NotFound, Unauthorized, Unavailable
from liveinsight.domain.key import Scope
from liveinsight.domain.question import Goals, GoalsReport, Question
from liveinsight.domain.report import Report
from liveinsight.domain.rows import Export, Format, SqlReport, checked_sql, export_range
from liveinsight.domain.site import NO_SITE, Site
from liveinsight.domain.stats import StatsReport, checked
from liveinsight.http.auth import NOT_READABLE, Keys, check_reader
from liveinsight.http.exchange import (
    JSON_TYPE,
    NO_STORE,
    NOSNIFF,
    Answer,
    Gone,
    Request,
    Response,
    Stream,
)
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.wire import named, read_json
from liveinsight.ports import Asker, Clock, Control

ERRORS = (400, 401, 403, 404, 413, 415, 503)
SITE = Param("site", "Site id or domain; may be left out where there is only one")
MEDIA: dict[Format, bytes] = {
    "parquet": b"application/vnd.apache.parquet",
    "csv": b"text/csv; charset=utf-8",
}


class QueryTold(msgspec.Struct, frozen=True):
    """The body of `POST /api/query`; docs/query.md tells what each can be."""

    site: str
    range: str | dict[str, str | int]
    metrics: list[str]
    dimensions: list[str] = []
    filters: list[Any] = []
    compare: str | dict[str, str | int] | None = None
    goal: str | dict[str, Any] | None = None
    order_by: list[tuple[str, str]] = []
    limit: int = queries.DEFAULT_LIMIT
    offset: int = 0


class FunnelTold(msgspec.Struct, frozen=True):
    """The body of `POST /api/funnel`."""

    site: str
    range: str | dict[str, str | int]
    steps: list[dict[str, Any]]
    filters: list[Any] = []
    within: behaviour.Within = behaviour.Within.VISIT


class JourneysTold(msgspec.Struct, frozen=True):
    """The body of `POST /api/journeys`."""

    site: str
    range: str | dict[str, str | int]
    filters: list[Any] = []
    depth: int = 3
    start: str | None = None
    limit: int = 20


class RetentionTold(msgspec.Struct, frozen=True):
    """The body of `POST /api/retention`."""

    site: str
    range: str | dict[str, str | int]
    filters: list[Any] = []
    interval: str = "week"


class SqlTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /api/sql`."""

    site: str
    sql: str
    limit: int = 1000


class GoalsTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /api/goals/report`."""

    site: str
    range: str | dict[str, str | int] = "30d"


class AsideTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /api/aside`."""

    site: str
    range: str | dict[str, str | int] = "7d"


class PropsTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /api/props`."""

    site: str
    range: str | dict[str, str | int] = "7d"
    event: str | None = None


class AskDoor:
    """Answers who may read the site."""

    def __init__(
        self,
        asker: Asker,
        control: Control,
        keys: Keys,
        clock: Clock,
        *,
        cache: bytes = b"private, max-age=30",
    ) -> None:
        self._asker = asker
        self._cache = cache
        self._control = control
        self._keys = keys
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return (
            self._posted("query", "Ask for metrics by dimensions", QueryTold, Report),
            self._posted("funnel", "Steps in order", FunnelTold, behaviour.FunnelReport),
            self._posted("journeys", "First pages", JourneysTold, behaviour.JourneysReport),
            self._posted("retention", "Who comes back", RetentionTold, behaviour.RetentionReport),
            self._posted("goals/report", "How the goals do", GoalsTold, GoalsReport),
            self._posted("aside", "What was not counted, by reason", AsideTold, AsideReport),
            self._posted("props", "Which properties events carry", PropsTold, PropKeysReport),
            Route(
                method="POST",
                path="/api/sql",
                handler=self.sql,
                about="One SELECT over the events and visits of a site; needs a key",
                access=Access.READER,
                body=SqlTold,
                answers=SqlReport,
                errors=ERRORS,
            ),
            Route(
                method="GET",
                path="/api/stats",
                handler=self.stats,
                about="Visitors by hour or day, top pages and a summary",
                access=Access.READER,
                params=(
                    SITE,
                    Param("period", "hour or day"),
                    Param("limit", "How many: 1-168 hours or 1-366 days", int),
                ),
                answers=StatsReport,
                errors=ERRORS,
            ),
            self._exported("parquet"),
            self._exported("csv"),
        )

    def _posted(self, name: str, about: str, body: type, answers: type) -> Route:
        read = READERS[name]

        async def handler(request: Request) -> Answer:
            question = read(read_json(request, object))
            site = self._site(request, question.site)
            if isinstance(question, Aside) and self._reads_all(request):
                question = msgspec.structs.replace(question, elsewhere=True)
            return await self._answered(request, question, site)

        return Route(
            method="POST",
            path=f"/api/{name}",
            handler=handler,
            about=about,
            access=Access.READER,
            body=body,
            answers=answers,
            errors=ERRORS,
        )

    def _exported(self, kind: Format) -> Route:
        async def handler(request: Request) -> Answer:
            return await self._export(request, kind)

        return Route(
            method="GET",
            path=f"/api/export/events.{kind}",
            handler=handler,
            about=f"All events of a site as {kind}; needs a key",
            access=Access.READER,
            params=(
                SITE,
                Param("from", "The first day, or a time; from the beginning where it is missing"),
                Param("to", "The last day, or the time before which; until now where missing"),
            ),
            media=(MEDIA[kind].decode().partition(";")[0],),
            errors=ERRORS,
        )

    async def stats(self, request: Request) -> Answer:
        """`GET /api/stats`."""
        params = request.params
        site = self._site(request, params.get("site"))
        asked = checked(params.get("period", "hour"), params.get("limit", "24"))
        return await self._answered(request, asked, site, cache=self._cache)

    async def sql(self, request: Request) -> Answer:
        """`POST /api/sql`: rows, visitor ids among them, are for the owner and not the public."""
        told = read_json(request, SqlTold)
        site = self._owned(request, told.site)
        return await self._answered(request, checked_sql(site.id, told.sql, told.limit), site)

    async def _export(self, request: Request, kind: Format) -> Answer:
        params = request.params
        site = self._owned(request, params.get("site"))
        asked = export_range(params.get("from"), params.get("to"))
        now_ms = self._clock.now_ms()
        span = ranges.settle(asked, now_ms=now_ms, zone_name=site.timezone, first_ms=0)
        name = f'attachment; filename="{site.id}-events.{kind}"'.encode()
        headers = ((b"content-type", MEDIA[kind]), (b"content-disposition", name), NO_STORE)
        return Stream(200, (*headers, NOSNIFF), self._asker.export(Export(kind, span), site))

    async def _answered(
        self, request: Request, question: Question, site: Site, cache: bytes = b"no-store"
    ) -> Answer:
        """The reply, which comes as JSON already; nothing goes on when the asker is gone."""
        work = asyncio.ensure_future(self._asker.ask(question, site))
        body = await _unless_gone(work, request)
        headers = ((b"content-type", JSON_TYPE), (b"cache-control", cache), NOSNIFF)
        return Response(200, headers, b'{"status":"success","data":' + body + b"}")

    def _reads_all(self, request: Request) -> bool:
        """Whether who asks may read all sites, and so what is of none."""
        key = self._keys.of(request, self._clock.now_ms())
        return key is not None and key.allows(Scope.READ, NO_SITE)

    def _owned(self, request: Request, name: str | None) -> Site:
        key = self._keys.of(request, self._clock.now_ms())
        if key is None:
            raise Unauthorized("This needs a key (X-API-Key or Authorization: Bearer).")
        if key.is_share:
            raise Forbidden("A share link shows figures, and no rows.")
        return self._site(request, name, even_if_public=True)

    def _site(self, request: Request, name: str | None, *, even_if_public: bool = False) -> Site:
        key = self._keys.of(request, self._clock.now_ms())
        site = self._control.sites().of(name, None)
        if site is None:
            if key is None:
                raise Unauthorized(NOT_READABLE)
            raise NotFound("There is no such site." if name else "Say which site: site=…")
        private = msgspec.structs.replace(site, public=False) if even_if_public else site
        check_reader(key, private)
        return site


Reader = Callable[[object], Any]
T = TypeVar("T")


def _read_goals(raw: object) -> Goals:
    told = _told(raw, GoalsTold)
    return Goals(told.site, ranges.parse(told.range))


def _read_aside(raw: object) -> Aside:
    told = _told(raw, AsideTold)
    return Aside(told.site, ranges.parse(told.range))


def _read_props(raw: object) -> PropKeys:
    told = _told(raw, PropsTold)
    return PropKeys(told.site, ranges.parse(told.range), told.event)


def _told(raw: object, form: type[T]) -> T:
    """What was sent, in its form, or an error that names the field."""
    try:
        return msgspec.convert(raw, form)
    except msgspec.ValidationError as error:
        raise named(str(error)) from None


READERS: dict[str, Reader] = {
    "query": queries.parse,
    "funnel": behaviour.parse_funnel,
    "journeys": behaviour.parse_journeys,
    "retention": behaviour.parse_retention,
    "goals/report": _read_goals,
    "aside": _read_aside,
    "props": _read_props,
}


async def _unless_gone(work: "asyncio.Future[bytes]", request: Request) -> bytes:
    """What the work gives; it is stopped when the client hangs up meanwhile."""
    if request.gone is None:
        return await work
    gone = asyncio.create_task(_waited(request.gone))
    try:
        await asyncio.wait([work, gone], return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return await work
    finally:
        gone.cancel()
        work.cancel()
    raise Unavailable("Who asked is gone.", retry_after_s=1)


async def _waited(gone: Gone) -> bytes:
    await gone()
    return b""
