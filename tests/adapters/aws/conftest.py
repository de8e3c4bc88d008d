"""Fresh tables for each test of the AWS adapters; the client, which is slow to make, is shared."""

import pytest

from aws_home import make_tables, ministack, on_ministack, on_moto, remove_tables


@pytest.fixture(scope="session")
def _ministack():
    with ministack() as address:
        yield address


@pytest.fixture(scope="module")
def _shared(request):
    """Two emulators: one is quick, the other refuses more of what AWS refuses."""
    if getattr(request, "param", "moto") == "moto":
        with on_moto() as client:
            yield client
    else:
        with on_ministack(request.getfixturevalue("_ministack")) as client:
            yield client


@pytest.fixture
def dynamodb(_shared):
    make_tables(_shared)
    yield _shared
    remove_tables(_shared)
