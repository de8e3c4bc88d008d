"""A house of two sites, asked in the words of other trackers' clients."""

import pytest

from front_house import House
from trackers_house import BLOG, SHOP


@pytest.fixture
def house(tmp_path):
    """One of a test's own."""
    made = House(tmp_path, SHOP, BLOG)
    yield made
    made.close()


@pytest.fixture(scope="module")
def any_house(tmp_path_factory):
    """For tests that leave nothing to another."""
    made = House(tmp_path_factory.mktemp("any"), SHOP, BLOG)
    yield made
    made.close()
