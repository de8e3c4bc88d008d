"""`liveinsight person`: who may sign in; also while the server runs, and when an owner is locked out."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.people import SqlitePeople
from liveinsight.adapters.passwords import ArgonPasswords
from liveinsight.domain.person import Role
from liveinsight.entrypoints.cli.shared import (
    AsJson,
    DataDir,
    console,
    say,
    settings_of,
    told_errors,
)
from liveinsight.usecases.people import People

app = typer.Typer(help="People: add, list, remove, give a new password.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Whose account.")]
TOKEN_BYTES = 32


@contextmanager
def _people(data_dir: Path | None) -> Iterator[People]:
    store = SqlitePeople(Folder(settings_of(data_dir).data_dir))
    try:
        yield People(
            store, ArgonPasswords(), SystemClock(), lambda: secrets.token_urlsafe(TOKEN_BYTES)
        )
    finally:
        store.close()


def _asked_password() -> str:
    """From the terminal, twice and unseen; from a pipe, its first line."""
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


@app.command()
@told_errors
def add(
    email: Email,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Let somebody sign in; asks for their password."""
    with _people(data_dir) as people:
        person = people.add(email, role, _asked_password())
    say(f"{person.email} can sign in now.")


@app.command("list")
@told_errors
def list_(*, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Everybody who may sign in."""
    with _people(data_dir) as people:
        rows = [{"email": one.email, "role": one.role.value} for one in people.everybody()]
    if as_json:
        print(msgspec.json.encode(rows).decode())
        return
    table = Table("e-mail", "role", box=None)
    for row in rows:
        table.add_row(row["email"], row["role"])
    console().print(table)


@app.command()
@told_errors
def remove(email: Email, *, data_dir: DataDir = None) -> None:
    """End an account and its sessions."""
    with _people(data_dir) as people:
        people.remove(email)
    say(f"{email} is out.")


@app.command()
@told_errors
def password(email: Email, *, data_dir: DataDir = None) -> None:
    """Give somebody a new password; they are signed out everywhere."""
    with _people(data_dir) as people:
        people.change(email, password=_asked_password())
    say(f"{email} has a new password.")
