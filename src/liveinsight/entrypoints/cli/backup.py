"""`liveinsight backup`, `restore` and `downgrade`: the data of a folder, kept and put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from liveinsight.adapters.local.database import Folder
from liveinsight.domain.backup import Backup
from liveinsight.entrypoints.cli.shared import AsJson, DataDir, say, settings_of, told_errors

if TYPE_CHECKING:
    from liveinsight.wiring.backups import Told

Place = Annotated[str, typer.Argument(help="A folder for backups, or s3://bucket/prefix.")]


@told_errors
def backup(
    place: Place,
    *,
    keep: Annotated[
        int, typer.Option("--keep", min=0, help="Keep so many backups there; 0 is all.")
    ] = 0,
    if_older_than: Annotated[
        float | None,
        typer.Option("--if-older-than", help="Only if the newest is so many hours old."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Tell which are there.")] = False,
    json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Add a backup of all data to a place, also while the server runs."""
    from liveinsight.usecases.backup import backups  # noqa: PLC0415 - --help stays fast
    from liveinsight.wiring.backups import back_up, is_fresh, vault_of  # noqa: PLC0415

    if list_:
        names = backups(vault_of(place))
        print(msgspec.json.encode(names).decode() if json else "\n".join(names))
        return
    if if_older_than is not None and is_fresh(place, if_older_than):
        return
    with _shown() as told:
        made, gone = back_up(settings_of(data_dir).data_dir, place, keep, told)
    if json:
        print(msgspec.json.encode(made).decode())
    say(f"{_summary(made)} are in the backup {made.name} in {place}.")
    if gone:
        say(f"Removed: {', '.join(gone)}.")


@told_errors
def restore(
    place: Place,
    *,
    name: Annotated[
        str | None, typer.Option("--name", help="Which one; else the newest.", show_default=False)
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put what is there aside, and take its place.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Fetch it and read all of it; change nothing.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Put a backup back, after all of it was read; its server must not run."""
    from liveinsight.wiring.backups import put_back  # noqa: PLC0415 - --help stays fast

    folder = settings_of(data_dir).data_dir
    with _shown() as told:
        made, aside = put_back(folder, place, name, replace=replace, dry_run=dry_run, told=told)
    done = "can be put back" if dry_run else f"are back in {folder}"
    say(f"{_summary(made)} of the backup {made.name} {done}.")
    if aside is not None:
        say(f"What was there is in {aside}; remove it when you are sure.")


@told_errors
def downgrade(*, data_dir: DataDir = None) -> None:
    """Make the data fit for the version before this one; the server must not run."""
    folder = Folder(settings_of(data_dir).data_dir)
    schema = folder.downgrade()
    say(f"{folder.path} has schema {schema} now. Start the version before this one.")


def _summary(made: Backup) -> str:
    rows = sum(part.rows for part in made.parts if "/events/" in part.name)
    return (
        f"{rows + made.unsealed_events:,} events, {len(made.parts):,} files,"
        f" {made.size_bytes / 1e6:.1f} MB"
    )


@contextmanager
def _shown() -> "Iterator[Told]":
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what)
            shown.update(tasks[what], completed=done, total=total)

        yield told
