"""How the tests are shared among workers (`scripts/test.sh`)."""

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LONGEST = TESTS / "aws" / "test_deployed.py"
LONG = {"browser", "process"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is left with it in the end."""

    def place(item: pytest.Item) -> int:
        if item.path == LONGEST:
            return 0
        return 1 if item.path.relative_to(TESTS).parts[0] in LONG else 2

    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """A worker that has told all ends without a last look around: some extension modules would
    print what they find there.
    """
    if hasattr(config, "workerinput"):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
