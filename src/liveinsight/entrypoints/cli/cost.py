"""`liveinsight cost`: what this traffic would cost on AWS."""

from datetime import timedelta
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.database import Folder
from liveinsight.domain.errors import Misconfigured
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import local_day
from liveinsight.entrypoints.cli.shared import AsJson, DataDir, console, settings_of, told_errors
from liveinsight.usecases import cost as costs

DAYS = 30


@told_errors
def cost(
    *,
    events: Annotated[
        int | None, typer.Option("--events", min=0, help="Events a month; else your own traffic.")
    ] = None,
    per_request: Annotated[
        float,
        typer.Option("--per-request", min=1, max=100, help="Events that come in one request."),
    ] = 1.0,
    json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Tell what this traffic would cost on AWS in a month."""
    sites = 1
    if events is None:
        events, sites = _own_traffic(data_dir)
    lines = costs.cost(costs.Traffic(events, per_request, sites))
    total = round(sum(line.usd for line in lines), 2)
    if json:
        told = {"events": events, "lines": lines, "total_usd": total}
        print(msgspec.json.encode(told).decode())
        return
    table = Table(title=f"{events:,} events a month, {per_request:g} in a request")
    table.add_column("")
    table.add_column("USD a month", justify="right")
    for line in lines:
        table.add_row(line.part, f"{line.usd:,.2f}")
    table.add_section()
    table.add_row("sum", f"{total:,.2f}")
    console().print(table)


def _own_traffic(data_dir: DataDir) -> tuple[int, int]:
    """The sealed events of the last 30 days, and of how many sites they are."""
    from liveinsight.adapters.local.lake import SqliteLake  # noqa: PLC0415 - not for --events

    folder = Folder(settings_of(data_dir).data_dir)
    if not folder.database.exists():
        raise Misconfigured(f"There is no traffic in {folder.path}: tell --events.")
    lake = SqliteLake(folder)
    try:
        files = lake.files()
    finally:
        lake.close()
    since = local_day(SystemClock().now_ms(), "UTC").date - timedelta(days=DAYS)
    counted = [
        file for file in files if file.relation is Relation.EVENTS and file.last_day >= since
    ]
    rows = 0.0
    for file in counted:
        days = (file.last_day - file.first_day).days + 1
        inside = (file.last_day - max(file.first_day, since)).days + 1
        rows += file.rows * inside / days
    return round(rows), max(1, len({file.site for file in counted}))
