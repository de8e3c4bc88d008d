"""Habits that a machine can watch: the changelog, decision records, and what no file may say."""

import re

import pytest

from documents import ROOT, tracked_files

RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
# Put together here, so that this file doesn't say them either.
REGISTRY_HOSTS = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.",
    "registry." + "yarnpkg",
    "deb." + "debian.org",
)
MACHINE_PATHS = ("/" + "tmp/wt", "/" + "work/", "/" + "root/", "/" + "opt/pypi", "/" + "opt/wheels")
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "X" + "XX")
LARGEST_BYTES = 1_000_000


def texts():
    for path in tracked_files():
        try:
            yield path.relative_to(ROOT), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def test_the_changelog_tells_of_what_is_not_released():
    """CHANGELOG.md has an Unreleased section with something in it."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    section = changelog.partition("\n## Unreleased\n")[2].partition("\n## ")[0]
    assert re.search(r"^- \S", section, re.MULTILINE)


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_decision_records_have_their_form(record):
    """A record is numbered, short, and tells context, decision and consequences."""
    text = record.read_text("utf-8")
    number = int(record.name[:4])
    assert RECORDS.index(record) == number - 1
    assert text.startswith(f"# {number}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert 12 <= len(text.splitlines()) <= 45


@pytest.mark.parametrize("word", [*REGISTRY_HOSTS, *MACHINE_PATHS])
def test_no_file_names_a_registry_or_a_machine(word):
    """Where packages come from, and where files lie, is the machine's own business."""
    assert [str(path) for path, text in texts() if word in text] == []


@pytest.mark.parametrize("word", UNFINISHED)
def test_nothing_is_left_for_later(word):
    """What is not done is an issue, not a mark in the code."""
    found = [str(path) for path, text in texts() if re.search(rf"\b{word}\b", text)]
    assert found == []


def test_no_file_is_large():
    """Bundles, data and databases are built or fetched, never committed."""
    large = [path for path in tracked_files() if path.stat().st_size > LARGEST_BYTES]
    assert large == []
