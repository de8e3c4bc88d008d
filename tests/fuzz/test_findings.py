"""What fuzzing found once is tried for ever, and a little more is tried each time."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.run import Mutator, packed, seeds_of
from fuzz.targets import Targets, tried

FINDINGS = json.loads((Path(__file__).parent / "findings.json").read_text("utf-8"))
NAMES = ("address", "events", "gzip", "headers", "pixel", "query", "site")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = (
    "site",
    "range",
    "steps",
    "within",
    "events",
    "props",
    "metrics",
    "filters",
    "id",
    "goals",
)


@pytest.fixture(scope="module")
def targets():
    made = Targets()
    yield made
    made.house.close()


@pytest.mark.parametrize(("name", "body"), FINDINGS)
def test_a_finding_is_an_answer_now(targets, name, body):
    """It was a 500; it is an answer."""
    tried(targets.all[name], body.encode("latin-1"))


@pytest.mark.parametrize("name", NAMES)
def test_mutated_seeds_are_answered(targets, name):
    """Some thousand of what a run of fuzzing tries; the same each time."""
    draw = random.Random(name)
    mutator = Mutator(seeds_of(name), draw)
    for _ in range(1500):
        body = mutator.next()
        tried(targets.all[name], packed(body, draw) if name == "gzip" else body)


@settings(max_examples=150, deadline=None)
@given(told=ANY_JSON, fields=st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, max_size=5))
def test_any_json_is_answered(targets, told, fields):
    """Whatever JSON it is, alone and in the fields that are known."""
    for value in (told, fields):
        body = json.dumps(value).encode()
        for name in ("events", "query", "site"):
            tried(targets.all[name], body)


def test_all_targets_are_tried(targets):
    """A new target is in the list above."""
    assert tuple(sorted(targets.all)) == NAMES
