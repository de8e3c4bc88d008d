"""Filters: reading them, writing them, and what they hold for."""

import re

import pytest

from liveinsight.domain import filter as filters
from liveinsight.domain.errors import Invalid

EVENT = {"page": "/pricing", "country": "KR", "source": "Google", "prop:plan": "pro"}


def holds(raw: object) -> bool:
    def find(pattern: str, text: str) -> bool:
        return re.search(pattern, text) is not None

    return filters.matches(filters.parse(raw), EVENT.get, find)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        ["is", "page", ["/", "/pricing"]],
        ["is", "country", ["kr"]],
        ["is", "source", ["GOOGLE"]],
        ["is", "city", [None]],
        ["is", "city", ["Seoul", None]],
        ["is_not", "page", ["/Pricing"]],
        ["is_not", "city", ["Seoul"]],
        ["is_not", "page", [None]],
        ["contains", "page", ["xyz", "rici"]],
        ["contains", "source", ["oOg"]],
        ["contains_not", "page", ["Rici"]],
        ["contains_not", "city", ["e"]],
        ["matches", "page", ["^/p", "zzz"]],
        ["is", "prop:plan", ["pro"]],
        ["and", [["is", "page", ["/pricing"]], ["is", "country", ["KR"]]]],
        ["or", [["is", "page", ["/"]], ["is", "country", ["KR"]]]],
        ["not", ["is", "page", ["/"]]],
        ["not", ["and", [["is", "page", ["/pricing"]], ["is", "country", ["DE"]]]]],
        ["not", ["is", "city", ["Seoul"]]],
    ],
)
def test_a_filter_that_holds(raw: object) -> None:
    """Each of these is true of a view of /pricing from Korea, and its opposite is not."""
    assert holds(raw)
    if raw:
        assert not holds(["not", raw])


@pytest.mark.parametrize(("op", "opposite"), [("is", "is_not"), ("contains", "contains_not")])
@pytest.mark.parametrize("dimension", ["page", "city", "source"])
@pytest.mark.parametrize("value", ["/pricing", "Google", "e", ""])
def test_a_test_and_its_opposite_never_agree(
    op: str, opposite: str, dimension: str, value: str
) -> None:
    """Exactly one of `is` and `is_not` holds, also where there is no value."""
    assert holds([op, dimension, [value]]) != holds([opposite, dimension, [value]])


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("page", "must be"),
        (["is", "page"], "must be"),
        (["is", "page", "x"], "must be"),
        (["is", "page", []], "no values"),
        (["is", "page", [1]], "text or null"),
        (["contains", "page", [None]], "text"),
        (["is", "pages", ["x"]], "'pages' is no dimension"),
        (["is", "prop:", ["x"]], "no dimension"),
        (["is", 7, ["x"]], "name of a dimension"),
        (["is", "time:day", ["2026-01-01"]], "range"),
        (["like", "page", ["x"]], "must be"),
        (["and", []], "must be"),
        (["not", ["is", "page", ["x"]], 1], "must be"),
        ({"is": 1}, "must be"),
        (["matches", "page", ["x" * 501]], "longer than 500"),
        (["is", "page", ["x"] * 1001], "more than 1000"),
    ],
)
def test_what_is_no_filter_is_refused_by_name(raw: object, told: str) -> None:
    """The error names the field and what is wrong with it."""
    with pytest.raises(Invalid) as refusal:
        filters.parse(raw)
    assert refusal.value.field == "filters"
    assert told in refusal.value.error


def test_a_filter_nested_too_deep_is_refused() -> None:
    """Nesting is bounded, so that no request exhausts the stack."""
    raw: object = ["is", "page", ["x"]]
    for _ in range(filters.MAX_DEPTH):
        raw = ["not", raw]
    with pytest.raises(Invalid, match="nested deeper"):
        filters.parse(raw)


def test_a_filter_is_written_as_it_was_read() -> None:
    """What a filter says of itself reads back as the same filter."""
    raw = ["and", [["not", ["is", "city", [None, "Seoul"]]], ["or", [["matches", "page", ["^/"]]]]]]
    assert filters.as_json(filters.parse(raw)) == raw
    assert filters.as_json(filters.EVERYTHING) == []


def test_a_filter_tells_what_it_looks_at() -> None:
    """The planner and the live window learn the dimensions, the engine the patterns."""
    tree = filters.parse(["or", [["is", "city", ["x"]], ["not", ["matches", "page", ["a", "b"]]]]])
    assert filters.dimensions_of(tree) == {"city", "page"}
    assert filters.patterns_of(tree) == ("a", "b")
