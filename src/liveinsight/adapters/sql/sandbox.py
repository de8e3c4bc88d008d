"""A stranger's SQL, in a DuckDB of its own that can read nothing but one site's rows.

The views are made first and everything is locked after: no files but the site's own (DuckDB
itself refuses the others), no network, no extensions, no settings, no Python variables, one
SELECT, few threads, little memory, no spilling, and an end when its time is over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytz  # noqa: F401 - DuckDB tells moments with a zone by it
from msgspec import Struct

from liveinsight.adapters.sql.deadlines import deadlines
from liveinsight.adapters.sql.memory import NEAR
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.relations import COLUMNS, Piece, over, paths_of, quoted
from liveinsight.domain.errors import Invalid
from liveinsight.domain.lake import Relation
from liveinsight.domain.rows import Column, Sql, SqlReport

VIEWS = (Relation.EVENTS, Relation.VISITS)
# What only the lake's own housekeeping needs.
HIDDEN = frozenset({"prior", "own_origin", "own_client"})


class Caps(Struct, frozen=True):
    """What one question may take."""

    memory_mb: int = 256
    threads: int = 1
    seconds: float = 10.0


DEFAULT = Caps()


def ask(reading: Reading, question: Sql, caps: Caps | None = None) -> SqlReport:
    """The rows of one SELECT."""
    with TemporaryDirectory(prefix="liveinsight-sql-") as folder:
        sources = _sources(reading, question.site, Path(folder))
        caps = caps or DEFAULT
        with _sandbox(sources, caps) as connection, reading.running(connection):
            return _rows(connection, question, caps.seconds)


def _sources(reading: Reading, site: str, folder: Path) -> dict[Relation, tuple[str, list[str]]]:
    """For each view its SELECT and the files it reads; live rows are copied out to one more."""
    known = reading.relations.days(site)
    pieces = reading.relations.pieces(site, *known) if known else ()
    return {relation: _source(reading, relation, pieces, folder) for relation in VIEWS}


def _source(
    reading: Reading, relation: Relation, pieces: tuple[Piece, ...], folder: Path
) -> tuple[str, list[str]]:
    settled = [piece for piece in pieces if not piece.is_live]
    live = [piece for piece in pieces if piece.is_live]
    columns = ", ".join(name for name in COLUMNS[relation] if name not in HIDDEN)
    path = str(folder / f"{relation}.parquet")
    # Without pieces this is no row of the right types.
    reading.cursor.execute(f"COPY {over(live, relation)} TO {quoted(path)} (FORMAT parquet)")
    selects = [f"SELECT {columns} FROM read_parquet({quoted(path)})"]
    paths = paths_of(settled, relation)
    if paths:
        selects.append(f"SELECT {columns} FROM {over(settled, relation)}")
    return " UNION ALL ".join(selects), [path, *paths]


@contextmanager
def _sandbox(
    sources: dict[Relation, tuple[str, list[str]]], caps: Caps
) -> Iterator[duckdb.DuckDBPyConnection]:
    paths = sorted({path for _, files in sources.values() for path in files})
    connection = duckdb.connect(
        config={
            "memory_limit": f"{caps.memory_mb}MB",
            "threads": caps.threads,
            "max_temp_directory_size": "0B",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            **NEAR,
        }
    )
    try:
        for relation, (select, _) in sources.items():
            connection.execute(f"CREATE VIEW {relation} AS {select}")
        listed = ", ".join(quoted(path) for path in paths)
        connection.execute(f"SET allowed_paths = [{listed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _rows(connection: duckdb.DuckDBPyConnection, question: Sql, seconds: float) -> SqlReport:
    try:
        statement = _only_select(connection, question.sql)
        with deadlines.within(seconds, connection.interrupt):
            answer = connection.execute(statement)
            columns = tuple(Column(name, str(kind)) for name, kind, *_ in answer.description)
            rows = answer.fetchmany(question.limit + 1)
    except duckdb.InterruptException:
        raise Invalid("sql", f"takes longer than {seconds:g} s") from None
    except duckdb.Error as error:
        raise Invalid("sql", str(error)) from None
    told = [[_plain(value) for value in row] for row in rows[: question.limit]]
    return SqlReport(columns, told, truncated=len(rows) > question.limit)


def _only_select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Invalid("sql", "must be one SELECT")
    return statements[0]


def _plain(value: object) -> object:
    """What JSON can tell; the rest as text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
