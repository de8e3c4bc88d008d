"""One's own SQL over the rows of a site, wherever they lie."""

from pathlib import Path

from builders import an_event
from lake_house import House
from liveinsight.adapters.sql import sandbox
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.rows import Sql

NOON_MS = 1_780_000_000_000


def test_sealed_and_hot_rows_are_told_alike_whatever_lies_between(tmp_path: Path):
    """Days that nothing happened on are no trouble, before sealing, between and after it."""
    house = House(tmp_path, NOON_MS)
    asked = Sql("shop", "SELECT count(*), count(DISTINCT day) FROM events")

    def rows():
        with house.store.reading() as reading:
            return sandbox.ask(reading, asked).rows

    house.keep([an_event(time_ms=NOON_MS - 4 * DAY_MS), an_event(time_ms=NOON_MS)])
    house.tail()
    assert rows() == [[2, 2]]
    house.store.seal()
    assert rows() == [[2, 2]]
    house.keep([an_event(time_ms=NOON_MS - 2 * DAY_MS), an_event(time_ms=NOON_MS + 1)])
    house.tail()
    assert rows() == [[4, 3]]
    house.close()
