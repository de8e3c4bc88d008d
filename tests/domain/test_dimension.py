"""Dimensions by name."""

import pytest

from liveinsight.domain import dimension
from liveinsight.domain.dimension import Kind


def test_every_dimension_has_one_kind() -> None:
    """No name stands in two lists, and each is known."""
    names = dimension.OF_EVENT + dimension.OF_VISIT + dimension.OF_TIME
    assert len(names) == len(set(names))
    assert all(dimension.kind(name) is not None for name in names)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page", Kind.EVENT),
        ("prop:plan", Kind.EVENT),
        ("prop:" + "x" * 64, Kind.EVENT),
        ("prop:" + "x" * 65, None),
        ("prop:", None),
        ("exit_page", Kind.VISIT),
        ("time:week", Kind.TIME),
        ("time:year", None),
        ("Page", None),
    ],
)
def test_a_dimension_is_known_by_its_exact_name(name: str, kind: Kind | None) -> None:
    """Property keys are any text of 1 to 64 characters, all else is a closed list."""
    assert dimension.kind(name) is kind
