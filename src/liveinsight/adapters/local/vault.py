"""A vault that is a folder: a disk that is plugged in, a mount, a place that another program syncs."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from liveinsight.adapters.local.lake import digest_of, sync
from liveinsight.domain.errors import Misconfigured

UNFINISHED = ".unfinished"


class FolderVault:
    """The port `Vault`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def sizes(self) -> Mapping[str, int]:
        """What is there, but for what a crash left unfinished."""
        return {
            str(path.relative_to(self._root)): path.stat().st_size
            for path in sorted(self._root.rglob("*"))
            if path.is_file() and path.suffix != UNFINISHED
        }

    def put(self, key: str, path: str) -> None:
        """Copied, synced, read back and compared, and only then under its name."""
        with self._new(key) as copy, Path(path).open("rb") as content:
            shutil.copyfileobj(content, copy, 1 << 20)
            _settle(copy)
            if digest_of(str(copy.name)) != digest_of(path):
                raise Misconfigured(f"{self._root} does not keep what is written to it ({key}).")

    def write(self, key: str, body: bytes) -> None:
        """The same with something short."""
        with self._new(key) as copy:
            copy.write(body)
            _settle(copy)

    def get(self, key: str, path: str) -> None:
        """Copy a file to a path."""
        shutil.copyfile(self._root / key, path)

    def read(self, key: str) -> bytes:
        """All of something short."""
        return (self._root / key).read_bytes()

    def remove(self, key: str) -> None:
        """Remove it."""
        (self._root / key).unlink(missing_ok=True)

    @contextmanager
    def _new(self, key: str) -> Iterator[BinaryIO]:
        """A file that has its name when all of it is on the disk."""
        path = self._root / key
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + UNFINISHED)
        try:
            unfinished.touch(mode=0o600)
            with unfinished.open("wb") as file:
                yield file
            unfinished.rename(path)
            sync(path.parent)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
