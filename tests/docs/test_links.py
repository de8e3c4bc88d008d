"""Links in documents lead somewhere."""

import re
import unicodedata
from pathlib import Path

import pytest

from documents import FENCE, ROOT, documents

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def anchors(document: Path) -> set[str]:
    """The anchors that headings get where Markdown is shown."""
    text = FENCE.sub("", document.read_text("utf-8"))
    return {anchor(heading) for heading in HEADING.findall(text)}


def anchor(heading: str) -> str:
    kept = [
        letter
        for letter in heading.strip().lower().replace(" ", "-")
        if letter in "-_" or unicodedata.category(letter)[0] in "LN"
    ]
    return "".join(kept)


def links() -> list[tuple[Path, str]]:
    found = []
    for document in (*documents(), ROOT / "CHANGELOG.md"):
        text = FENCE.sub("", document.read_text("utf-8"))
        found += [(document, target) for target in LINK.findall(text)]
    return [(document, target) for document, target in found if "://" not in target]


@pytest.mark.parametrize(("document", "target"), links(), ids=lambda value: str(value)[-40:])
def test_relative_links_resolve(document, target):
    """A link to a file finds it, and one to a heading finds the heading."""
    name, _, place = target.partition("#")
    file = (document.parent / name).resolve() if name else document
    assert file.exists(), f"{document.relative_to(ROOT)} links to {target}"
    if place:
        assert place in anchors(file), f"{document.relative_to(ROOT)} links to {target}"
