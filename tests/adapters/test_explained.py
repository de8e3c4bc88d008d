"""An answer tells where it was read: which relation, which days, how many files, and what is hot."""

from datetime import timedelta
from itertools import pairwise

import msgspec

from builders import NOON_MS, an_event
from lake_house import House
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.domain.period import DAY_MS, local_day
from liveinsight.domain.query import parse
from liveinsight.domain.site import Site
from liveinsight.usecases.answer import answer


def asked(house: House, **about):
    raw = {"site": "shop", "range": "7d", "metrics": ["pageviews"]} | about
    with house.store.reading() as reading:
        return answer(parse(raw), Site(id="shop"), SqlHistory(reading), house.clock.now_ms())


def test_each_day_is_told_once(tmp_path):
    """Settled days from the roll-up, the live one from its events and file; filters that the roll-up
    does not know from events. The same figure either way.
    """
    house = House(tmp_path, NOON_MS)
    house.keep([an_event(time_ms=NOON_MS - n * DAY_MS, visitor=n) for n in range(6)])
    house.tail()
    house.store.seal()
    house.keep([an_event(visitor=9)])
    house.tail()
    today = local_day(NOON_MS, "UTC").date
    plain = asked(house)
    told = [(one.read, one.files, one.hot) for one in plain.meta.explained]
    assert told[0][0] == "rollup"
    assert told[-1] == ("events", 1, True)
    assert plain.meta.explained[-1].last_day == today
    finer = asked(house, filters=["contains", "title", [""]])
    both = asked(
        house, filters=["and", [["is", "page", ["/"]], ["is", "hostname", ["shop.example"]]]]
    )
    assert {one.read for one in both.meta.explained} == {"events"}
    assert sum(one.files for one in both.meta.explained) == 6
    for report in (plain, finer, both):
        for before, after in pairwise(report.meta.explained):
            assert before.last_day + timedelta(days=1) == after.first_day
    assert plain.totals == both.totals == [7]
    (first, *_) = msgspec.to_builtins(both.meta)["explained"]
    assert set(first) == {"read", "from", "to", "files", "hot"}
    house.close()
