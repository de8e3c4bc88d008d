"""The past of a data folder, read in this process beside a running server or without one.

The same doors as the server's, so that the command line and notebooks ask and are answered in
the same words. Nothing is sealed or changed from here.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

from liveinsight.adapters import patterns
from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.store.duck import DuckStore
from liveinsight.domain.errors import Misconfigured
from liveinsight.domain.question import Question
from liveinsight.domain.rows import Export
from liveinsight.domain.site import Site
from liveinsight.http.api.sites import SitesDoor
from liveinsight.http.ask import AskDoor
from liveinsight.http.auth import CLI, Keys
from liveinsight.http.exchange import Answer, Request
from liveinsight.http.routes import Front
from liveinsight.http.tokens import SignedTokens
from liveinsight.wiring.replies import exported, replied

CHUNK_BYTES = 1 << 20


class Here:
    """A data folder that can be asked; it is caught up with what is kept before each question."""

    def __init__(self, data_dir: Path) -> None:
        folder = Folder(data_dir)
        if not folder.database.exists():
            raise Misconfigured(f"{data_dir} holds no data; give the folder with --data-dir.")
        self._clock = SystemClock()
        self._control = SqliteControl(folder)
        self._store = DuckStore(folder, self._clock, beside=True)
        keys = Keys(self._control)
        ask = AskDoor(self, self._control, keys, self._clock)
        sites = SitesDoor(self._control, keys, self._clock, check_patterns=patterns.check)
        self._front = Front((*ask.routes(), *sites.routes()))

    def close(self) -> None:
        """Let the files go."""
        self._store.close()
        self._control.close()

    async def __call__(self, method: str, path: str, query: str, body: bytes) -> Answer:
        """What the server would answer to whoever may read the data folder."""
        self._control.refresh()
        self._store.catch_up()
        token = SignedTokens(self._control.secret(CLI)).make(CLI, self._clock.now_ms())
        headers = {b"x-api-key": token.encode(), b"content-type": b"application/json"}
        return await self._front(Request(method, path, query, headers, body))

    async def ask(self, question: Question, site: Site) -> bytes:
        """The reply as JSON."""

        def work() -> bytes:
            with self._store.reading() as reading:
                return replied(reading, question, site)

        return await asyncio.to_thread(work)

    async def export(self, export: Export, site: Site) -> AsyncIterator[bytes]:
        """The site's events as a file, piece by piece."""
        with TemporaryDirectory(prefix="liveinsight-export-") as folder:
            path = Path(folder) / f"events.{export.format}"
            with self._store.reading() as reading:
                await asyncio.to_thread(exported, reading, export, site, str(path))
            with path.open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
