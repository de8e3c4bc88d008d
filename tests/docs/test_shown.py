"""Documents that say which test shows a claim name tests that there are."""

import re

import pytest

from documents import ROOT


@pytest.mark.parametrize("page", ["privacy.md", "security.md"])
def test_the_named_tests_exist(page):
    """A claim whose test went is no claim."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.\w+)`", text))
    assert len(named) > 5
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
