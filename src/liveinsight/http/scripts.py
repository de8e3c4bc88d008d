"""The tracker under `/js/`: under its own names, with a hash, and under any name the owner picks.

Lists that block trackers block them by name, so every name here answers: one with `.plus` in it
gets the tracker with extensions, any other the plain one. Which name a page uses needs no setting.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from importlib.resources.abc import Traversable

from msgspec import Struct

from liveinsight.domain.errors import NotFound
from liveinsight.http.exchange import NOSNIFF, Headers, Request, Response
from liveinsight.http.routes import Param, Route

CORE = "li.js"
PLUS = "li.plus.js"
# What the owner may choose: no path, no dot first, one ending.
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\.js")
HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")
FOREVER = b"public, max-age=31536000, immutable"
# A new version reaches everybody in an hour, and until then costs no request.
AN_HOUR = b"public, max-age=3600, stale-while-revalidate=86400"
# Pages of any origin embed it, also those that are isolated (COEP).
ANY_PAGE = (b"cross-origin-resource-policy", b"cross-origin")
VARIES = (b"vary", b"accept-encoding")


class Script(Struct, frozen=True):
    """A built file, ready to be sent."""

    body: bytes
    packed: bytes
    etag: bytes


Scripts = Mapping[str, Script]


def read_scripts(folder: Traversable) -> Scripts:
    """The built files; none where the web parts were not built."""
    if not folder.is_dir():
        return {}
    return {
        file.name: _script(file.read_bytes())
        for file in folder.iterdir()
        if file.name.endswith(".js")
    }


def _script(body: bytes) -> Script:
    digest = hashlib.sha256(body).hexdigest()[:20]
    return Script(body, gzip.compress(body, 9, mtime=0), b'"' + digest.encode() + b'"')


def script(scripts: Scripts, name: str, *, accepted: bytes = b"", known: bytes = b"") -> Response:
    """The answer for a name; `accepted` encodings, and the `known` ETag that the browser has.

    A hash that is not of this version gets this version, but is not kept for ever: a page that was
    cached before an upgrade goes on being counted.
    """
    if not NAME.fullmatch(name):
        raise NotFound("There is nothing at this path.")
    found = scripts.get(name) or scripts.get(PLUS if ".plus." in name else CORE)
    if found is None:
        raise NotFound("The tracker is not built: run `npm run build` in web/.")
    cache = FOREVER if name in scripts and HASHED.search(name) else AN_HOUR
    headers: Headers = (
        (b"cache-control", cache),
        (b"etag", found.etag),
        VARIES,
        ANY_PAGE,
        NOSNIFF,
    )
    if known == found.etag:
        return Response(304, headers)
    headers += ((b"content-type", b"text/javascript; charset=utf-8"),)
    if b"gzip" in accepted:
        return Response(200, (*headers, (b"content-encoding", b"gzip")), found.packed)
    return Response(200, headers, found.body)


class ScriptDoor:
    """Answers for the tracker's scripts."""

    def __init__(self, folder: Traversable) -> None:
        self._scripts = read_scripts(folder)

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        about = "The tracker; `li.js`, `li.plus.js` or any other name"
        return (
            Route(
                method="GET",
                path="/js/li.js",
                handler=self.get,
                about=about,
                media=("text/javascript",),
                params=(Param("v", "Anything: some sites add a version, and it changes nothing"),),
            ),
            Route(method="GET", path="/js/*", handler=self.get, about=about),
        )

    async def get(self, request: Request) -> Response:
        """`GET /js/NAME.js`."""
        return script(
            self._scripts,
            request.path.removeprefix("/js/"),
            accepted=request.headers.get(b"accept-encoding", b""),
            known=request.headers.get(b"if-none-match", b""),
        )
