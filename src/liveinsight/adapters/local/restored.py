"""A data folder that is put back: all of it is fetched and read beside what is there, then takes
its place. What was there is kept aside, never removed.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from liveinsight.adapters.local.database import FILE_NAME, Folder
from liveinsight.adapters.local.lake import sync
from liveinsight.domain.backup import DATABASE, SETTINGS, Part
from liveinsight.domain.errors import Misconfigured

FETCHED = "restoring"
ASIDE = "before-restore"
# With its logs: of another database they would be played into this one.
OF_A_FOLDER = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", SETTINGS, "lake")


class Restored:
    """No server may run on the folder from the beginning to the end."""

    def __init__(self, folder: Folder, *, replace: bool) -> None:
        folder.lock()
        self._folder = folder
        self._fetched = folder.path / FETCHED
        if folder.database.exists() and not replace:
            folder.unlock()
            raise Misconfigured(
                f"{folder.path} holds data. Give another --data-dir, or --replace: "
                "what is there is kept aside."
            )
        shutil.rmtree(self._fetched, ignore_errors=True)
        self._fetched.mkdir(mode=0o700)

    @property
    def fetched(self) -> Folder:
        """What was fetched, as a folder that can be read before it takes its place."""
        return Folder(self._fetched)

    def place(self, part: Part) -> str:
        """Where a part is to be fetched to."""
        path = self._fetched / part.name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(path)

    def settle(self) -> Path | None:
        """Make it the folder's data; where those of before are now, if there were any.

        A crash in between leaves both on disk, and the same command does it again.
        """
        for path in self._fetched.rglob("*"):
            if path.is_file():
                sync(path)
        aside = self._set_aside() if (self._folder.path / FILE_NAME).exists() else None
        for name in reversed(OF_A_FOLDER):  # the database last: without it there is no data yet
            with suppress(FileNotFoundError):
                (self._fetched / name).rename(self._folder.path / name)
        sync(self._folder.path)
        return aside

    def close(self) -> None:
        """Remove what did not take its place, and let servers in."""
        shutil.rmtree(self._fetched, ignore_errors=True)
        self._folder.unlock()

    def _set_aside(self) -> Path:
        number = 1 + sum(1 for _ in self._folder.path.glob(f"{ASIDE}-*"))
        aside = self._folder.path / f"{ASIDE}-{number}"
        aside.mkdir(mode=0o700)
        for name in reversed(OF_A_FOLDER):  # the database last, for who begins again
            with suppress(FileNotFoundError):
                (self._folder.path / name).rename(aside / name)
        sync(aside)
        return aside
