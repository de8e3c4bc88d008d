"""`liveinsight serve` and `liveinsight demo`: the server, and the server with a lively site."""

import subprocess
import sys
import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer

from liveinsight import __version__
from liveinsight.entrypoints.cli.shared import DataDir, say, settings_of, told_errors
from liveinsight.wiring.settings import Settings, default_data_dir

if TYPE_CHECKING:
    from liveinsight.wiring.local import LocalHome

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
    from liveinsight.entrypoints import demo, logs, server  # noqa: PLC0415 - the server is heavy

    logs.set_up(settings.log_format, settings.log_level)
    if with_demo:
        # A process of its own: the server need not keep the memory that this takes.
        past = [sys.executable, "-m", "liveinsight.entrypoints.past", str(settings.data_dir)]
        subprocess.run(past, check=True)  # noqa: S603 - ourselves

    def when_ready(home: "LocalHome", url: str) -> None:
        shown = settings.base_url or url
        say(f"LiveInsight {__version__} is running on {shown} (data in {settings.data_dir})")
        if token := home.people.setup_token():
            say(f"Make the owner's account with this one-time link: {shown}/#setup={token}")
        if with_demo:
            demo.start(home)
            say(f"The site `{demo.SITE}` is public, and somebody is always there.")
        if open_page:
            webbrowser.open(shown)

    server.serve(settings, when_ready)


def version(
    *,
    show: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True)
    ] = False,
) -> None:
    """Real-time web analytics on one machine."""
    if show:
        print(__version__)
        raise typer.Exit
