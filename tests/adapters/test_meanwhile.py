"""Sealing, compacting, reading and asking at once, while events come: nothing is lost or doubled."""

import threading
from pathlib import Path
from random import Random

from builders import NOON_MS, an_event
from lake_house import (
    FAR_AHEAD,
    LONG_AGO,
    House,
    held_events,
    held_rollup,
    held_visits,
    told_events,
    told_rollup,
    told_visit_rows,
)
from liveinsight.adapters.local.store.bulk import BulkLoad
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.sql.relations import over
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS, MINUTE_MS

FAR = 40 * DAY_MS


def test_sealing_while_events_come(tmp_path: Path):  # noqa: C901 - three stories at once
    """One thread keeps and follows, one seals and tidies, one counts: the counts only grow."""
    random = Random(5)  # the same story each time
    house = House(tmp_path, NOON_MS)
    kept: list = []
    stop = threading.Event()
    troubles: list[BaseException] = []

    def seal() -> None:
        while not stop.wait(0.05):
            house.store.seal()
            house.store.tidy()

    def count() -> None:
        seen = 0
        while not stop.wait(0.05):
            with house.store.reading() as reading:
                pieces = reading.relations.pieces("shop", LONG_AGO, FAR_AHEAD)
                if pieces:
                    (rows,) = reading.cursor.execute(
                        f"SELECT count(*) FROM {over(pieces, Relation.EVENTS)}"
                    ).fetchone()
                    assert rows >= seen
                    seen = rows

    def guarded(work) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as trouble:
                troubles.append(trouble)
                raise

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    threads = [guarded(seal), guarded(count)]
    for n in range(10):
        house.clock.ms = NOON_MS + n * 25 * MINUTE_MS
        batch = [
            an_event(
                time_ms=house.clock.ms - random.choice((0, 0, 5, 40, 700)) * MINUTE_MS - k,
                visitor=random.randrange(12),
                page=f"/{random.randrange(4)}",
            )
            for k in range(20)
        ]
        kept += batch
        house.keep(batch)
        house.tail()
    stop.set()
    for thread in threads:
        thread.join()
    assert troubles == []
    house.tail()
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(kept, "UTC")
    assert held_events(house.rows(Relation.EVENTS)) == told_events(kept, "UTC")
    house.clock.ms = NOON_MS + FAR
    house.store.seal()
    house.store.keep_house()
    house.restart()
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(kept, "UTC")
    assert held_rollup(house.rows(Relation.ROLLUP)) == told_rollup(kept, "UTC")
    house.close()


def test_a_question_goes_on_while_the_lake_is_changed_beside_it(tmp_path: Path):
    """An import in its midst changes nothing for it; who asks after that reads what is new."""
    house = House(tmp_path, NOON_MS)
    house.keep([an_event(time_ms=NOON_MS)])
    house.tail()

    def count(reading) -> int:
        pieces = reading.relations.pieces("shop", LONG_AGO, FAR_AHEAD)
        sql = f"SELECT count(*) FROM {over(pieces, Relation.EVENTS)}"
        return reading.cursor.execute(sql).fetchone()[0]

    with house.store.reading() as before:
        load = BulkLoad(house.folder, Limits())
        load.events([an_event(time_ms=NOON_MS - DAY_MS)])
        load.close()
        house.tail()
        house.store.tidy()
        with house.store.reading() as after:
            assert (count(before), count(after)) == (1, 2)
        assert count(before) == 1
    assert len(house.rows(Relation.EVENTS)) == 2
    house.close()
