"""The table of doors: which path and method is answered by whom, and what is told about it.

The same table is walked for each request and for the OpenAPI document, so neither can know a
route that the other doesn't.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from liveinsight.domain.errors import MethodNotAllowed, NotFound
from liveinsight.http.exchange import Answer, Handler, Headers, Request, Response, Stream
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
    b"Content-Type, X-API-Key, Authorization, X-CSRF-Token, X-Session-ID, Last-Event-ID,"
    b" X-Umami-Cache, X-Retry-Count"
)
ANY_ORIGIN: Headers = ((b"access-control-allow-origin", b"*"),)
PREFLIGHT: Headers = (
    (b"access-control-allow-methods", METHODS),
    (b"access-control-allow-headers", ALLOWED_HEADERS),
    (b"access-control-max-age", b"86400"),
)
Methods = dict[str, Route]


class Front:
    """Finds the door, opens it, and sees to it that every answer can be read by its asker."""

    def __init__(self, routes: Iterable[Route], allowed_origins: Iterable[str] = ()) -> None:
        self.routes = tuple(routes)
        self._exact: dict[str, Methods] = {}
        self._under: dict[str, Methods] = {}
        self._origins = frozenset(allowed_origins)
        for route in self.routes:
            where = self._under if route.path.endswith("/*") else self._exact
            methods = where.setdefault(route.path.removesuffix("*"), {})
            methods[route.method] = route
            if route.method == "GET":
                methods["HEAD"] = route

    async def __call__(self, request: Request) -> Answer:
        """Answer, whatever happens."""
        methods = self._exact.get(request.path) or self._find(request.path)
        route = methods.get(request.method)
        try:
            if route is not None:
                answer = await route.handler(request)
            else:
                # Under a prefix lie files: what else is asked there is not there.
                answer = _other(request.method, self._exact.get(request.path, {}))
        except Exception as error:  # noqa: BLE001 - the last wall: every error is an answer
            answer = problem(error)
        if route is None:
            route = next(iter(methods.values()), None)
        headers = self._cors(request, route.access if route else Access.READER)
        if isinstance(answer, Response):
            return Response(answer.status, answer.headers + headers, answer.body)
        return Stream(answer.status, answer.headers + headers, answer.chunks)

    def _find(self, path: str) -> Methods:
        """The methods under the longest prefix of the path that has any."""
        found = (prefix for prefix in self._under if path.startswith(prefix))
        return self._under.get(max(found, key=len, default=""), {})

    def _cors(self, request: Request, access: Access) -> Headers:
        """Any page may send events; only the owner's own may read figures. Never credentials."""
        if access is Access.ANYONE or "*" in self._origins:
            allowed = ANY_ORIGIN
        elif not self._origins:
            allowed = ()
        else:
            origin = request.headers.get(b"origin", b"")
            allowed = ((b"vary", b"origin"),)
            if origin.decode("latin-1") in self._origins:
                allowed += ((b"access-control-allow-origin", origin),)
        return allowed if request.method != "OPTIONS" else allowed + PREFLIGHT


def _other(method: str, methods: Methods) -> Response:
    if method == "OPTIONS":
        return Response(204, ())
    if methods:
        raise MethodNotAllowed((*sorted(methods), "OPTIONS"))
    raise NotFound("There is nothing at this path.")
