"""The bill of materials says what the locks say."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bill():
    spec = importlib.util.spec_from_file_location("bill", ROOT / "scripts" / "bill.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.bill()


def test_every_pin_is_in_it_with_a_hash(bill):
    """Python's packages and npm's; each has a hash, none is there twice."""
    lock = (ROOT / "requirements" / "run.txt").read_text("utf-8")
    pins = {line.split("==")[0] for line in lock.splitlines() if "==" in line and line[0].isalnum()}
    parts = bill["components"]
    assert {part["name"] for part in parts if part["purl"].startswith("pkg:pypi/")} == pins
    refs = [part["bom-ref"] for part in parts if part["purl"].startswith("pkg:pypi/")]
    assert len(refs) == len(set(refs))
    assert all(part["hashes"] and part["version"] for part in parts)
    npm = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))["packages"]
    fetched = {place for place, row in npm.items() if "integrity" in row}
    assert len([part for part in parts if part["purl"].startswith("pkg:npm/")]) == len(fetched)


def test_what_is_bundled_is_told_apart(bill):
    """What ends up in a browser is required, what only builds is not."""
    scope = {part["name"]: part["scope"] for part in bill["components"]}
    assert {scope["svelte"], scope["d3-geo"], scope["world-atlas"], scope["duckdb"]} == {"required"}
    assert {scope["eslint"], scope["vitest"], scope["typescript"]} == {"excluded"}


def test_it_is_the_same_each_time(bill):
    """The same locks, the same bill, its number too."""
    spec = importlib.util.spec_from_file_location("again", ROOT / "scripts" / "bill.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.bill() == bill
    assert bill["specVersion"] == "1.6"
    assert bill["metadata"]["component"]["name"] == "liveinsight"
