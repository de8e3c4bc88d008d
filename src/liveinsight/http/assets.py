"""The built pages and scripts: what lies in the package's `web` folder, and nothing else."""

import hashlib
import re
from importlib.resources.abc import Traversable

from liveinsight.domain.errors import NotFound
from liveinsight.http.exchange import NOSNIFF, Headers, Request, Response
from liveinsight.http.routes import Route

MEDIA = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".ico": b"image/x-icon",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
    ".webmanifest": b"application/manifest+json",
    ".woff2": b"font/woff2",
}
# Pages of ours may load from us alone, and have no inline script or style.
POLICY = b"content-security-policy"
PAGE_POLICY = b"default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'"
# To stand in a frame of another site is for shared views: there browsers keep our cookie back, so
# that nobody is signed in who could be led to a click.
FRAMED_POLICY = (POLICY, PAGE_POLICY + b"; frame-ancestors *")
PAGE_HEADERS: Headers = (
    (POLICY, PAGE_POLICY + b"; frame-ancestors 'self'"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.\w+$")
FOREVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"
START_PAGE = "dashboard.html"
MISSING_PAGE = "missing.html"


class Assets:
    """Files by path, read once. Built names with a hash never change and are kept for ever."""

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._known: dict[str, Response] = {}

    def routes(self) -> tuple[Route, ...]:
        """What is answered here: all that no other door answers."""
        return (
            Route(method="GET", path="/", handler=self.page, about="The dashboard"),
            Route(method="GET", path="/*", handler=self.file, about="Its files"),
        )

    async def page(self, request: Request) -> Response:
        """`GET /`: the dashboard; it finds its way by itself."""
        answer = self._conditional(request, START_PAGE)
        if request.params.get("embed") != "1":
            return answer
        others = tuple(row for row in answer.headers if row[0] != POLICY)
        return Response(answer.status, (*others, FRAMED_POLICY), answer.body)

    async def file(self, request: Request) -> Response:
        """Any file of the folder. Whoever comes for a page where none is gets one that says so."""
        try:
            return self._conditional(request, request.path.lstrip("/"))
        except NotFound:
            if not request.header(b"accept").startswith("text/html"):
                raise
            page = self._known.get(MISSING_PAGE) or self._read(MISSING_PAGE)
            return Response(404, page.headers, page.body)

    def _conditional(self, request: Request, path: str) -> Response:
        found = self._known.get(path) or self._read(path)
        etag = dict(found.headers)[b"etag"]
        if request.headers.get(b"if-none-match") == etag:
            return Response(304, tuple(row for row in found.headers if row[0] != b"content-type"))
        return found

    def _read(self, path: str) -> Response:
        parts = path.split("/")
        suffix = path[path.rfind(".") :] if "." in parts[-1] else ""
        media = MEDIA.get(suffix)
        if media is None or any(part in {"", ".", ".."} or "\\" in part for part in parts):
            raise NotFound("There is nothing at this path.")
        file = self._folder.joinpath(*parts)
        if not file.is_file():
            raise NotFound("There is nothing at this path.")
        body = file.read_bytes()
        headers = (
            (b"content-type", media),
            (b"etag", b'"' + hashlib.sha256(body).hexdigest()[:20].encode() + b'"'),
            (b"cache-control", FOREVER if HASHED.search(parts[-1]) else ASK_AGAIN),
            NOSNIFF,
            *(PAGE_HEADERS if suffix == ".html" else ()),
        )
        self._known[path] = Response(200, headers, body)
        return self._known[path]
