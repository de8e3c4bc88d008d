"""What a user can name must be documented: these tests find the names in the code by themselves."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from documents import ROOT, all_text, code_words
from liveinsight.domain.dimension import OF_EVENT, OF_TIME, OF_VISIT, PROP
from liveinsight.domain.drop import Drop
from liveinsight.domain.key import Scope
from liveinsight.domain.metric import NAMES
from liveinsight.entrypoints.cli import app
from liveinsight.http.routes import Route
from liveinsight.wiring.local import LocalHome
from liveinsight.wiring.settings import PREFIX, Settings

TERRAFORM_VARIABLE = re.compile(r'^variable "(\w+)"', re.MULTILINE)


def commands(group: click.Command, path: str = "liveinsight") -> Iterator[tuple[str, list[str]]]:
    """Every command with its long flags."""
    if hasattr(group, "commands"):
        for name, command in group.commands.items():
            yield from commands(command, f"{path} {name}")
        return
    flags = [max(param.opts, key=len) for param in group.params if param.opts[0].startswith("-")]
    yield path, [flag for flag in flags if flag != "--help"]


def line_of(command: str) -> str:
    """The lines of the command line's page that tell of the command."""
    page = (ROOT / "docs" / "cli.md").read_text("utf-8").splitlines()
    return "\n".join(row for row in page if re.search(rf"`{command}(?![\w-])", row))


@pytest.mark.parametrize(("command", "flags"), list(commands(typer.main.get_command(app))))
def test_every_command_and_flag_is_documented(command, flags):
    """A command has a line in docs/cli.md, and its flags stand in that line (or its sibling's)."""
    told = line_of(command)
    assert told, f"docs/cli.md doesn't tell of `{command}`"
    if "same flags" in told:
        told += line_of(command.rpartition(" ")[0])
    missing = [flag for flag in flags if flag not in told and flag != "--data-dir"]
    assert missing == []


def test_every_documented_command_exists():
    """docs/cli.md promises no command that there isn't."""
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    known = {command for command, _ in commands(typer.main.get_command(app))}
    promised = set(re.findall(r"^\| `(liveinsight [a-z-]+(?: [a-z-]+)?)", page, re.MULTILINE))
    assert promised - known == set()


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_is_documented(name):
    """A setting has a row in docs/settings.md under its name in the environment."""
    assert f"| `{PREFIX}{name.upper()}` |" in (ROOT / "docs" / "settings.md").read_text("utf-8")


def test_every_documented_setting_exists():
    """docs/settings.md promises no setting that there isn't."""
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    told = {name.lower() for name in re.findall(rf"^\| `{PREFIX}(\w+)`", page, re.MULTILINE)}
    assert told - set(Settings.__struct_fields__) == set()


def routes(folder: Path) -> tuple[Route, ...]:
    """All routes of home 1, as they are put together for a server."""

    async def opened() -> tuple[Route, ...]:
        home = LocalHome(Settings(data_dir=folder))
        front = home.open()
        await home.start()
        await home.stop()
        return front.routes

    return asyncio.run(opened())


def test_every_route_is_documented(tmp_path):
    """A route is named in docs/api.md with its method, and no other is."""
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    served = {(route.method, route.path) for route in routes(tmp_path) if "*" not in route.path}
    told = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?\s]*)", page))
    assert served - told == set(), "docs/api.md doesn't tell of these"
    assert told - served == set(), "docs/api.md promises these, and nobody answers"


@pytest.mark.parametrize(
    "name", [*Drop, *Scope, *NAMES, *OF_EVENT, *OF_VISIT, *OF_TIME, f"{PROP}<key>"]
)
def test_every_word_is_documented(name):
    """Drop reasons, scopes, metrics and dimensions stand as code in a document."""
    assert str(name) in code_words()


def test_every_terraform_variable_is_documented():
    """A variable of the AWS home stands as code in a document."""
    files = (ROOT / "terraform").glob("*.tf")
    names = {name for file in files for name in TERRAFORM_VARIABLE.findall(file.read_text("utf-8"))}
    assert names - code_words() == set()


def test_every_target_of_make_is_documented():
    """A target of the Makefile is told in CONTRIBUTING.md, and calls a script that exists."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) - {"help"}
    told = set(re.findall(r"`make ([a-z-]+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8")))
    assert targets == told
    scripts = re.findall(r"scripts/[a-z-]+\.sh", makefile)
    assert [name for name in scripts if not (ROOT / name).is_file()] == []


def test_the_glossary_has_no_word_twice():
    """One definition for each word: no term opens two rows of the glossary."""
    page = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    terms = [row.split("|")[1].strip() for row in page.splitlines() if row.startswith("| ")]
    heads = {"word", "metric", "dimension", "reason"}
    terms = [term for term in terms if term not in heads]
    assert sorted(set(terms)) == sorted(terms)


def test_documents_are_there():
    """The search above looks at more than nothing."""
    assert len(all_text()) > 10_000
