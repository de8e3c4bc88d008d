"""`liveinsight stats | query | sql`: ask the past, of the data folder or of a server."""

import json as jsons
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table as Shown

from liveinsight.domain.errors import Invalid
from liveinsight.domain.range import Named
from liveinsight.entrypoints.cli.live import sparkline
from liveinsight.entrypoints.cli.shared import (
    AsJson,
    DataDir,
    Key,
    SiteToo,
    console,
    say,
    settings_of,
    told_errors,
)

if TYPE_CHECKING:
    from liveinsight.entrypoints.connect import Connection, Table

Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="Ask this server; else the data folder is read.", envvar="LIVEINSIGHT_URL"
    ),
]
Range = Annotated[str, typer.Option("--range", help="today, 7d, 30d, 12mo, all, … or FROM..TO.")]
INTERVALS = dict.fromkeys(("today", "yesterday", "24h"), "time:hour")
INTERVALS |= {"realtime": "time:minute", "12mo": "time:month", "all": "time:month"}
SIX = ["visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration"]
UNITS = {"bounce_rate": "%", "visit_duration": " s"}
SIDE = ["visitors", "visits", "pageviews", "bounce_rate"]


@told_errors
def stats(
    site: Annotated[str | None, typer.Argument(help="Site id or domain.")] = None,
    *,
    site_too: SiteToo = None,
    range_: Range = "30d",
    by: Annotated[str | None, typer.Option("--by", help="A dimension: page, source, …")] = None,
    limit: Annotated[int, typer.Option("--limit", help="Rows of --by.")] = 20,
    json: AsJson = False,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
) -> None:
    """The figures of a site, their course, and with --by what they are made of."""
    asked = _range(range_)
    about: dict[str, object] = {"range": asked, "dimensions": [INTERVALS.get(range_, "time:day")]}
    with _asked(url, key, data_dir) as connection:
        name = site or site_too or _only_site(connection)
        course = connection.query(name, SIX, **about)
        rows = None
        if by is not None:
            rows = connection.query(name, SIDE, range=asked, dimensions=[by], limit=limit)
    if json:
        told = {"totals": course.totals, "series": course.dicts()}
        print(jsons.dumps(told | ({"by": rows.dicts()} if rows else {}), ensure_ascii=False))
        return
    told_to = console()
    told_to.print(_figures(name, range_, course))
    if rows:
        told_to.print(_table(rows, _told))


@told_errors
def query(
    question: Annotated[str, typer.Argument(metavar="JSON", help="The question; - reads it.")],
    *,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
) -> None:
    """Ask any question, as of POST /api/query; the answer is JSON."""
    text = sys.stdin.read() if question == "-" else question
    try:
        asked = jsons.loads(text)
    except ValueError:
        raise Invalid("query", "is not JSON") from None
    if not isinstance(asked, dict):
        raise Invalid("query", "must be an object")
    with _asked(url, key, data_dir) as connection:
        print(jsons.dumps(connection.post("/api/query", asked), ensure_ascii=False))


@told_errors
def sql(
    select: Annotated[str, typer.Argument(metavar="SELECT", help="Over `events` and `visits`.")],
    *,
    site: Annotated[str | None, typer.Option("--site", help="Site id or domain.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="The most rows.")] = 1000,
    json: AsJson = False,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
) -> None:
    """One read-only SELECT over a site's rows; works while the server runs."""
    with _asked(url, key, data_dir) as connection:
        found = connection.sql(site or _only_site(connection), select, limit)
    if json:
        print(jsons.dumps(found.dicts(), ensure_ascii=False))
        return
    console().print(_table(found, _as_is))
    if found.about["truncated"]:
        say(f"Only the first {limit} rows; --limit takes more.")


@contextmanager
def _asked(url: str | None, key: str | None, data_dir: Path | None) -> "Iterator[Connection]":
    from liveinsight.entrypoints.connect import connect  # noqa: PLC0415 - DuckDB is heavy

    if url is None:
        connection = connect(settings_of(data_dir).data_dir)
    else:
        from liveinsight.entrypoints.cli.shared import credentials  # noqa: PLC0415

        connection = connect(url, key=credentials(key, data_dir).get("X-API-Key"))
    try:
        yield connection
    finally:
        connection.close()


def _only_site(connection: "Connection") -> str:
    names = [site["id"] for site in connection.sites()]
    if len(names) != 1:
        raise Invalid("site", f"must be told; there are {', '.join(names) or 'none'}")
    return str(names[0])


def _range(told: str) -> str | dict[str, str]:
    start, dots, end = told.partition("..")
    if not dots:
        if told not in set(Named):
            known = f"{told!r} is neither FROM..TO nor one of {', '.join(Named)}"
            raise typer.BadParameter(known, param_hint="--range")
        return told
    return {"from": start, "to": end} if end else {"from": start}


def _figures(name: str, told_range: str, course: "Table") -> Shown:
    table = Shown(title=f"{escape(name)}, {told_range}", title_justify="left", box=None)
    table.add_column("")
    table.add_column("", justify="right", style="bold")
    table.add_column("", style="cyan")
    for metric, total in course.totals.items():
        values = [row[metric] or 0 for row in course.dicts()]
        scaled = [round(value * 100) for value in values]
        told = _told(total) + UNITS.get(metric, "")
        table.add_row(metric.replace("_", " "), told, sparkline(scaled[-60:]))
    return table


def _table(found: "Table", told: Callable[[Any], str]) -> Shown:
    table = Shown(box=None)
    for place, column in enumerate(found.columns):
        is_number = any(isinstance(row[place], (int, float)) for row in found.rows)
        table.add_column(escape(column), justify="right" if is_number else "left")
    for row in found.rows:
        # Names are strangers' text: no markup is read in them.
        table.add_row(*(escape(told(value)) for value in row))
    return table


def _told(value: Any) -> str:
    """For reading: of a SELECT nobody knows which numbers are ids."""
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}" if is_count else _as_is(value)


def _as_is(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    return jsons.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
