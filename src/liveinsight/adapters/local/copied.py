"""A data folder held still for a backup, while its server goes on.

Files of the lake never change and are not removed while somebody reads; of the database a copy
is made within one read transaction. The copy is without what must be forgotten: salts would make
visitors of a day known for as long as a backup is kept, sessions would let people in again.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from liveinsight.adapters.local.database import Folder, version_of
from liveinsight.adapters.local.lake import SqliteLake, digest_of
from liveinsight.domain.backup import DATABASE, SETTINGS, Part
from liveinsight.domain.errors import Misconfigured

PAGES_AT_ONCE = 2048  # 8 MB between two words about how far it is
# `user_id` stays: who the site itself named would else be somebody new after a restore.
FORGOTTEN = (
    "DELETE FROM salt",
    "DELETE FROM session",
    "DELETE FROM secret WHERE name <> 'user_id'",
)


class LocalCopied:
    """The port `Copied`; a context that ends when the copying has ended."""

    def __init__(self, folder: Folder, told: Callable[[int, int], None]) -> None:
        self._folder = folder
        self._told = told
        self._held = ExitStack()
        self._paths: dict[str, str] = {}
        self._parts: list[Part] = []
        self.schema = 0
        self.unsealed_events = 0

    def __enter__(self) -> Self:
        with ExitStack() as held:
            self._alone(held)
            lake = SqliteLake(self._folder)
            held.callback(lake.close)
            held.enter_context(lake.reading())
            place = TemporaryDirectory(dir=self._folder.path, prefix="backup-")
            database = Path(held.enter_context(place)) / DATABASE
            self._copy(database)
            self._list(database)
            self._held = held.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def parts(self) -> Sequence[Part]:
        """The lake's files, the settings, the database."""
        return self._parts

    def path(self, part: Part) -> str:
        """Where a file is to be read."""
        return self._paths[part.name]

    def _alone(self, held: ExitStack) -> None:
        """One backup at a time: another's pruning might take what this one counts on."""
        handle = os.open(self._folder.path / "backup.lock", os.O_RDWR | os.O_CREAT, 0o600)
        held.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(f"A backup of {self._folder.path} is being made already.") from None
        for left in self._folder.path.glob("backup-*"):
            shutil.rmtree(left)

    def _copy(self, path: Path) -> None:
        source = self._folder.connect()
        target = sqlite3.connect(path, isolation_level=None)
        try:
            # A read transaction: else each commit of the server would begin the copying anew.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM meta").fetchone()
            source.backup(target, pages=PAGES_AT_ONCE, progress=self._progress)
            source.execute("COMMIT")
            for statement in (
                "PRAGMA journal_mode = DELETE",
                "PRAGMA secure_delete = ON",
                *FORGOTTEN,
                "VACUUM",
            ):
                target.execute(statement)
        finally:
            target.close()
            source.close()
        path.chmod(0o600)

    def _progress(self, _status: int, left: int, total: int) -> None:
        self._told(total - left, total)

    def _list(self, database: Path) -> None:
        db = sqlite3.connect(database)
        try:
            files = db.execute("SELECT name, size_bytes, digest, rows FROM lake_file ORDER BY name")
            for name, size_bytes, digest, rows in files.fetchall():
                self._add(Part(f"lake/{name}", size_bytes, digest, rows), self._lake(name))
            (self.unsealed_events,) = db.execute(
                "SELECT coalesce(sum(n), 0) FROM journal"
                " WHERE seq > (SELECT value FROM meta WHERE key = 'sealed_seq')"
            ).fetchone()
            self.schema = version_of(db)
        finally:
            db.close()
        with suppress(FileNotFoundError):
            self._add_file(SETTINGS, self._folder.path / SETTINGS)
        self._add_file(DATABASE, database)

    def _lake(self, name: str) -> Path:
        return self._folder.path / "lake" / name

    def _add(self, part: Part, path: Path) -> None:
        self._parts.append(part)
        self._paths[part.name] = str(path)

    def _add_file(self, name: str, path: Path) -> None:
        self._add(Part(name, path.stat().st_size, digest_of(str(path))), path)
