"""`liveinsight check`: tells whether all that is kept is as it was written."""

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from liveinsight.adapters.local.database import Folder
from liveinsight.entrypoints.cli.shared import AsJson, DataDir, say, settings_of, told_errors
from liveinsight.usecases import check as checking


@told_errors
def check(*, json: AsJson = False, data_dir: DataDir = None) -> None:
    """Read everything and tell what is damaged; beside a running server too."""
    from liveinsight.adapters.local.store.content import LocalContent  # noqa: PLC0415 - heavy

    content = LocalContent(Folder(settings_of(data_dir).data_dir))
    try:
        with Progress(console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task("Checking", total=None)
            damage = checking.check(
                content, lambda done, total: shown.update(task, completed=done, total=total)
            )
        parts = len(content.parts())
    finally:
        content.close()
    if json:
        print(msgspec.json.encode(damage).decode())
    for one in () if json else damage:
        print(f"{one.part}: {one.fault}")
    if damage:
        say(f"{len(damage)} of {parts} parts are damaged. Restore them from a backup.")
        raise typer.Exit(1)
    say(f"All {parts} parts are as they were written.")
