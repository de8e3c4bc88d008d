"""The sizes that docs/tracker.md tells are those that the build told."""

import json
import re

import pytest

from documents import ROOT

SIZES = ROOT / "src" / "liveinsight" / "web" / "js" / "sizes.json"
# Releases of zlib pack differently, by this much.
ZLIBS_DIFFER_BYTES = 5
ATTRIBUTES = {"404": "missing", "user-id": "user"}


@pytest.fixture(scope="module")
def sizes():
    if not SIZES.is_file():
        pytest.skip("the tracker is not built: run `npm run build` in web/")
    return json.loads(SIZES.read_text())


@pytest.fixture(scope="module")
def page():
    return (ROOT / "docs" / "tracker.md").read_text("utf-8")


def test_the_core_and_plus_are_as_small_as_told(sizes, page):
    """The line that is held against other trackers."""
    told = [int(text.replace(",", "")) for text in re.findall(r"\*\*([\d,]+)\*\*", page)]
    scripts = sizes["scripts"]
    expected = [scripts["li.js"]["gzip"], scripts["li.plus.js"]["gzip"]]
    assert expected == pytest.approx(told, abs=ZLIBS_DIFFER_BYTES)


def test_every_extension_is_told_with_its_bytes(sizes, page):
    """Each attribute has a row, and each row the bytes that the extension adds."""
    rows = re.findall(r"^\| `data-([\w-]+)` \| .* \| ([\d,]+) \|$", page, re.MULTILINE)
    told = {ATTRIBUTES.get(name, name): int(text.replace(",", "")) for name, text in rows}
    assert sizes["extensions"] == pytest.approx(told, abs=ZLIBS_DIFFER_BYTES)
