"""`liveinsight --version`: the first thing that is asked of a program."""

from typer.testing import CliRunner

from liveinsight import __version__
from liveinsight.entrypoints.cli import app


def test_the_version_is_told_without_a_command():
    """Alone on standard output; without anything there is help."""
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.output) == (0, f"{__version__}\n")
    assert "Usage" in CliRunner().invoke(app, []).output
