"""`liveinsight key`: who may read, send for others, import and manage from outside."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from liveinsight.adapters.clock import SystemClock
from liveinsight.domain.errors import NotFound
from liveinsight.domain.key import Key, Scope
from liveinsight.entrypoints.cli.shared import (
    AsJson,
    DataDir,
    console,
    control_of,
    say,
    told_errors,
)
from liveinsight.http.auth import key_hash, new_key

app = typer.Typer(help="API keys: create, list, revoke.", no_args_is_help=True)


class Shown(msgspec.Struct, frozen=True):
    """A key as it is listed; what it was is known to nobody."""

    id: str
    scopes: list[str]
    site: str | None
    label: str
    created: str
    last_used: str | None


@app.command()
@told_errors
def create(
    scope: Annotated[list[Scope], typer.Option(help="What it allows; may be repeated.")],
    site: Annotated[str | None, typer.Option(help="Only this site; else all.")] = None,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    *,
    data_dir: DataDir = None,
) -> None:
    """Create a key and print it, once."""
    text = new_key()
    with control_of(data_dir) as control:
        if site is not None and site not in {known.id for known in control.sites()}:
            raise NotFound(f"There is no site {site}.")
        key = Key(
            id=secrets.token_hex(4),
            hash=key_hash(text),
            scopes=frozenset(scope),
            site=site,
            label=label,
            created_ms=SystemClock().now_ms(),
        )
        control.put_key(key)
    say(f"This key is shown once; keep it safe. To end it: liveinsight key revoke {key.id}")
    print(text)


@app.command("list")
@told_errors
def list_(*, json: AsJson = False, data_dir: DataDir = None) -> None:
    """All keys; the keys themselves are not kept."""
    with control_of(data_dir) as control:
        shown = [_shown(key) for key in control.keys()]  # noqa: SIM118 - no dict
    if json:
        print(msgspec.json.encode(shown).decode())
        return
    table = Table("Key", "Scopes", "Site", "Label", "Created", "Last used")
    for key in shown:
        used = key.last_used or "never"
        table.add_row(
            key.id, ", ".join(key.scopes), key.site or "all", key.label, key.created, used
        )
    console().print(table)


@app.command()
@told_errors
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="As `key list` shows it.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Make a key worthless, at once."""
    with control_of(data_dir) as control:
        if not control.revoke_key(key_id):
            raise NotFound(f"There is no key {key_id}.")
    say(f"The key {key_id} is revoked.")


def _shown(key: Key) -> Shown:
    used = None if key.last_used_ms is None else _time(key.last_used_ms)
    scopes = [str(scope) for scope in sorted(key.scopes)]
    return Shown(key.id, scopes, key.site, key.label, _time(key.created_ms), used)


def _time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
