"""What commands have in common: the data folder, errors told by exit code, the running server."""

import http.client
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar
from urllib.parse import urlsplit

import typer
from rich.console import Console

from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import DAMAGED, Folder
from liveinsight.domain.errors import LiveInsightError, Misconfigured
from liveinsight.http.auth import CLI
from liveinsight.http.tokens import SignedTokens
from liveinsight.wiring.settings import Settings, load

P = ParamSpec("P")
R = TypeVar("R")

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="The data folder.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ServerUrl = Annotated[
    str | None,
    typer.Option(
        "--url", help="The server; else the folder's.", envvar="LIVEINSIGHT_URL", metavar="URL"
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key", help="An API key; not needed beside the data folder.", envvar="LIVEINSIGHT_KEY"
    ),
]
SiteToo = Annotated[
    str | None, typer.Option("--site", help="The same, as other commands want it.", hidden=True)
]
LOCAL_URL = "http://127.0.0.1:8000"
WIDE = 10_000


def say(text: str) -> None:
    """Tell a person; what a script might read goes to standard output instead."""
    print(text, file=sys.stderr)


def told_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Errors of ours are one line and exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except LiveInsightError as error:
            say(f"liveinsight: {error}")
            raise typer.Exit(1) from None
        except sqlite3.Error as error:
            say(f"liveinsight: {DAMAGED.format(error=error)}")
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return wrapped


def settings_of(data_dir: Path | None, **flags: object) -> Settings:
    """All settings, with these flags."""
    return load({"data_dir": data_dir, **flags})


@contextmanager
def control_of(data_dir: Path | None) -> Iterator[SqliteControl]:
    """The installation's sites and keys, also while its server runs."""
    control = SqliteControl(Folder(settings_of(data_dir).data_dir))
    try:
        yield control
    finally:
        control.close()


def server_of(url: str | None, data_dir: Path | None) -> str:
    """The given address, else that of the folder's server, else where one would be."""
    return url or Folder(settings_of(data_dir).data_dir).address() or LOCAL_URL


def console() -> Console:
    """Standard output: as wide as a terminal is; into files and pipes nothing is cut or folded."""
    return Console() if sys.stdout.isatty() else Console(width=WIDE)


def credentials(key: str | None, data_dir: Path | None) -> dict[str, str]:
    """The given key, else a token that proves the data folder can be read."""
    if key:
        return {"X-API-Key": key}
    if not Folder(settings_of(data_dir).data_dir).database.exists():
        return {}
    with control_of(data_dir) as control:
        token = SignedTokens(control.secret(CLI)).make(CLI, SystemClock().now_ms())
    return {"X-API-Key": token}


@contextmanager
def asked(
    url: str, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> Iterator[http.client.HTTPResponse]:
    """The server's answer to a request; what it refuses is an error of ours."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=60)
    try:
        connection.request(method, f"{parts.path.rstrip('/')}{path}", body or None, headers)
        response = connection.getresponse()
        if response.status >= http.client.BAD_REQUEST:
            raise Misconfigured(f"{url} answers {response.status}: {_reason(response.read())}")
        yield response
    except (OSError, http.client.HTTPException) as error:
        raise Misconfigured(
            f"No server answers at {url} ({error}). Is it running, or elsewhere (--url)?"
        ) from None
    finally:
        connection.close()


def _reason(body: bytes) -> str:
    try:
        told = json.loads(body)
        details = told.get("details") or {}
        what = ", ".join(f"{name}: {text}" for name, text in details.items())
        return f"{told['message']} {what}".strip()
    except (ValueError, KeyError, AttributeError):
        return body[:200].decode("utf-8", "replace")
