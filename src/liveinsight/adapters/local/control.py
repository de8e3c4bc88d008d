"""Sites, keys, secrets and salts in the installation's SQLite file, so that the CLI can change
them while the server runs: each change raises `control_version`, which the server watches.
"""

import secrets
import sqlite3
from collections.abc import Sequence
from datetime import date

import msgspec

from liveinsight.adapters.local.database import Folder, cut_log
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.period import DAY_MS, day_span
from liveinsight.domain.site import Site, SiteBook
from liveinsight.ports import Clock

SALT_BYTES = 16
SECRET_BYTES = 32


class SqliteControl:
    """What people decided. Small, so it is read whole and kept until something changes."""

    def __init__(self, folder: Folder) -> None:
        self._db = folder.connect()
        self._version = -1
        self._sites = SiteBook()
        self._keys: dict[bytes, Key] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Read again what another process may have changed; whether it had."""
        (version,) = self._db.execute(
            "SELECT value FROM meta WHERE key = 'control_version'"
        ).fetchone()
        if version == self._version:
            return False
        self._version = version
        self._sites = SiteBook(
            msgspec.json.decode(settings, type=Site)
            for (settings,) in self._db.execute("SELECT settings FROM site ORDER BY id")
        )
        self._keys = {key.hash: key for key in map(_key, self._db.execute(_SELECT_KEYS))}
        return True

    def sites(self) -> SiteBook:
        """All sites."""
        return self._sites

    def put_site(self, site: Site) -> None:
        """Add a site or change its settings."""
        settings = msgspec.json.encode(site).decode()
        self._change(
            "INSERT INTO site VALUES (?, ?) ON CONFLICT DO UPDATE SET settings = excluded.settings",
            (site.id, settings),
        )

    def remove_site(self, site_id: str) -> bool:
        """Forget a site's settings; whether there was one."""
        self._change("DELETE FROM letter WHERE site = ?", (site_id,))
        self._change("DELETE FROM alert WHERE site = ?", (site_id,))
        return self._change("DELETE FROM site WHERE id = ?", (site_id,))

    def keys(self) -> Sequence[Key]:
        """All keys, oldest first."""
        return sorted(self._keys.values(), key=lambda key: (key.created_ms, key.id))

    def key_of_hash(self, key_hash: bytes) -> Key | None:
        """The key with that hash."""
        return self._keys.get(key_hash)

    def put_key(self, key: Key) -> None:
        """Add a key."""
        self._change(
            "INSERT INTO api_key VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key.id,
                key.hash,
                ",".join(sorted(key.scopes)),
                key.site,
                key.label,
                key.created_ms,
                key.last_used_ms,
            ),
        )

    def revoke_key(self, key_id: str) -> bool:
        """Make a key worthless; whether there was one."""
        return self._change("DELETE FROM api_key WHERE id = ?", (key_id,))

    def note_use(self, used_ms: dict[str, int]) -> None:
        """When keys were last used; told now and then, as no decision hangs on it."""
        self._db.executemany(
            "UPDATE api_key SET last_used_ms = ? WHERE id = ?",
            [(at_ms, key_id) for key_id, at_ms in used_ms.items()],
        )

    def secret(self, name: str) -> bytes:
        """A secret of the installation, made when first asked for."""
        return _get_or_make(
            self._db,
            "SELECT value FROM secret WHERE name = ?",
            "INSERT INTO secret VALUES (?, ?) ON CONFLICT DO NOTHING",
            (name,),
            (secrets.token_bytes(SECRET_BYTES),),
        )

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def _change(self, statement: str, values: tuple[object, ...]) -> bool:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            changed = self._db.execute(statement, values).rowcount > 0
            self._db.execute("UPDATE meta SET value = value + 1 WHERE key = 'control_version'")
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self.refresh()
        return changed


_SELECT_KEYS = "SELECT id, hash, scopes, site, label, created_ms, last_used_ms FROM api_key"


def _key(row: tuple[str, bytes, str, str | None, str, int, int | None]) -> Key:
    key_id, key_hash, scopes, site, label, created_ms, last_used_ms = row
    return Key(
        id=key_id,
        hash=key_hash,
        scopes=frozenset(Scope(scope) for scope in scopes.split(",") if scope),
        site=site,
        label=label,
        created_ms=created_ms,
        last_used_ms=last_used_ms,
    )


class SqliteSalts:
    """Salts of local days; `forget` overwrites them in the file, not only in the index."""

    def __init__(self, folder: Folder, clock: Clock) -> None:
        self._db = folder.connect()
        self._db.execute("PRAGMA secure_delete = ON")
        # Its own: who asks for a salt must not wait for the log to be cut.
        self._cutting = folder.connect()
        self._is_cut = False  # whoever was here before may have had no time for it
        self._clock = clock
        self._known: dict[tuple[str, date], bytes] = {}

    def of(self, site: Site, day: date) -> bytes:
        """The salt of the site's day, made when first asked for and durable before it is told."""
        salt = self._known.get((site.id, day))
        if salt is None:
            end_ms = max(day_span(day, site.timezone).end_ms, self._clock.now_ms())
            salt = _get_or_make(
                self._db,
                "SELECT value FROM salt WHERE site = ? AND day = ?",
                "INSERT INTO salt VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (site.id, day.isoformat()),
                (secrets.token_bytes(SALT_BYTES), end_ms + DAY_MS),
            )
            self._known[site.id, day] = salt
        return salt

    def if_known(self, site: Site, day: date) -> bytes | None:
        """The salt of the day if there is one."""
        salt = self._known.get((site.id, day))
        if salt is None:
            row = self._db.execute(
                "SELECT value FROM salt WHERE site = ? AND day = ?", (site.id, day.isoformat())
            ).fetchone()
            if row is not None:
                salt = self._known[site.id, day] = row[0]
        return salt

    def forget(self) -> int:
        """Delete what is over for good, from the log of the file too; how many."""
        gone = self._db.execute(
            "DELETE FROM salt WHERE expires_ms <= ?", (self._clock.now_ms(),)
        ).rowcount
        self._known.clear()
        if gone or not self._is_cut:
            self._is_cut = cut_log(self._cutting)
        return gone

    def close(self) -> None:
        """Let the file go."""
        self._cutting.close()
        self._db.close()


def _get_or_make(
    db: sqlite3.Connection,
    select: str,
    insert: str,
    key: tuple[object, ...],
    made: tuple[object, ...],
) -> bytes:
    """Read a value, or make it; when two make it at once, both get the one that was first."""
    try:
        row = db.execute(select, key).fetchone()
        if row is None:
            db.execute(insert, key + made)
            row = db.execute(select, key).fetchone()
    except sqlite3.Error as error:
        raise Unavailable("This cannot be stored at the moment.", retry_after_s=5) from error
    value: bytes = row[0]
    return value
