"""Judging: what has come finds its visits, together with whatever lies near it.

The batch stands in the table `work`. What is hot and near is put beside it, what is sealed and near
is lifted from its files, until nothing more is in reach; then all of it is judged as one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from duckdb import DuckDBPyConnection

from liveinsight.adapters.sql.fragments import statements
from liveinsight.adapters.sql.relations import ONE_DAY, quoted
from liveinsight.domain.lake import LakeFile, Relation


class HotSql:
    """The statements of `hot/*.sql`, on one connection."""

    def __init__(self, db: DuckDBPyConnection) -> None:
        self.db = db

    def run(self, name: str, pieces: Mapping[str, str] | None = None, **values: int | str) -> None:
        """All of a file, with pieces of text and values put in."""
        for statement in statements("hot", name):
            text = statement.format_map(pieces) if pieces else statement
            named = {key: value for key, value in values.items() if f"${key}" in text}
            self.db.execute(text, named)

    def number(self, sql: str) -> int:
        """What a query of one number tells."""
        row = self.db.execute(sql).fetchone()
        assert row is not None
        return int(row[0])


class Judging:
    """Within the transaction of whoever asks; `files` are those of the lake as it is then."""

    def __init__(self, sql: HotSql) -> None:
        self._sql = sql

    def judge(self, epoch: int, files: Sequence[LakeFile]) -> None:
        """What is in `work` and not known yet finds its visits."""
        self._sql.run("arrive_once")
        near = self._near(files)
        if near:
            self._name_near(near, set())
            self._sql.run("arrive_sealed", {"files": _listed(near)})
            months = [file for file in near if file.period_is_month]
            if events := [file for file in months if file.relation is Relation.EVENTS]:
                self._sql.run("arrive_month", {"files": _listed(events)})
        self._sql.run("set_aside", epoch=epoch)
        if self._sql.number("SELECT count(*) FROM work"):
            self.gather(epoch, files)
            self._sql.run("judge", epoch=epoch)

    def gather(self, epoch: int, files: Sequence[LakeFile]) -> None:
        """Take out whatever may be judged differently now.

        A visit that is taken changes nothing beyond itself: what follows it lies over half an hour
        away, or after the end of a session, and starts with or without it. An event that had no
        visit may get one and reach on from there; a lifted visit may go on in another day's file.
        Only after these it is to be looked again.
        """
        self._sql.db.execute("DELETE FROM lifted")
        scanned: set[str] = set()
        turn, found = 0, 1
        while found:
            self._sql.run("take_hot", turn=turn)
            found = self._sql.number("SELECT count(*) FROM taken_aside")
            if found or self._sql.number("SELECT count(*) FROM taken"):
                self._sql.run("move_hot", turn=turn, epoch=epoch)
            found += self._lift(self._near(files), scanned, turn, epoch)
            turn += 1

    def _lift(self, near: list[LakeFile], scanned: set[str], turn: int, epoch: int) -> int:
        self._name_near(near, scanned)
        found = 0
        for relation, name, table in (
            (Relation.EVENTS, "take_sealed", "taken"),
            (Relation.ASIDE, "take_sealed_aside", "taken_aside"),
        ):
            files = [file for file in near if file.relation is relation]
            if files:
                self._sql.run(name, {"files": _listed(files)}, turn=turn, epoch=epoch)
                found += self._sql.number(f"SELECT count(*) FROM {table}")
        scanned |= {file.name for file in near}
        return found

    def _name_near(self, near: list[LakeFile], scanned: set[str]) -> None:
        self._sql.db.execute("DELETE FROM near_files")
        if near:
            self._sql.db.executemany(
                "INSERT INTO near_files VALUES (?, ?, ?)",
                [(file.path, file.site, file.name not in scanned) for file in near],
            )

    def _near(self, files: Sequence[LakeFile]) -> list[LakeFile]:
        """The files of the days that the batch touches, and of those before and after."""
        days: dict[str, set[date]] = {}
        for site, day in self._sql.db.execute("SELECT DISTINCT site, day FROM work").fetchall():
            days.setdefault(site, set()).update((day - ONE_DAY, day, day + ONE_DAY))
        return [
            file
            for file in files
            if file.relation in (Relation.EVENTS, Relation.ASIDE)
            and any(file.first_day <= day <= file.last_day for day in days.get(file.site, ()))
        ]


def _listed(files: Iterable[LakeFile]) -> str:
    """The files as a SQL list."""
    return "[" + ", ".join(quoted(file.path) for file in files) + "]"
