"""What was not counted and which properties there are, counted over what was kept."""

from datetime import UTC, datetime

import pytest

from builders import an_event
from lake_house import House
from liveinsight.adapters.sql.aside import prop_keys, set_aside
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.domain.aside import Aside as Question
from liveinsight.domain.aside import AsideReport, AsideRow
from liveinsight.domain.drop import Drop
from liveinsight.domain.range import Named, Span
from liveinsight.domain.site import Site
from liveinsight.usecases.ask import reply

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, NOON + HOUR)
    yield house
    house.close()


def kept(house):
    events = [
        an_event(time_ms=NOON, type="Signup", props={"plan": "pro", "coupon": "x"}),
        an_event(time_ms=NOON + 1, type="Signup", props={"plan": "free"}),
        an_event(time_ms=NOON + 2, type="Buy", props={"plan": "pro"}),
        an_event(time_ms=NOON + 3, visitor=8, aside="bot", props={"seen": "no"}),
        an_event(time_ms=NOON + 4, visitor=8, aside="bot"),
        an_event(time_ms=NOON - 30 * HOUR, visitor=9, aside="spam_referrer"),
    ]
    drops = [("shop", Drop.DUPLICATE, 5), ("shop", Drop.BOT, 2), ("other", Drop.INVALID, 9)]
    house.keep(events, drops, at_ms=NOON)
    house.tail()


def test_what_was_set_aside_is_told_by_reason(house):
    """Kept-apart events of the span and drops of its days, each once, the most frequent first."""
    kept(house)
    with house.store.reading() as reading:
        today = Span(NOON - HOUR, NOON + HOUR)
        assert set_aside(reading, "shop", "UTC", today) == [("duplicate", 5), ("bot", 2)]
        earlier = Span(NOON - 40 * HOUR, NOON - 20 * HOUR)
        assert set_aside(reading, "shop", "UTC", earlier) == [("spam_referrer", 1)]
        assert set_aside(reading, "nowhere", "UTC", today) == []


def test_what_is_of_no_site_is_told_apart(house):
    """To who asks for it: whose it was, nobody knows."""
    house.keep(
        [an_event(time_ms=NOON)], [("", Drop.INVALID, 3), ("shop", Drop.DUPLICATE, 1)], at_ms=NOON
    )
    house.tail()
    site = Site(id="shop")
    with house.store.reading() as reading:
        for elsewhere, expected in ((False, []), (True, [AsideRow("invalid", 3)])):
            asked = Question("shop", elsewhere=elsewhere)
            report = reply(asked, site, SqlHistory(reading), NOON + HOUR, lambda: 0.0)
            assert report == AsideReport([AsideRow("duplicate", 1)], expected)
        # Tomorrow in Seoul is another day, whatever the clock that nobody's things are counted by.
        far = Site(id="shop", timezone="Asia/Seoul")
        asked = Question("shop", Named.YESTERDAY, elsewhere=True)
        then = NOON + 24 * HOUR
        assert reply(asked, far, SqlHistory(reading), then, lambda: 0.0).elsewhere == [
            AsideRow("invalid", 3)
        ]
        today = Question("shop", Named.TODAY, elsewhere=True)
        assert reply(today, far, SqlHistory(reading), then, lambda: 0.0).elsewhere == []


def test_property_keys_are_those_of_counted_events(house):
    """Each key with how many events carry it, of all events or of one name."""
    kept(house)
    with house.store.reading() as reading:
        span = Span(NOON - HOUR, NOON + HOUR)
        assert prop_keys(reading, "shop", "UTC", span, None) == [("plan", 3), ("coupon", 1)]
        assert prop_keys(reading, "shop", "UTC", span, "Buy") == [("plan", 1)]
        assert prop_keys(reading, "nowhere", "UTC", span, None) == []
