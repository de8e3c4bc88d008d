"""Fresh tables for each test of the AWS adapters; the client, which is slow to make, is shared."""

import pytest

from aws_home import make_tables, on_moto, remove_tables


@pytest.fixture(scope="module")
def _shared():
    with on_moto() as client:
        yield client


@pytest.fixture
def dynamodb(_shared):
    make_tables(_shared)
    yield _shared
    remove_tables(_shared)
