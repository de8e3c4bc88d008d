"""The one SQLite file of an installation: opening it, its schema, and what can be wrong with it.

Every table comes from a numbered file in `schema/`; `user_version` says how many were run.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from liveinsight.adapters.local.groups import told_whole
from liveinsight.domain.errors import Misconfigured

FILE_NAME = "liveinsight.db"
LOCK_NAME = "serve.lock"
# Said where a part of the file cannot be read, whichever it is.
DAMAGED = (
    "liveinsight.db cannot be read ({error}). `liveinsight check` tells what is damaged; "
    "restore it from a backup."
)


class Folder:
    """A data folder. Many processes may read it, one server writes events into it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / FILE_NAME
        self._lock: int | None = None

    def connect(self) -> sqlite3.Connection:
        """A connection in autocommit mode; the file is made and brought up to date if need be."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make()
            db = sqlite3.connect(self.database, isolation_level=None, check_same_thread=False)
            self._prepare(db)
        except (OSError, sqlite3.Error) as error:
            raise Misconfigured(_advice(self.path, error)) from error
        return db

    def _make(self) -> None:
        """For its owner alone, as are the files that SQLite puts beside it: secrets are in it.

        One that is there is not opened: closing it would give up the locks of whoever here has it.
        """
        with suppress(FileExistsError):
            os.close(os.open(self.database, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    def lock(self) -> None:
        """Make this process the folder's only server, until it ends however it ends."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"Another server already uses {self.path}. Stop it, or give this one a folder "
                "of its own with --data-dir."
            ) from None
        except OSError as error:
            raise Misconfigured(_advice(self.path, error)) from error

    def tell_address(self, url: str) -> None:
        """For the commands of this machine: where the folder's server is. Called by who has it."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, url.encode(), 0)

    def address(self) -> str | None:
        """Where the folder's server said it is; one that was killed is not there any more."""
        try:
            return (self.path / LOCK_NAME).read_text("utf-8") or None
        except OSError:
            return None

    def served_by_another(self) -> bool:
        """Whether some other process is the folder's server now."""
        if self._lock is not None or not (self.path / LOCK_NAME).exists():
            return False
        try:
            self.lock()
        except Misconfigured:
            return True
        self.unlock()
        return False

    def downgrade(self) -> int:
        """Take the tables back to how the version before had them; the number they have now."""
        self.lock()
        try:
            db = sqlite3.connect(self.database, isolation_level=None)
            try:
                return _step_back(db)
            finally:
                db.close()
        except (OSError, sqlite3.Error) as error:
            raise Misconfigured(_advice(self.path, error)) from error
        finally:
            self.unlock()

    def _prepare(self, db: sqlite3.Connection) -> None:
        for pragma in (
            "busy_timeout = 10000",
            "journal_mode = WAL",
            "synchronous = FULL",
            "journal_size_limit = 33554432",
            "foreign_keys = ON",
        ):
            db.execute(f"PRAGMA {pragma}")
        done = version_of(db)
        if done == schema_version():
            return
        if done and self.served_by_another():
            _refuse_newer(done)
            raise Misconfigured(
                f"A server of an older version runs on {self.path}. Stop it; its data are brought "
                "up to date at the next start."
            )
        _migrate(db)

    def unlock(self) -> None:
        """Let another server in."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None


def schema_version() -> int:
    """What stands for the form of all that is in a folder: tables, commit groups and files."""
    return len(_scripts())


def _scripts() -> list[Traversable]:
    found = (file for file in files(__package__).joinpath("schema").iterdir() if file.is_file())
    return sorted(found, key=lambda file: file.name)


def _migrate(db: sqlite3.Connection) -> None:
    scripts = _scripts()
    db.execute("BEGIN IMMEDIATE")
    try:
        done = version_of(db)
        _refuse_newer(done)
        _run(db, scripts[done:])
        db.execute(f"PRAGMA user_version = {len(scripts)}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _run(db: sqlite3.Connection, scripts: Iterable[Traversable]) -> None:
    for script in scripts:
        for statement in _statements(script.read_text("utf-8")):
            db.execute(statement)


def _step_back(db: sqlite3.Connection) -> int:
    """Undo the newest script by its counterpart in `schema/back`."""
    db.create_function("told_whole", 1, told_whole, deterministic=True)
    done = version_of(db)
    _refuse_newer(done)
    script = files(__package__).joinpath("schema", "back", _scripts()[done - 1].name)
    if not script.is_file():
        raise Misconfigured(f"There is no released version with a schema before {done}.")
    db.execute("BEGIN IMMEDIATE")
    try:
        _run(db, (script,))
        db.execute(f"PRAGMA user_version = {done - 1}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    return done - 1


def _refuse_newer(done: int) -> None:
    known = schema_version()
    if done > known:
        raise Misconfigured(
            f"This data was written by a newer LiveInsight (schema {done}, known here: {known}). "
            "Use that version; its `liveinsight downgrade` makes the data fit for the one before."
        )


def cut_log(db: sqlite3.Connection) -> bool:
    """Bring the write-ahead log into the file and empty it, which also removes what it still held
    of deleted rows; whether it could be done: somebody may read an older state.
    """
    db.execute("PRAGMA busy_timeout = 200")  # commits of others wait as long
    (busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def version_of(db: sqlite3.Connection) -> int:
    """How many scripts made the tables what they are."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _statements(script: str) -> list[str]:
    """One by one: `executescript` would commit the transaction that holds them together."""
    done, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            done.append(pending)
            pending = ""
    return done


def _advice(path: Path, error: Exception) -> str:
    text = str(error)
    if isinstance(error, PermissionError) or "readonly" in text or "unable to open" in text:
        return f"The data folder {path} cannot be written ({text}). Check its owner and mode."
    if "full" in text or "No space" in text:
        return f"The disk of the data folder {path} is full. Free some space and start again."
    if "not a database" in text or "malformed" in text:
        return (
            f"{path / FILE_NAME} is damaged ({text}). Restore a backup, or run `liveinsight check`."
        )
    return f"The data folder {path} cannot be used: {text}."
