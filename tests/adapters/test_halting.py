"""A question that nobody waits for any more ends, whatever it is doing."""

import threading
import time
from pathlib import Path

import duckdb
import pytest

from builders import an_event
from lake_house import House
from liveinsight.adapters.sql import sandbox
from liveinsight.domain.errors import Invalid
from liveinsight.domain.rows import Sql

ENDLESS = "SELECT sum(hash(a.range, b.range)) FROM range(10000000) AS a, range(10000000) AS b"


@pytest.fixture
def house(tmp_path: Path):
    house = House(tmp_path, 1_795_000_000_000)
    house.keep([an_event(time_ms=house.clock.ms)])
    house.tail()
    yield house
    house.close()


def test_sql_of_ones_own_ends_when_it_is_halted(house: House):
    """It runs in a DuckDB of its own, which is interrupted too."""
    told: list[Exception] = []

    def ask() -> None:
        try:
            sandbox.ask(reading, Sql("shop", ENDLESS), sandbox.Caps(seconds=100_000))
        except (Invalid, duckdb.InterruptException) as error:
            told.append(error)

    with house.store.reading() as reading:
        asking = threading.Thread(target=ask)
        asking.start()
        while asking.is_alive():
            reading.halt()
            time.sleep(0.01)
    assert len(told) == 1


def test_nothing_is_begun_for_who_is_gone(house: House):
    """Between two statements an interruption finds nothing to stop, so it is remembered."""
    with house.store.reading() as reading:
        reading.halt()
        with pytest.raises(duckdb.InterruptException):
            reading.check()
