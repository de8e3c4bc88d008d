"""LiveInsight: real-time web analytics, on one machine or serverless, with the same answers.

`from liveinsight import connect` asks a data folder or a server from Python; only who asks loads
what answers, so that the package itself stays light to import.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`connect`, when it is first wanted."""
    if name == "connect":
        return import_module("liveinsight.entrypoints.connect").connect
    raise AttributeError(name)
