"""`liveinsight import` and `liveinsight export`: events in, events out."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from liveinsight.domain.errors import Invalid, Misconfigured, NotFound
from liveinsight.entrypoints.cli.shared import DataDir, control_of, say, settings_of, told_errors

SiteId = Annotated[str, typer.Option("--site", help="The site.")]


class Format(StrEnum):
    """What can be brought in."""

    EVENTS = "events"
    EXPORT = "export"


class Kind(StrEnum):
    """What can be written."""

    PARQUET = "parquet"
    CSV = "csv"


@told_errors
def import_(
    kind: Annotated[
        Format,
        typer.Argument(
            metavar="FORMAT",
            help="events: CSV or JSON lines in the fields of POST /api/events, what other trackers "
            "kept, or a web server's log; export: what `liveinsight export` wrote.",
        ),
    ],
    path: Annotated[Path, typer.Argument(help="The file.")],
    site: SiteId,
    last: Annotated[
        str | None,
        typer.Option(
            "--to", help="The last day, or the time before which (of events).", show_default=False
        ),
    ] = None,
    *,
    data_dir: DataDir = None,
) -> None:
    """Bring past events in; stopped anywhere, the same command goes on where it was."""
    from liveinsight.wiring.bringing import Import  # noqa: PLC0415 - DuckDB is heavy

    if last is not None and kind is Format.EXPORT:
        raise Misconfigured("An export is brought in as a whole; write one with --to.")
    bringing = Import(settings_of(data_dir), site, path, last)
    try:
        before = bringing.events
        with _shown() as shown:
            task = shown.add_task(f"Importing {path.name}", total=None)

            def told(done: int, total: int) -> None:
                shown.update(task, completed=done, total=total or None)

            drops = bringing.export(told) if kind is Format.EXPORT else bringing.plain(told)
        say(f"{bringing.events - before} events were brought into {site}.")
        if bringing.later:
            say(f"{bringing.later} were left out, as they came later.")
        for reason, n in sorted((drops or {}).items()):
            say(f"{n} are counted as {reason}.")
    finally:
        bringing.close()


@told_errors
def export(
    site: SiteId,
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    kind: Annotated[
        Kind | None,
        typer.Option("--format", help="parquet or csv; else by the file's ending."),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="The first day or time.", show_default=False)
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", help="The last day, or the time before which.", show_default=False),
    ] = None,
    *,
    data_dir: DataDir = None,
) -> None:
    """Write all events of a site into a file, beside a running server too."""
    from liveinsight.adapters.clock import SystemClock  # noqa: PLC0415 - DuckDB is heavy
    from liveinsight.adapters.local.database import Folder  # noqa: PLC0415
    from liveinsight.adapters.local.store.duck import DuckStore  # noqa: PLC0415
    from liveinsight.adapters.local.store.limits import Limits  # noqa: PLC0415
    from liveinsight.domain import range as ranges  # noqa: PLC0415
    from liveinsight.domain.rows import Export, export_range  # noqa: PLC0415
    from liveinsight.wiring.replies import exported  # noqa: PLC0415

    settings = settings_of(data_dir)
    with control_of(data_dir) as control:
        found = control.sites().by_name(site)
    if found is None:
        raise NotFound(f"There is no site {site}.")
    if kind is None:
        try:
            kind = Kind(out.suffix.lower().removeprefix("."))
        except ValueError:
            raise Invalid("--out", "must end with .parquet or .csv, or say --format") from None
    if not out.parent.is_dir():
        raise Misconfigured(f"There is no folder {out.parent}.")
    now_ms = SystemClock().now_ms()
    span = ranges.settle(
        export_range(first, last), now_ms=now_ms, zone_name=found.timezone, first_ms=0
    )
    store = DuckStore(
        Folder(settings.data_dir), SystemClock(), Limits(settings.memory_limit_mb), beside=True
    )
    unfinished = out.with_name(out.name + ".part")
    try:
        store.catch_up()
        with store.reading() as reading:
            exported(reading, Export(kind.value, span), found, str(unfinished))
        unfinished.rename(out)
    finally:
        store.close()
        unfinished.unlink(missing_ok=True)
    say(
        f"{out} holds the events of {site} as of {datetime.fromtimestamp(now_ms / 1000, UTC):%c} UTC."
    )


def _shown() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
