"""The lake on this machine: a folder of Parquet files, and the manifest that says which count.

A file is written under a temporary name, synced, renamed, its folder synced; then one SQLite
transaction swaps the manifest and sets the sealed mark (two transactions doubled rows in a test).
Whatever a crash leaves behind is named by no manifest and removed at the next start.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from msgspec import Struct, structs

from liveinsight.adapters.local.database import Folder
from liveinsight.domain.lake import LakeFile, Relation

FORGETTABLE = """
SELECT seq
FROM (
  SELECT seq, at_ms
  FROM journal
  WHERE seq <= (SELECT value FROM meta WHERE key = 'sealed_seq')
  ORDER BY seq
  LIMIT ?
)
WHERE at_ms < ? OR at_ms > ?
"""
ROWS_PER_DELETE = 50  # about 1 MB: one large delete held commits up for half a second
SELECT_FILES = """
SELECT site, relation, first_day, last_day, name, rows, size_bytes, digest, format, zone
FROM lake_file
ORDER BY name
"""


Progress = tuple[str, int, int]  # of an import: its name, the position it reached, its events


class Publication(Struct, frozen=True):
    """What becomes true in one transaction."""

    new: tuple[LakeFile, ...] = ()
    gone: tuple[LakeFile, ...] = ()
    sealed_seq: int | None = None
    drops: Mapping[tuple[str, date, str], int] = {}
    progress: Progress | None = None
    erased_site: str | None = None
    # Of another home: whose drops are told anew, and the highest number in its files' names.
    taken_over: tuple[frozenset[str], int] | None = None


def _nothing(_step: str) -> None:
    """Nobody wants to know."""


class SqliteLake:
    """Reads the manifest and changes it. `at` is told each step by name, for crash tests."""

    def __init__(self, folder: Folder, at: Callable[[str], None] = _nothing) -> None:
        self._folder = folder
        self._db = folder.connect()
        self._at = at
        self._left_out: frozenset[str] = frozenset()
        self.root = folder.path / "lake"
        self._tmp = self.root / "tmp"
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tmp.mkdir(exist_ok=True)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def files(self) -> tuple[LakeFile, ...]:
        """The files that count, but for those that were found damaged."""
        return tuple(file for file in self.named() if file.name not in self._left_out)

    def leave_out(self, names: Iterable[str]) -> None:
        """Go on without files that cannot be read; they stay where they are, to be mended."""
        self._left_out |= set(names)

    def damaged(self) -> list[str]:
        """Files that are missing or not as they were written; a look at all bytes is the last way."""
        files = self.files()
        odd = [file.name for file in files if _size_of(file.path) != file.size_bytes]
        return odd or [file.name for file in files if digest_of(file.path) != file.digest]

    def named(self) -> tuple[LakeFile, ...]:
        """All files of the manifest."""
        return tuple(
            LakeFile(
                site=site,
                relation=Relation(relation),
                first_day=date.fromisoformat(first_day),
                last_day=date.fromisoformat(last_day),
                name=name,
                path=str(self.root / name),
                rows=rows,
                size_bytes=size_bytes,
                digest=digest,
                format=form,
                zone=zone,
            )
            for site, relation, first_day, last_day, name, rows, size_bytes, digest, form, zone in (
                self._db.execute(SELECT_FILES)
            )
        )

    def state(self) -> tuple[tuple[LakeFile, ...], int, int]:
        """The files, the generation and the sealed mark of one moment."""
        self._db.execute("BEGIN")
        try:
            return self.files(), self.generation(), self.sealed_seq()
        finally:
            self._db.execute("COMMIT")

    def generation(self) -> int:
        """How often the lake was changed."""
        return self._mark("lake_generation")

    def sealed_seq(self) -> int:
        """Up to which commit group all is in the files."""
        return self._mark("sealed_seq")

    def oldest_unsealed_ms(self) -> int | None:
        """When the oldest commit group was written that is not sealed."""
        row = self._db.execute(
            "SELECT at_ms FROM journal"
            " WHERE seq > (SELECT value FROM meta WHERE key = 'sealed_seq')"
            " ORDER BY seq LIMIT 1"
        ).fetchone()
        return None if row is None else int(row[0])

    def drops(self) -> list[tuple[str, str, str, int]]:
        """How often something was not kept: (site, day, reason, n)."""
        return self._db.execute("SELECT site, day, reason, n FROM dropped").fetchall()

    def erased(self) -> dict[str, int]:
        """Sites of which commit groups up to a number are not to be read."""
        return dict(self._db.execute("SELECT site, seq FROM erased_site"))

    def progress(self, name: str) -> tuple[int, int]:
        """How far an import came: position and events."""
        row = self._db.execute(
            "SELECT position, events FROM import_progress WHERE name = ?", (name,)
        ).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def _mark(self, key: str) -> int:
        (value,) = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return int(value)

    @contextmanager
    def sealing(self) -> Iterator[int]:
        """Be the only one who changes the lake; gives the generation that is next."""
        with self._locked("seal.lock", fcntl.LOCK_EX):
            yield self.generation() + 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep every file where it is; for processes that read beside the store."""
        with self._locked("read.lock", fcntl.LOCK_SH):
            yield

    @contextmanager
    def _locked(self, name: str, how: int) -> Iterator[None]:
        handle = os.open(self.root / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, how)
            yield
        finally:
            os.close(handle)

    def place(self, name: str) -> str:
        """Where a file is to be written before it is published under this name."""
        return str(self._tmp / name.replace("/", "~"))

    def settle(self, files: Iterable[LakeFile]) -> tuple[LakeFile, ...]:
        """Have the disk hold written files under their names; they don't count yet."""
        self._at("written")
        settled = tuple(self._settle(file) for file in files)
        self._at("renamed")
        for folder in {path for file in settled for path in self._folders(file.name)}:
            sync(folder)
        self._at("folders_synced")
        return settled

    def discard(self, files: Iterable[LakeFile]) -> None:
        """Remove what was written and will not count; for the one who changes the lake."""
        for path in (*self._tmp.iterdir(), *(self.root / file.name for file in files)):
            path.unlink(missing_ok=True)

    def is_whole(self, site: str) -> bool:
        """Whether no file of the site was left out."""
        return not any(file.site == site and file.name in self._left_out for file in self.named())

    def publish(self, publication: Publication) -> tuple[LakeFile, ...]:
        """Make it true, all at once and for good; the files that count from now on."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._tell(publication)
            self._at("told")
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._at("committed")
        return self.files()

    def _settle(self, file: LakeFile) -> LakeFile:
        sync(Path(file.path))
        self._at("synced")
        path = self.root / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = digest_of(file.path)
        size_bytes = Path(file.path).stat().st_size
        Path(file.path).rename(path)
        return structs.replace(file, path=str(path), size_bytes=size_bytes, digest=digest)

    def _folders(self, name: str) -> list[Path]:
        path = self.root / name
        return [path.parent, path.parent.parent, self.root]

    def _tell(self, publication: Publication) -> None:
        run = self._db.execute
        run("UPDATE meta SET value = value + 1 WHERE key = 'lake_generation'")
        if publication.taken_over is not None:
            self._tell_taken_over(*publication.taken_over)
        generation = self.generation()
        for file in publication.gone:
            run("DELETE FROM lake_file WHERE name = ?", (file.name,))
            run("INSERT OR REPLACE INTO gone_file VALUES (?, ?)", (file.name, generation))
        for file in publication.new:
            run("INSERT INTO lake_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(file))
        if publication.sealed_seq is not None:
            run("UPDATE meta SET value = ? WHERE key = 'sealed_seq'", (publication.sealed_seq,))
        for (site, day, reason), n in publication.drops.items():
            run(
                "INSERT INTO dropped VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET n = n + excluded.n",
                (site, day.isoformat(), reason, n),
            )
        if publication.progress is not None:
            run("INSERT OR REPLACE INTO import_progress VALUES (?, ?, ?)", publication.progress)
        if publication.erased_site is not None:
            self._tell_erased(publication.erased_site)

    def _tell_taken_over(self, sites: frozenset[str], generation: int) -> None:
        """Names that came with another home's files are used, too."""
        run = self._db.execute
        run(
            "UPDATE meta SET value = max(value, ?) WHERE key = 'lake_generation'", (generation + 1,)
        )
        for site in sites:
            run("DELETE FROM dropped WHERE site = ?", (site,))

    def _tell_erased(self, site: str) -> None:
        run = self._db.execute
        run("DELETE FROM dropped WHERE site = ?", (site,))
        run(
            "INSERT OR REPLACE INTO erased_site"
            " SELECT ?, max(coalesce((SELECT max(seq) FROM journal), 0),"
            " (SELECT value FROM meta WHERE key = 'sealed_seq'))",
            (site,),
        )

    def forget_groups(self, before_ms: int, after_ms: int) -> bool:
        """Remove a few commit groups that are sealed and from before or, by a clock that was
        wrong, from after these moments; whether there may be more.

        The newest stay for a while: the live window is rebuilt from them.
        """
        # Only the oldest are looked at, and looked at first: to delete, even nothing, is to write,
        # for which the collector would wait.
        values = (ROWS_PER_DELETE, before_ms, after_ms)
        if self._db.execute(FORGETTABLE, values).fetchone() is None:
            return False
        forget = f"DELETE FROM journal WHERE seq IN ({FORGETTABLE})"  # noqa: S608 - our own text
        removed = self._db.execute(forget, values).rowcount
        self._at("forgotten")
        return removed == ROWS_PER_DELETE

    def remove_gone(self, in_use: int | None = None) -> int:
        """Remove files that were replaced before generation `in_use` and that nobody reads."""
        limit = self.generation() if in_use is None else in_use
        rows = self._db.execute(
            "SELECT name FROM gone_file WHERE generation <= ?", (limit,)
        ).fetchall()
        if not rows:
            return 0
        handle = os.open(self.root / "read.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for (name,) in rows:
                (self.root / name).unlink(missing_ok=True)
                self._at("removed")
                self._db.execute("DELETE FROM gone_file WHERE name = ?", (name,))
        except BlockingIOError:
            return 0  # somebody reads; there is another time
        finally:
            os.close(handle)
        return len(rows)

    def gone_files(self) -> int:
        """How many files were replaced and are still there."""
        (n,) = self._db.execute("SELECT count(*) FROM gone_file").fetchone()
        return int(n)

    def clean(self) -> list[str]:
        """Remove what a crash left behind: files that no manifest names."""
        with self.sealing():
            self.remove_gone()
            known = {name for (name,) in self._db.execute("SELECT name FROM lake_file")}
            known |= {name for (name,) in self._db.execute("SELECT name FROM gone_file")}
            found = {
                str(path.relative_to(self.root)): path
                for path in self.root.rglob("*")
                if path.is_file() and path.parent != self.root
            }
            left = sorted(found.keys() - known)
            for name in left:
                found[name].unlink(missing_ok=True)
            return left


def digest_of(path: str) -> str:
    """What tells that a file is as it was written."""
    digest = hashlib.blake2b(digest_size=16)
    with Path(path).open("rb", buffering=0) as content:
        while block := content.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _size_of(path: str) -> int | None:
    try:
        return Path(path).stat().st_size
    except OSError:
        return None


def _row(file: LakeFile) -> tuple[str | int, ...]:
    return (
        file.name,
        file.site,
        file.relation,
        file.first_day.isoformat(),
        file.last_day.isoformat(),
        file.rows,
        file.size_bytes,
        file.digest,
        file.format,
        file.zone,
    )


def sync(path: Path) -> None:
    """Have the disk hold what was written: of a folder, its names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
