"""People, sessions and share links in the installation's SQLite file.

Nothing of it is kept in memory: what the CLI or another request revokes is over at once.
"""

from collections.abc import Sequence

import msgspec

from liveinsight.adapters.local.database import Folder
from liveinsight.domain.person import Person, Role
from liveinsight.domain.session import Session, Share

_PERSON = "SELECT email, role, password_hash, created_ms FROM person"
_SHARE = "SELECT id, hash, site, name, password_hash, created_ms, expires_ms FROM share"
_SESSION = "SELECT hash, email, share, expires_ms FROM session"


class SqlitePeople:
    """The rows as they are; what may be done is the usecases' to say."""

    def __init__(self, folder: Folder) -> None:
        self._db = folder.connect()

    def people(self) -> Sequence[Person]:
        """Everybody, oldest first."""
        rows = self._db.execute(f"{_PERSON} ORDER BY created_ms, email").fetchall()
        return [_person(row) for row in rows]

    def person(self, email: str) -> Person | None:
        """Who has that address."""
        row = self._db.execute(f"{_PERSON} WHERE email = ?", (email,)).fetchone()
        return None if row is None else _person(row)

    def put_person(self, person: Person) -> None:
        """Add a person, or change role and password."""
        self._db.execute(
            "INSERT INTO person VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
            "SET role = excluded.role, password_hash = excluded.password_hash",
            (person.email, person.role, person.password_hash, person.created_ms),
        )

    def remove_person(self, email: str) -> bool:
        """Forget a person and end their sessions; whether there was one."""
        return self._db.execute("DELETE FROM person WHERE email = ?", (email,)).rowcount > 0

    def session(self, token_hash: bytes, now_ms: int) -> Session | None:
        """The session with that hash, if it is not over."""
        row = self._db.execute(
            f"{_SESSION} WHERE hash = ? AND expires_ms > ?", (token_hash, now_ms)
        ).fetchone()
        return None if row is None else Session(**dict(zip(_names(Session), row, strict=True)))

    def put_session(self, session: Session, now_ms: int) -> None:
        """Let somebody in, and forget the sessions that are over."""
        self._db.execute("DELETE FROM session WHERE expires_ms <= ?", (now_ms,))
        self._db.execute(
            "INSERT INTO session VALUES (?, ?, ?, ?)", msgspec.structs.astuple(session)
        )

    def end_session(self, token_hash: bytes) -> None:
        """Sign out."""
        self._db.execute("DELETE FROM session WHERE hash = ?", (token_hash,))

    def end_sessions_of(self, email: str) -> None:
        """Sign a person out everywhere."""
        self._db.execute("DELETE FROM session WHERE email = ?", (email,))

    def shares(self) -> Sequence[Share]:
        """All share links, oldest first."""
        rows = self._db.execute(f"{_SHARE} ORDER BY created_ms, id").fetchall()
        return [_share(row) for row in rows]

    def share(self, share_id: str) -> Share | None:
        """The share link of that id."""
        row = self._db.execute(f"{_SHARE} WHERE id = ?", (share_id,)).fetchone()
        return None if row is None else _share(row)

    def share_of_hash(self, token_hash: bytes) -> Share | None:
        """The share link with that token."""
        row = self._db.execute(f"{_SHARE} WHERE hash = ?", (token_hash,)).fetchone()
        return None if row is None else _share(row)

    def put_share(self, share: Share) -> None:
        """Add a share link."""
        self._db.execute(
            "INSERT INTO share VALUES (?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(share)
        )

    def revoke_share(self, share_id: str) -> bool:
        """Make a share link worthless and end its sessions; whether there was one."""
        return self._db.execute("DELETE FROM share WHERE id = ?", (share_id,)).rowcount > 0

    def close(self) -> None:
        """Let the file go."""
        self._db.close()


def _names(form: type[msgspec.Struct]) -> tuple[str, ...]:
    return form.__struct_fields__


def _person(row: tuple[str, str, str, int]) -> Person:
    email, role, password_hash, created_ms = row
    return Person(email=email, role=Role(role), password_hash=password_hash, created_ms=created_ms)


def _share(row: tuple[object, ...]) -> Share:
    return msgspec.convert(dict(zip(_names(Share), row, strict=True)), Share)
