"""Alerts in the installation's SQLite file."""

from collections.abc import Sequence

from liveinsight.adapters.local.database import Folder
from liveinsight.domain.alert import Alert, Sign
from liveinsight.domain.letter import Language

_ALERT = (
    "SELECT site, recipient, sign, visitors, hours, language, is_armed, sent_ms, failure FROM alert"
)
_PUT = (
    "INSERT INTO alert (site, recipient, sign, visitors, hours, language) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET visitors = excluded.visitors, hours = excluded.hours,"
    " language = excluded.language, is_armed = 0, sent_ms = NULL, failure = ''"
)
_REMOVE = "DELETE FROM alert WHERE site = ? AND recipient = ? AND sign = ?"
_ARMED = "UPDATE alert SET is_armed = 1 WHERE site = ? AND recipient = ? AND sign = ?"
_SENT = (
    "UPDATE alert SET is_armed = 0, sent_ms = ?, failure = '' "
    "WHERE site = ? AND recipient = ? AND sign = ?"
)
_FAILED = "UPDATE alert SET failure = ? WHERE site = ? AND recipient = ? AND sign = ?"


class SqliteAlerts:
    """The rows as they are."""

    def __init__(self, folder: Folder) -> None:
        self._db = folder.connect()

    def all(self, site: str | None = None) -> Sequence[Alert]:
        """Those of a site, or of all."""
        rows = self._db.execute(
            f"{_ALERT} WHERE ?1 IS NULL OR site = ?1 ORDER BY site, recipient, sign", (site,)
        ).fetchall()
        return [_alert(row) for row in rows]

    def put(self, alert: Alert) -> None:
        """One more; one that is there is changed, and begins anew."""
        told = (*_key(alert), alert.visitors, alert.hours, alert.language)
        self._db.execute(_PUT, told)

    def remove(self, alert: Alert) -> bool:
        """No more of it; whether there was one."""
        return self._db.execute(_REMOVE, _key(alert)).rowcount > 0

    def armed(self, alert: Alert) -> None:
        """It is over, and may be told when it comes again."""
        self._db.execute(_ARMED, _key(alert))

    def sent(self, alert: Alert, now_ms: int) -> None:
        """It was told."""
        self._db.execute(_SENT, (now_ms, *_key(alert)))

    def failed(self, alert: Alert, failure: str) -> None:
        """It was not; for whom looks after it."""
        self._db.execute(_FAILED, (failure, *_key(alert)))

    def close(self) -> None:
        """Let the file go."""
        self._db.close()


def _key(alert: Alert) -> tuple[str, str, str]:
    return alert.site, alert.to, alert.sign


def _alert(row: tuple[str, str, str, int, int, str, int, int | None, str]) -> Alert:
    site, to, sign, visitors, hours, language, is_armed, sent_ms, failure = row
    return Alert(
        site=site,
        to=to,
        sign=Sign(sign),
        visitors=visitors,
        hours=hours,
        language=Language(language),
        is_armed=bool(is_armed),
        sent_ms=sent_ms,
        failure=failure,
    )
