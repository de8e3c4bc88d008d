"""The locks say what is installed; they must say it for what is asked."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def pins(name: str) -> dict[str, set[str]]:
    """Package to its versions (more than one where Python's version decides)."""
    found: dict[str, set[str]] = {}
    for package, version, _ in PIN.findall((ROOT / "requirements" / name).read_text("utf-8")):
        found.setdefault(canonicalize_name(package), set()).add(version)
    return found


def group(name: str) -> list[str]:
    """A dependency group with the groups it includes."""
    wanted: list[str] = []
    for row in PROJECT["dependency-groups"][name]:
        wanted += [row] if isinstance(row, str) else group(row["include-group"])
    return wanted


ASKED = [
    ("run.txt", PROJECT["project"]["dependencies"]),
    ("dev.txt", [*PROJECT["project"]["dependencies"], *group("dev")]),
    ("build.txt", group("build")),
    ("node.txt", group("node")),
]


@pytest.mark.parametrize(("lock", "asked"), ASKED, ids=[lock for lock, _ in ASKED])
def test_a_lock_holds_all_that_is_asked_for(lock, asked):
    """Each requirement of pyproject.toml is pinned to releases that satisfy it."""
    pinned = pins(lock)
    for text in asked:
        requirement = Requirement(text)
        versions = pinned.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not in requirements/{lock}: run scripts/lock.sh"
        assert all(requirement.specifier.contains(version) for version in versions), text


def test_developing_installs_what_the_service_runs_on():
    """The lock for developing has every pin of the lock for running."""
    run, dev = pins("run.txt"), pins("dev.txt")
    assert {name: dev.get(name) for name in run} == run


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pin_has_hashes(lock):
    """Nothing is installed whose bytes are not known."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock.read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_every_npm_package_has_a_hash_and_no_address():
    """The npm locks say what, not from where."""
    for lock in (
        ROOT / "web" / "package-lock.json",
        ROOT / "scripts" / "browser" / "package-lock.json",
    ):
        packages = json.loads(lock.read_text("utf-8"))["packages"]
        fetched = {name: row for name, row in packages.items() if name and not row.get("link")}
        assert fetched
        assert [name for name, row in fetched.items() if "integrity" not in row] == []
        assert [name for name, row in packages.items() if "resolved" in row] == []
