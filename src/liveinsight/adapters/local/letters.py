"""Letters in the installation's SQLite file."""

from collections.abc import Sequence

from liveinsight.adapters.local.database import Folder
from liveinsight.domain.letter import Every, Language, Letter

_LETTER = "SELECT site, recipient, every, language, sent, sent_ms, failure FROM letter"
_REMOVE = "DELETE FROM letter WHERE site = ? AND recipient = ? AND every = ?"
_SENT = (
    "UPDATE letter SET sent = ?, sent_ms = ?, failure = '' "
    "WHERE site = ? AND recipient = ? AND every = ?"
)
_FAILED = "UPDATE letter SET failure = ? WHERE site = ? AND recipient = ? AND every = ?"


class SqliteLetters:
    """The rows as they are."""

    def __init__(self, folder: Folder) -> None:
        self._db = folder.connect()

    def all(self, site: str | None = None) -> Sequence[Letter]:
        """Those of a site, or of all."""
        rows = self._db.execute(
            f"{_LETTER} WHERE ?1 IS NULL OR site = ?1 ORDER BY site, recipient, every", (site,)
        ).fetchall()
        return [_letter(row) for row in rows]

    def put(self, letter: Letter) -> None:
        """One more; of one that is there the language is changed."""
        told = (letter.site, letter.to, letter.every, letter.language, letter.sent)
        self._db.execute(
            "INSERT INTO letter (site, recipient, every, language, sent) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET language = excluded.language",
            told,
        )

    def remove(self, letter: Letter) -> bool:
        """No more of it; whether there was one."""
        return self._db.execute(_REMOVE, _key(letter)).rowcount > 0

    def sent(self, letter: Letter, period: str, now_ms: int) -> None:
        """It went out."""
        self._db.execute(_SENT, (period, now_ms, *_key(letter)))

    def failed(self, letter: Letter, failure: str) -> None:
        """It did not; for whom looks after it."""
        self._db.execute(_FAILED, (failure, *_key(letter)))

    def close(self) -> None:
        """Let the file go."""
        self._db.close()


def _key(letter: Letter) -> tuple[str, str, str]:
    return letter.site, letter.to, letter.every


def _letter(row: tuple[str, str, str, str, str, int | None, str]) -> Letter:
    site, to, every, language, sent, sent_ms, failure = row
    return Letter(
        site=site,
        to=to,
        every=Every(every),
        language=Language(language),
        sent=sent,
        sent_ms=sent_ms,
        failure=failure,
    )
