"""The table of doors: which path and method is answered by whom, and what is told about it.

The same table is walked for each request and for the OpenAPI document, so neither can know a
route that the other doesn't.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from liveinsight.domain.errors import MethodNotAllowed, NotFound
from liveinsight.http.exchange import Answer, Handler, Headers, Request, Response
from liveinsight.http.problems import problem


class Access(StrEnum):
    """Who may ask, and so which origins may read the answer."""

    ANYONE = "anyone"  # collecting: any page on the web
    READER = "reader"
    MANAGER = "manager"


class Param(Struct, frozen=True):
    """A parameter of the query."""

    name: str
    about: str
    form: type = str
    required: bool = False


class Route(Struct, frozen=True, kw_only=True):
    """A method on a path. A path that ends in `/*` takes all that lies under it."""

    method: str
    path: str
    handler: Handler
    about: str
    access: Access = Access.ANYONE
    params: tuple[Param, ...] = ()
    body: type | None = None
    answers: type | None = None  # the `data` of a good answer
    media: tuple[str, ...] = ("application/json",)
    errors: tuple[int, ...] = ()


METHODS = b"GET, POST, OPTIONS"
ALLOWED_HEADERS = (
    b"Content-Type, X-API-Key, Authorization, X-CSRF-Token, X-Session-ID, Last-Event-ID"
)
# Pages of ours may load from us alone, and run no inline script.
PAGE_HEADERS: Headers = (
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'; object-src 'none'",
    ),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Front:
    """Finds the door, opens it, and sees to it that every answer can be read by its asker."""

    def __init__(self, routes: Iterable[Route], allowed_origins: Iterable[str] = ()) -> None:
        self.routes = tuple(routes)
        self._exact: dict[str, dict[str, Route]] = {}
        self._under: list[tuple[str, dict[str, Route]]] = []
        self._origins = frozenset(allowed_origins)
        for route in self.routes:
            self._methods(route.path)[route.method] = route
        # The longest prefix wins.
        self._under.sort(key=lambda row: -len(row[0]))

    def _methods(self, path: str) -> dict[str, Route]:
        if not path.endswith("/*"):
            return self._exact.setdefault(path, {})
        prefix = path.removesuffix("*")
        for known, methods in self._under:
            if known == prefix:
                return methods
        self._under.append((prefix, {}))
        return self._under[-1][1]

    async def __call__(self, request: Request) -> Answer:
        """Answer, whatever happens."""
        methods = self._find(request.path)
        route = methods.get("GET" if request.method == "HEAD" else request.method)
        some = route or next(iter(methods.values()), None)
        cors = self._cors(request, some.access if some else Access.READER)
        try:
            answer = await self._answer(request, methods, route)
        except Exception as error:  # noqa: BLE001 - the last wall: every error is an answer
            answer = problem(error)
        return _with_headers(answer, cors)

    def _find(self, path: str) -> dict[str, Route]:
        if (methods := self._exact.get(path)) is not None:
            return methods
        return next((methods for prefix, methods in self._under if path.startswith(prefix)), {})

    async def _answer(
        self, request: Request, methods: dict[str, Route], route: Route | None
    ) -> Answer:
        if request.method == "OPTIONS":
            return Response(204, ())
        if route is not None:
            return await route.handler(request)
        if methods:
            raise MethodNotAllowed((*sorted(methods), "OPTIONS"))
        raise NotFound("There is nothing at this path.")

    def _cors(self, request: Request, access: Access) -> Headers:
        """Any page may send events; only the owner's own may read figures. Never credentials."""
        origin = request.headers.get(b"origin")
        if access is Access.ANYONE or "*" in self._origins:
            allowed: Headers = ((b"access-control-allow-origin", b"*"),)
        elif origin is not None and origin.decode("latin-1") in self._origins:
            allowed = ((b"access-control-allow-origin", origin), (b"vary", b"origin"))
        else:
            allowed = ((b"vary", b"origin"),) if self._origins else ()
        if request.method != "OPTIONS":
            return allowed
        return (
            *allowed,
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", ALLOWED_HEADERS),
            (b"access-control-max-age", b"86400"),
        )


def _with_headers(answer: Answer, cors: Headers) -> Answer:
    headers = (*answer.headers, *cors)
    if any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers):
        told = {name for name, _ in headers}
        headers += tuple(row for row in PAGE_HEADERS if row[0] not in told)
    if isinstance(answer, Response):
        return Response(answer.status, headers, answer.body)
    return type(answer)(answer.status, headers, answer.chunks)
