"""Imports, for managers: a file is sent in pieces, then brought in, and both are told as they go."""

from typing import Annotated

from msgspec import Meta, Struct

from liveinsight.domain.bringing import Bringing, Content
from liveinsight.domain.errors import Invalid
from liveinsight.domain.site import Site
from liveinsight.http.auth import Keys, check_manager
from liveinsight.http.exchange import Request, Response, success
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.wire import read_json
from liveinsight.ports import Clock, Imports


class ImportsTold(Struct, frozen=True):
    """A site's imports since the server started, newest first."""

    imports: list[Bringing]


class ImportForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is about to be sent."""

    site: str
    name: str
    size_bytes: Annotated[int, Meta(ge=1)]
    content: Content = Content.EVENTS


class ImportsDoor:
    """Takes files of the past."""

    def __init__(self, imports: Imports, keys: Keys, clock: Clock) -> None:
        self._imports = imports
        self._keys = keys
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        manager = Access.MANAGER
        site = Param("site", "Site id", required=True)
        import_id = Param("id", "The import's id", required=True)
        offset = Param("offset", "Where in the file the piece begins", int, required=True)
        return (
            Route(method="GET", path="/api/imports", handler=self.told, about="A site's imports, and how far they are", access=manager, params=(site,), answers=ImportsTold, errors=(401, 403, 404)),
            Route(method="POST", path="/api/imports", handler=self.begin, about="Begin an import: the file follows in pieces", access=manager, body=ImportForm, answers=Bringing, errors=(400, 401, 403, 404)),
            Route(method="PUT", path="/api/imports", handler=self.take, about="The next piece of the file, as it is; the last one starts the import", access=manager, params=(import_id, offset), answers=Bringing, errors=(400, 401, 403, 404, 413)),
            Route(method="DELETE", path="/api/imports", handler=self.cancel, about="Stop an import; what was brought in stays", access=manager, params=(import_id,), answers=ImportsTold, errors=(401, 403, 404)),
        )  # fmt: skip

    async def told(self, request: Request) -> Response:
        """`GET /api/imports?site=…`."""
        return self._all(self._site(request, request.params.get("site", "")).id)

    async def begin(self, request: Request) -> Response:
        """`POST /api/imports`."""
        form = read_json(request, ImportForm)
        site = self._site(request, form.site)
        return success(self._imports.begin(site, form.name, form.content, form.size_bytes))

    async def take(self, request: Request) -> Response:
        """`PUT /api/imports?id=…&offset=…`."""
        begun = self._own(request)
        offset = request.params.get("offset", "")
        if not offset.isascii() or not offset.isdigit():
            raise Invalid("offset", "must be a number of bytes")
        if not request.body:
            raise Invalid("body", "is empty")
        return success(await self._imports.take(begun.id, int(offset), request.body))

    async def cancel(self, request: Request) -> Response:
        """`DELETE /api/imports?id=…`."""
        begun = self._own(request)
        self._imports.cancel(begun.id)
        return self._all(begun.site)

    def _site(self, request: Request, name: str) -> Site:
        return self._keys.managed(request, name, self._clock.now_ms())

    def _own(self, request: Request) -> Bringing:
        key = self._keys.of(request, self._clock.now_ms())
        check_manager(key, key.site if key else None)
        begun = self._imports.get(request.params.get("id", ""))
        check_manager(key, begun.site)
        return begun

    def _all(self, site_id: str) -> Response:
        return success(ImportsTold(list(self._imports.told(site_id))))
