"""Everything that a folder holds, part by part, each read to the end: what `check` checks."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import duckdb

from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.groups import Damaged, unpack
from liveinsight.adapters.local.lake import SqliteLake, digest_of
from liveinsight.adapters.sql.relations import COLUMNS, quoted
from liveinsight.domain.lake import FORMAT, LakeFile, Relation

DATABASE = "liveinsight.db"
JOURNAL = "journal, commit group "


class LocalContent:
    """The port `Kept`. Beside a running server it sees the folder as it was at the start."""

    def __init__(self, folder: Folder) -> None:
        self._db = folder.connect()
        self._lake = SqliteLake(folder)
        self._files = {f"lake/{file.name}": file for file in self._lake.named()}
        self._engine = duckdb.connect()
        self._reading = self._lake.reading()
        self._reading.__enter__()

    def close(self) -> None:
        """Let everything go."""
        self._reading.__exit__(None, None, None)
        self._engine.close()
        self._lake.close()
        self._db.close()

    def parts(self) -> Sequence[str]:
        """The database, each commit group, each file of the lake."""
        seqs = [seq for (seq,) in self._db.execute("SELECT seq FROM journal ORDER BY seq")]
        return [DATABASE, *(f"{JOURNAL}{seq}" for seq in seqs), *self._files]

    def fault(self, part: str) -> str | None:
        """What is wrong with the part."""
        try:
            if part == DATABASE:
                return self._database_fault()
            if part.startswith(JOURNAL):
                return self._group_fault(int(part.removeprefix(JOURNAL)))
            return self._file_fault(self._files[part])
        except (sqlite3.Error, duckdb.Error, OSError) as error:
            return str(error)

    def _database_fault(self) -> str | None:
        (told,) = self._db.execute("PRAGMA integrity_check(1)").fetchone()
        return None if told == "ok" else str(told)

    def _group_fault(self, seq: int) -> str | None:
        row = self._db.execute("SELECT n, body FROM journal WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            return None  # sealed and removed meanwhile
        try:
            group = unpack(row[1])
        except Damaged as error:
            return f"cannot be read: {error}"
        return (
            None if len(group.events) == row[0] else f"holds {len(group.events)} of {row[0]} events"
        )

    def _file_fault(self, file: LakeFile) -> str | None:
        path = Path(file.path)
        if not path.exists():
            return "is missing"
        if path.stat().st_size != file.size_bytes:
            return f"has {path.stat().st_size} bytes in place of {file.size_bytes}"
        if digest_of(file.path) != file.digest:
            return "is not as it was written"
        return self._format_fault(file) or self._rows_fault(file) or self._figures_fault(file)

    def _format_fault(self, file: LakeFile) -> str | None:
        told = dict(
            self._engine.execute(
                f"SELECT decode(key), decode(value) FROM parquet_kv_metadata({quoted(file.path)})"  # noqa: S608 - our own path
            ).fetchall()
        )
        version = told.get("liveinsight.format", "none")
        if not version.isdigit() or int(version) > FORMAT:
            return f"is of format {version}, and {FORMAT} is the newest that is known here"
        return None

    def _rows_fault(self, file: LakeFile) -> str | None:
        """Every column of every row is read."""
        columns = ", ".join(COLUMNS[file.relation])
        row = self._engine.execute(
            f"SELECT count(*), bit_xor(hash({columns})) FROM read_parquet({quoted(file.path)})"  # noqa: S608 - our own path
        ).fetchone()
        rows = row[0] if row else 0
        return None if rows == file.rows else f"has {rows} rows in place of {file.rows}"

    def _figures_fault(self, file: LakeFile) -> str | None:
        """The roll-up says of each day what its events say."""
        if file.relation is not Relation.ROLLUP:
            return None
        month = f"{file.first_day:%Y-%m}"
        paths = ", ".join(
            quoted(other.path)
            for other in self._files.values()
            if other.site == file.site
            and other.relation is Relation.EVENTS
            and f"{other.first_day:%Y-%m}" == month
        )
        differing = self._engine.execute(
            "SELECT day, told.pageviews, counted.pageviews\n"  # noqa: S608 - our own paths
            f"FROM (SELECT day, pageviews FROM read_parquet({quoted(file.path)})"
            " WHERE dimension = 'total' AND day = start_day) AS told\n"
            "FULL JOIN (SELECT day, count(*) FILTER (type = 'page_view') AS pageviews"
            f" FROM read_parquet([{paths}]) GROUP BY day) AS counted USING (day)\n"
            "WHERE told.pageviews IS DISTINCT FROM counted.pageviews\n"
            "ORDER BY day"
        ).fetchone()
        if differing is None:
            return None
        day, told, counted = differing
        return f"says {told} page views of {day}, and its events {counted}"
