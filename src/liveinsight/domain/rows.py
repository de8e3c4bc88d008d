"""Free questions: read-only SQL over a site's own rows, and the rows themselves."""

from datetime import date
from typing import Any, Literal

from msgspec import Struct

from liveinsight.domain import range as ranges
from liveinsight.domain.errors import Invalid

MAX_SQL_CHARS = 20_000
MAX_ROWS = 10_000
Format = Literal["parquet", "csv"]


class Sql(Struct, frozen=True):
    """One SELECT over `events` and `visits` of the site."""

    site: str
    sql: str
    limit: int = 1000


class Column(Struct, frozen=True):
    """A column's name and DuckDB type."""

    name: str
    type: str


class SqlReport(Struct, frozen=True):
    """The rows; `truncated` where there were more than `limit`."""

    columns: tuple[Column, ...]
    rows: list[list[Any]]
    truncated: bool


class Export(Struct, frozen=True):
    """Which events to give out, and how."""

    format: Format
    span: ranges.Span


def checked_sql(site: str, sql: str, limit: int = 1000) -> Sql:
    """The question, within limits."""
    if not sql.strip():
        raise Invalid("sql", "is empty")
    if len(sql) > MAX_SQL_CHARS:
        raise Invalid("sql", f"is longer than {MAX_SQL_CHARS} characters")
    if not 1 <= limit <= MAX_ROWS:
        raise Invalid("limit", f"must be 1 to {MAX_ROWS}")
    return Sql(site, sql, limit)


def export_range(start: str | None, end: str | None) -> ranges.Range:
    """Days or times as in a query; all of it where nothing is said."""
    if start is None and end is None:
        return ranges.Named.ALL
    asked = ranges.parse({"from": start if start is not None else "1970-01-01", "to": end}, "range")
    if isinstance(asked, ranges.Between) and start is None:
        return ranges.Between(date(1970, 1, 1), asked.end)
    return asked
