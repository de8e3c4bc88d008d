"""`liveinsight migrate`: history and decisions from this machine to AWS, or back."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from liveinsight.entrypoints.cli.shared import AsJson, DataDir, say, settings_of, told_errors


@told_errors
def migrate(
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="s3://LAKE", help="From here to that lake.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="s3://LAKE", help="From that lake to here.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="History of the same sites, where it goes, makes room."),
    ] = False,
    json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Move all history, sites and keys to AWS or from there; stopped anywhere, it goes on."""
    from liveinsight.usecases.move import move  # noqa: PLC0415 - only for this
    from liveinsight.wiring.moving import of_aws, of_machine  # noqa: PLC0415 - DuckDB is heavy

    address = to or from_
    if address is None or (to and from_):
        raise typer.BadParameter("Where to (--to) or where from (--from)?")
    with (
        of_aws(address) as aws,
        of_machine(settings_of(data_dir)) as here,
        _shown() as shown,
    ):
        task = shown.add_task(f"Moving {'to' if to else 'from'} {address}", total=None)

        def told(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        source, target = (here, aws) if to else (aws, here)
        done = move(source, target, told, replaces=replace)
    if json:
        print(msgspec.json.encode(done).decode())
        return
    rows = ", ".join(f"{n:,} rows of {relation}" for relation, n in sorted(done.rows.items()))
    say(
        f"{done.sites} sites, {done.files} files ({done.copied} copied now) are there, "
        f"byte for byte: {rows or 'no history'}."
    )


def _shown() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
