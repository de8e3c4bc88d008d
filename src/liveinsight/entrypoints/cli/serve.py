"""`liveinsight serve` and `liveinsight demo`: the server, and the server with a lively site."""

import os
import sys
from typing import Annotated

import typer

from liveinsight import __version__
from liveinsight.entrypoints.cli.shared import DataDir, settings_of, told_errors
from liveinsight.wiring.settings import Settings, default_data_dir

Host = Annotated[
    str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")
]
Port = Annotated[int | None, typer.Option(help="The port to listen on.", show_default="8000")]
Open = Annotated[bool, typer.Option("--open", help="Open the page in a browser.")]


@told_errors
def serve(
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    *,
    demo: Annotated[bool, typer.Option("--demo", help="With a demo site and its traffic.")] = False,
    open_page: Open = False,
) -> None:
    """Collect, keep and show: the server of one machine."""
    _run(settings_of(data_dir, host=host, port=port), with_demo=demo, open_page=open_page)


@told_errors
def demo(
    data_dir: DataDir = None, host: Host = None, port: Port = None, *, open_page: Open = False
) -> None:
    """Serve a demo site with 90 days of history and live traffic, in a folder of its own."""
    folder = data_dir or default_data_dir().with_name("liveinsight-demo")
    _run(settings_of(folder, host=host, port=port), with_demo=True, open_page=open_page)


def _run(settings: Settings, *, with_demo: bool, open_page: bool) -> None:
    """Become the server: what reading the command line took is given back."""
    extras = [name for name, wanted in (("demo", with_demo), ("open", open_page)) if wanted]
    told = (settings.data_dir, settings.host, settings.port, *extras)
    sys.stdout.flush()
    program = [sys.executable, "-m", "liveinsight.entrypoints.serving", *map(str, told)]
    os.execv(sys.executable, program)  # noqa: S606 - ourselves


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - as Typer calls it
    if wanted:
        print(__version__)
        raise typer.Exit


def version(
    *,
    show: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_tell_version),
    ] = False,
) -> None:
    """Real-time web analytics on one machine."""
    del show  # told before any command is looked for
