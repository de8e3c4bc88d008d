"""The doors at which programs read figures as Plausible tells them: its Stats API, old and new."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Any

import msgspec

from liveinsight.domain import query as queries
from liveinsight.domain.dimension import OF_TIME
from liveinsight.domain.errors import Invalid, LiveInsightError, Unauthorized
from liveinsight.domain.period import local_day
from liveinsight.domain.site import Site
from liveinsight.http.auth import Keys, may_read
from liveinsight.http.exchange import JSON_HEADERS, Request, Response, encode
from liveinsight.http.problems import problem
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.trackers import plausible_question as question
from liveinsight.http.trackers.hearing import object_of
from liveinsight.http.trackers.plausible_question import Asked
from liveinsight.ports import Asker, Clock, Control

MOST_ROWS = 1000
KEYS = frozenset(
    {"site_id", "metrics", "date_range", "dimensions", "filters", "order_by", "include"}
) | {"pagination"}
UNKNOWN = "This key or site is not known."
Handler = Callable[[Request], Awaitable[object]]


class PlausibleStatsDoor:
    """Answers who may read the site, by a key as `Authorization: Bearer`."""

    def __init__(self, asker: Asker, control: Control, keys: Keys, clock: Clock) -> None:
        self._asker = asker
        self._control = control
        self._keys = keys
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        site = Param("site_id", "A site's id, alias or domain", required=True)
        period = (
            site,
            Param("period", "day, 7d, 30d, month, 6mo, 12mo or custom"),
            Param("date", "The day on which it ends; of custom, two"),
            Param("metrics", "Names, with commas between"),
            Param("filters", "Like visit:country==KR;event:page!=/admin/**"),
        )
        stats = "/api/v1/stats"
        return (
            self._route("GET", f"{stats}/realtime/visitors", self.realtime, site),
            self._route("GET", f"{stats}/aggregate", self.aggregate, *period),
            self._route("GET", f"{stats}/timeseries", self.timeseries, *period),
            self._route("GET", f"{stats}/breakdown", self.breakdown, *period),
            self._route("POST", "/api/v2/query", self.query),
            self._route("GET", "/api/v1/sites", self.sites),
        )

    def _route(self, method: str, path: str, handler: Handler, *params: Param) -> Route:
        return Route(
            method=method,
            path=path,
            handler=partial(_told, handler),
            about="Plausible's Stats API",
            access=Access.READER,
            params=params,
            errors=(400, 401),
        )

    async def realtime(self, request: Request) -> object:
        """Visitors of the last five minutes, a bare number."""
        site = self._site(request, request.params.get("site_id"))
        asked = question.asked(
            site, metrics=["visitors"], dimensions=[], filters=[], span="realtime"
        )
        return (await self._report(asked, site))["totals"][0]

    async def aggregate(self, request: Request) -> object:
        """Figures of a period, compared with the one before where that is asked for."""
        site, asked = self._of_period(request, [])
        compare = request.params.get("compare") == "previous_period"
        if compare:
            asked.raw["compare"] = "previous_period"
        report = await self._report(asked, site)
        told = asked.figures(report["totals"], report["totals"])
        results: dict[str, dict[str, Any]] = {
            name: {"value": value} for name, value in zip(asked.metrics, told, strict=True)
        }
        if compare:
            before = report["totals_comparison"]["metrics"]
            for name, now, then in zip(
                asked.metrics, told, asked.figures(before, before), strict=True
            ):
                results[name]["change"] = _change(name, now, then)
        return {"results": results}

    async def timeseries(self, request: Request) -> object:
        """Figures of each hour, day or month."""
        period = request.params.get("period", "30d")
        usual = {"day": "hour", "6mo": "month", "12mo": "month"}.get(period, "day")
        interval = request.params.get("interval", usual)
        site, asked = self._of_period(
            request, [f"time:{'day' if interval == 'date' else interval}"]
        )
        report = await self._report(asked, site)
        return {
            "results": [
                {
                    "date": question.label(row["dimensions"][0]),
                    **_by_name(asked, row, report),
                }
                for row in report["results"]
            ]
        }

    async def breakdown(self, request: Request) -> object:
        """Figures by the values of one property."""
        params = request.params
        name = params.get("property", "")
        limit = _number(params.get("limit", "100"), "limit", MOST_ROWS)
        page = _number(params.get("page", "1"), "page", MOST_ROWS)
        site, asked = self._of_period(
            request, [name], {"limit": limit, "offset": (page - 1) * limit}
        )
        report = await self._report(asked, site)
        key = name.removeprefix(question.PROPS).rpartition(":")[2]
        return {
            "results": [
                {key: _old(asked.values(row["dimensions"])[0]), **_by_name(asked, row, report)}
                for row in report["results"]
            ]
        }

    async def query(self, request: Request) -> object:
        """Any figures by any dimensions."""
        told = object_of(request)
        if unknown := [key for key in told if key not in KEYS]:
            raise Invalid(unknown[0], "is not known")
        site = self._site(request, told.get("site_id"))
        paging, include = _object(told, "pagination"), _object(told, "include")
        first, most = paging.get("offset", 0), paging.get("limit", queries.MAX_LIMIT)
        dimensions = _list(told, "dimensions")
        # Of a series empty buckets are no rows there, so they are counted here.
        is_series = len(dimensions) == 1 and dimensions[0] in ("time", *OF_TIME)
        asked = question.asked(
            site,
            metrics=_list(told, "metrics"),
            dimensions=dimensions,
            filters=_list(told, "filters"),
            span=question.span_of(told.get("date_range"), self._today(site)),
            order_by=_list(told, "order_by"),
            paging={} if is_series else {"limit": most, "offset": first},
        )
        report = await self._report(asked, site)
        rows, total = report["results"], report["meta"]["total_rows"]
        if is_series:
            filled = [row for row in rows if asked.is_filled(row["metrics"])]
            first = queries.integer(first, "pagination", 0, queries.MAX_LIMIT)
            most = queries.integer(most, "pagination", 0, queries.MAX_LIMIT)
            rows, total = filled[first : first + most], len(filled)
        meta: dict[str, Any] = {"total_rows": total} if include.get("total_rows") else {}
        time = next((n for n, name in enumerate(asked.raw["dimensions"]) if name in OF_TIME), None)
        if include.get("time_labels") and time is not None:
            labels = (question.label(row["dimensions"][time]) for row in report["results"])
            meta["time_labels"] = list(dict.fromkeys(labels))
        span = report["query"]["range"]
        return {
            "results": [
                {
                    "metrics": asked.figures(row["metrics"], report["totals"]),
                    "dimensions": asked.values(row["dimensions"]),
                }
                for row in rows
            ],
            "meta": meta,
            "query": told
            | {"date_range": [span["from"], span["to"]], "dimensions": list(asked.dimensions)},
        }

    async def sites(self, request: Request) -> object:
        """The sites that the key may read."""
        key = self._keys.of(request, self._clock.now_ms())
        if key is None:
            raise Unauthorized(UNKNOWN)
        readable = [site for site in self._control.sites() if may_read(key, site)]
        told = [
            {"domain": site.domains[0] if site.domains else site.id, "timezone": site.timezone}
            for site in readable
        ]
        return {"sites": told, "meta": {"after": None, "before": None, "limit": 100}}

    def _of_period(
        self, request: Request, dimensions: list[str], paging: dict[str, int] | None = None
    ) -> tuple[Site, Asked]:
        params = request.params
        site = self._site(request, params.get("site_id"))
        period, day = params.get("period", "30d"), params.get("date")
        metrics = [name.strip() for name in params.get("metrics", "visitors").split(",")]
        asked = question.asked(
            site,
            metrics=metrics,
            dimensions=dimensions,
            filters=question.filters_of(params.get("filters", "")),
            span=question.span_of_period(period, day, self._today(site)),
            paging=paging,
        )
        return site, asked

    async def _report(self, asked: Asked, site: Site) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.json.decode(
            await self._asker.ask(queries.parse(asked.raw), site)
        )
        return told

    def _today(self, site: Site) -> date:
        return local_day(self._clock.now_ms(), site.timezone).date

    def _site(self, request: Request, name: object) -> Site:
        """Of a site that is not there the same is told as of a key."""
        if not isinstance(name, str) or not name:
            raise Invalid("site_id", "is missing")
        key = self._keys.of(request, self._clock.now_ms())
        site = self._control.sites().by_name(name)
        if site is None or not may_read(key, site):
            raise Unauthorized(UNKNOWN)
        return site


async def _told(handler: Handler, request: Request) -> Response:
    """Good answers are bare, and errors are a sentence."""
    try:
        return Response(200, JSON_HEADERS, encode(await handler(request)))
    except Invalid as wrong:
        return Response(400, JSON_HEADERS, encode({"error": f"{wrong.field} {wrong.error}"}))
    except LiveInsightError as error:
        ours = problem(error)
        kept = tuple(row for row in ours.headers if row[0] == b"retry-after")
        return Response(ours.status, JSON_HEADERS + kept, encode({"error": str(error)}))


def _by_name(asked: Asked, row: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(asked.metrics, asked.figures(row["metrics"], report["totals"]), strict=True))


def _change(name: str, now: float | None, then: float | None) -> int | None:
    """By how many percent; of what is percent itself, the difference."""
    if now is None or then is None:
        return None
    if name == "bounce_rate":
        return round(now - then)
    if then == 0:
        return 0 if now == 0 else 100
    return round(100 * (now - then) / then)


def _old(value: str) -> str:
    return f"({value})" if value == question.DIRECT else value


def _number(told: str, field: str, most: int) -> int:
    if not told.isascii() or not told.isdigit() or not 1 <= int(told) <= most:
        raise Invalid(field, f"must be 1 to {most}")
    return int(told)


def _object(told: dict[str, Any], field: str) -> dict[str, Any]:
    value = told.get(field) or {}
    if not isinstance(value, dict):
        raise Invalid(field, "must be an object")
    return value


def _list(told: dict[str, Any], field: str) -> list[Any]:
    value = told.get(field) or []
    if not isinstance(value, list):
        raise Invalid(field, "must be a list")
    return value
