"""RE2 patterns in memory."""

import pytest

from liveinsight.adapters import patterns
from liveinsight.domain.errors import Invalid


def test_a_pattern_is_found_anywhere_in_the_text() -> None:
    """A pattern need not stand at the beginning, and letters tell case apart."""
    assert patterns.find("b[0-9]", "/blog/b7")
    assert patterns.find("^/blog/", "/blog/b7")
    assert not patterns.find("^b7", "/blog/b7")
    assert not patterns.find("BLOG", "/blog/b7")


@pytest.mark.parametrize("pattern", ["(", "a{2000}{2000}", r"(?=x)", r"(a)\1"])
def test_what_re2_does_not_know_is_refused_by_name(pattern: str) -> None:
    """Broken, exploding, look-ahead and back-reference patterns name themselves in the error."""
    with pytest.raises(Invalid) as refusal:
        patterns.check(("fine", pattern))
    assert refusal.value.field == "filters"
    assert repr(pattern) in refusal.value.error
