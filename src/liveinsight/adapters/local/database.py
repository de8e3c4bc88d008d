"""The one SQLite file of an installation: opening it, its schema, and what can be wrong with it.

Every table comes from a numbered file in `schema/`; `user_version` says how many were run.
"""

import fcntl
import os
import sqlite3
from importlib.resources import files
from pathlib import Path

from liveinsight.domain.errors import Misconfigured

FILE_NAME = "liveinsight.db"
LOCK_NAME = "serve.lock"


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
            db = sqlite3.connect(self.database, isolation_level=None, check_same_thread=False)
            _prepare(db)
        except (OSError, sqlite3.Error) as error:
            raise Misconfigured(_advice(self.path, error)) from error
        return db

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

    def unlock(self) -> None:
        """Let another server in."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _prepare(db: sqlite3.Connection) -> None:
    for pragma in (
        "busy_timeout = 10000",
        "journal_mode = WAL",
        "synchronous = FULL",
        "journal_size_limit = 33554432",
        "foreign_keys = ON",
    ):
        db.execute(f"PRAGMA {pragma}")
    _migrate(db)


def _migrate(db: sqlite3.Connection) -> None:
    scripts = sorted(
        (file for file in files(__package__).joinpath("schema").iterdir()),
        key=lambda file: file.name,
    )
    if _version(db) == len(scripts):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        done = _version(db)
        _refuse_newer(done, len(scripts))
        for script in scripts[done:]:
            for statement in _statements(script.read_text("utf-8")):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(scripts)}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _refuse_newer(done: int, known: int) -> None:
    if done > known:
        raise Misconfigured(
            f"This data was written by a newer LiveInsight (schema {done}, known here: {known}). "
            "Use that version, or restore a backup of before the upgrade."
        )


def _version(db: sqlite3.Connection) -> int:
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
