"""`python -m liveinsight` is the command `liveinsight`."""

from liveinsight.entrypoints.cli import app

app(prog_name="liveinsight")
