"""`liveinsight live`: the live view in the terminal, pushed by the server."""

from collections.abc import Iterable, Iterator
from typing import Annotated
from urllib.parse import urlencode

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.live import Live as Screen
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from liveinsight.domain.live import Live
from liveinsight.entrypoints.cli.shared import (
    AsJson,
    DataDir,
    Key,
    ServerUrl,
    SiteToo,
    asked,
    console,
    credentials,
    server_of,
    told_errors,
)

BARS = " ▁▂▃▄▅▆▇█"
FEED_SHOWN = 12


@told_errors
def live(
    site: Annotated[str | None, typer.Argument(help="Site id or domain.")] = None,
    *,
    site_too: SiteToo = None,
    url: ServerUrl = None,
    key: Key = None,
    json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Watch a site; Ctrl-C ends it. With --json: the figures now, once."""
    site = site or site_too
    path = f"/api/realtime?{urlencode({'site': site})}" if site else "/api/realtime"
    server, headers = server_of(url, data_dir), credentials(key, data_dir)
    if json:
        with asked(server, "GET", path, headers) as response:
            print(response.read().decode())
        return
    headers["Accept"] = "text/event-stream"
    terminal = console()
    with asked(server, "GET", path, headers) as response:
        if not terminal.is_terminal:  # a file or a pipe takes one after the other
            for told in messages(response):
                terminal.print(shown(told, site or "live"))
                terminal.file.flush()
            return
        with Screen(console=terminal, auto_refresh=False) as screen:
            for told in messages(response):
                screen.update(shown(told, site or "live"), refresh=True)


def messages(lines: Iterable[bytes]) -> Iterator[Live]:
    """The figures in a stream of server-sent events."""
    for line in lines:
        if line.startswith(b"data: "):
            yield msgspec.json.decode(line[6:], type=Live)


def shown(told: Live, name: str) -> RenderableType:
    """The figures as a page of text."""
    head = Text.assemble(
        (f" {name} ", "reverse"),
        ("  ● ", "green" if told.active_users else "dim"),
        (f"{told.active_users} online", "bold"),
        f"   {told.visitors_last_30min} visitors, {told.pageviews_last_30min} views in 30 min",
    )
    bars = Text(sparkline([bar.pageviews for bar in told.series]), "cyan")
    lists = Table.grid(padding=(0, 4))
    lists.add_row(
        _ranking("Pages now", told.current_pages.items()),
        _ranking("Sources", ((row.name, row.visitors) for row in told.top_sources)),
        _ranking("Countries", ((row.name, row.visitors) for row in told.top_countries)),
    )
    return Group(head, bars, lists, _feed(told))


def sparkline(values: list[int]) -> str:
    """Bars of eighths, the highest full."""
    highest = max(values, default=0) or 1
    return "".join(BARS[-(-value * (len(BARS) - 1) // highest)] for value in values)


def _ranking(title: str, rows: Iterable[tuple[str | None, int]]) -> Table:
    table = Table(title, "", box=None, show_edge=False)
    for name, count in [*rows][:10]:
        # Names are strangers' text: no markup is read in them.
        table.add_row(escape((name or "(none)")[:40]), str(count))
    return table


def _feed(told: Live) -> Table:
    table = Table("Just now", "", "", "", box=None, show_edge=False)
    for glimpse in told.feed[:FEED_SHOWN]:
        ago = max(0, told.timestamp - glimpse.time) // 1000
        what = glimpse.page if glimpse.event == "page_view" else glimpse.event
        about = " ".join(filter(None, (glimpse.country, glimpse.browser, glimpse.os)))
        told_of = escape((what or "")[:50])
        table.add_row(f"{ago:>4} s", told_of, escape(glimpse.source or ""), escape(about))
    return table
