"""The whole way: journal, hot tables, sealed files. At each stage every answer is the oracle's."""

from random import Random

import msgspec
import pytest

from lake_house import House
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.adapters.sql.remembered import Remembered
from liveinsight.domain import query as queries
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.site import Site
from liveinsight.usecases.answer import answer
from oracle import naive, questions, traffic
from oracle.pasts import Knowing

QUESTIONS_A_STAGE = 4


# Where the roll-up is not asked always by pieces, else as a server does: the first time at once.
REMEMBERED = {True: Remembered(), False: Knowing()}


def check(house, zone, events, now, random, asked):
    """Questions of before and random ones now, answered from what the house holds and from the raw
    events.
    """
    site = Site(id="shop", timezone=zone)
    asked += [questions.random_question(random, now, zone) for _ in range(QUESTIONS_A_STAGE)]
    for question in asked:
        expected = naive.answer(question, events, zone, now)
        query = queries.parse({"site": "shop"} | question)
        for rollup in (True, False):
            with house.store.reading() as reading:
                history = SqlHistory(reading, REMEMBERED[rollup], rollup=rollup)
                report = answer(query, site, history, now)
            actual = msgspec.to_builtins(report)
            assert expected["results"] == actual["results"]
            assert expected["totals"]["metrics"] == actual["totals"]
            assert expected["total_rows"] == actual["meta"]["total_rows"]


@pytest.mark.parametrize("zone", traffic.ZONES)
def test_answers_are_exact_at_every_stage(tmp_path, zone):
    """Hot, sealed, late events into sealed days, after a restart, and with whole months."""
    random, asked = Random(zone), []
    events, now = traffic.traffic(random.randrange(1000), zone)
    cut = len(events) * 2 // 3
    house = House(tmp_path, now, {"shop": zone, "other": "UTC"})
    other, _ = traffic.traffic(7, zone, people=2, site="other")
    for start in range(0, cut, 70):
        house.keep(events[start : min(start + 70, cut)] + other[:5])
        house.tail()
    check(house, zone, events[:cut], now, random, asked)
    house.store.seal()
    check(house, zone, events[:cut], now, random, asked)
    for start in range(cut, len(events), 50):
        house.keep(events[start : start + 50])
        house.tail()
    check(house, zone, events, now, random, asked)
    house.restart()
    check(house, zone, events, now, random, asked)
    house.store.seal()
    house.clock.ms = now + 40 * DAY_MS
    assert house.store.compact() > 0
    house.restart()
    check(house, zone, events, now, random, asked)
    house.close()
