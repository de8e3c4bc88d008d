"""The server's program: `python -m` this, with what the command line settled.

`liveinsight serve` becomes this program instead of calling it, so that a server that runs for
weeks does not hold the 14 MB that reading a command line took.
"""

import sqlite3
import subprocess
import sys
import webbrowser
from pathlib import Path

from liveinsight import __version__
from liveinsight.adapters.local.database import DAMAGED
from liveinsight.domain.errors import LiveInsightError
from liveinsight.entrypoints import demo, logs, server
from liveinsight.wiring.local import LocalHome
from liveinsight.wiring.settings import Settings, load

DEMO, OPEN = "demo", "open"


def run(settings: Settings, extras: frozenset[str]) -> None:
    """Serve until a signal ends it."""
    logs.set_up(settings.log_format, settings.log_level)
    if DEMO in extras:
        # A process of its own: the server need not keep the memory that this takes.
        past = [sys.executable, "-m", "liveinsight.entrypoints.past", str(settings.data_dir)]
        subprocess.run(past, check=True)  # noqa: S603 - ourselves

    def when_ready(home: LocalHome, url: str) -> None:
        shown = settings.base_url or url
        _say(f"LiveInsight {__version__} is running on {shown} (data in {settings.data_dir})")
        if token := home.people.setup_token():
            _say(f"Make the owner's account with this one-time link: {shown}/#setup={token}")
        if DEMO in extras:
            demo.start(home)
            _say(f"The site `{demo.SITE}` is public, and somebody is always there.")
        if OPEN in extras:
            webbrowser.open(shown)

    server.serve(settings, when_ready)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(data_dir: str, host: str, port: str, *extras: str) -> int:
    """The exit code: 0 when it was asked to stop."""
    try:
        settings = load({"data_dir": Path(data_dir), "host": host, "port": int(port)})
        run(settings, frozenset(extras))
    except LiveInsightError as error:
        _say(f"liveinsight: {error}")
        return 1
    except sqlite3.Error as error:
        _say(f"liveinsight: {DAMAGED.format(error=error)}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
