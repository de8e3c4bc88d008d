"""The port `Movable` of one machine: its folder, which no server uses meanwhile."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from msgspec import structs

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.lake import Publication, SqliteLake, digest_of
from liveinsight.adapters.local.store.duck import DuckStore
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.domain.holding import Holding, KeptSalt
from liveinsight.domain.lake import LakeFile
from liveinsight.ports import Clock


class LocalMovable:
    """Locks the folder until it is closed."""

    def __init__(self, folder: Folder, clock: Clock, limits: Limits) -> None:
        self._folder = folder
        self._clock = clock
        self._limits = limits
        folder.lock()
        self._lake = SqliteLake(folder)
        self._control = SqliteControl(folder)

    def close(self) -> None:
        """Let the folder go."""
        self._control.close()
        self._lake.close()
        self._folder.unlock()

    def seal(self) -> None:
        """The journal's events go into files, all under the days of their site's time zone."""
        with closing(DuckStore(self._folder, self._clock, self._limits)) as store:
            store.catch_up()
            store.seal()
            while store.redate():
                store.catch_up()

    def holding(self) -> Holding:
        """What is there now."""
        self._control.refresh()
        files, generation, _ = self._lake.state()
        with closing(self._folder.connect()) as db:
            salts = db.execute(
                "SELECT site, day, value, expires_ms FROM salt WHERE expires_ms > ?",
                (self._clock.now_ms(),),
            ).fetchall()
        return Holding(
            files,
            generation,
            tuple(self._control.sites()),
            tuple(self._control.keys()),
            tuple(KeptSalt(*row) for row in salts),
            tuple(self._lake.drops()),
        )

    @contextmanager
    def read(self, file: LakeFile) -> Iterator[BinaryIO]:
        """A file's content."""
        with Path(file.path).open("rb") as content:
            yield content

    def has(self, file: LakeFile) -> bool:
        """Whether it lies here, byte for byte."""
        path = self._lake.root / file.name
        if not path.is_file() or path.stat().st_size != file.size_bytes:
            return False
        return digest_of(str(path)) == file.digest

    def put(self, file: LakeFile, content: BinaryIO) -> None:
        """Lay a file down; should it never count, the next server start removes it."""
        path = Path(self._lake.place(file.name))
        with path.open("wb") as written:
            copyfileobj(content, written, 1 << 20)
        self._lake.settle([structs.replace(file, path=str(path))])

    def adopt(self, holding: Holding, gone: Sequence[LakeFile]) -> None:
        """Have all of it count."""
        for site in holding.sites:
            self._control.put_site(site)
        for key in holding.keys:
            if self._control.key_of_hash(key.hash) is None:
                self._control.put_key(key)
        with closing(self._folder.connect()) as db:
            db.executemany(
                "INSERT INTO salt VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [structs.astuple(salt) for salt in holding.salts],
            )
        here = {file.name for file in self._lake.files()}
        with self._lake.sealing():
            self._lake.publish(
                Publication(
                    new=tuple(file for file in holding.files if file.name not in here),
                    gone=tuple(gone),
                    drops={
                        (site, date.fromisoformat(day), reason): n
                        for site, day, reason, n in holding.drops
                    },
                    taken_over=(holding.site_ids, holding.generation),
                )
            )
