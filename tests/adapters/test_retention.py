"""What is forgotten is gone from files and answers, and nothing else is."""

from datetime import date
from pathlib import Path

from builders import NOON_MS, an_event
from lake_house import House, held_rollup, held_visits, told_rollup, told_visit_rows
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.store.bulk import BulkLoad
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.domain.event import Aside
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.site import Site


def days_of_events(days: int, **about) -> list:
    return [an_event(time_ms=NOON_MS - n * DAY_MS, **about) for n in range(days)]


def test_old_days_go_also_out_of_month_files(tmp_path: Path):
    """Retention counts in the site's days, and cuts a month's file in two."""
    house = House(tmp_path, NOON_MS)
    events = days_of_events(80)
    house.keep(events)
    house.tail()
    house.store.seal()
    house.clock.ms += 30 * DAY_MS
    house.store.compact()
    house.clock.ms -= 30 * DAY_MS
    control = SqliteControl(house.folder)
    control.put_site(Site(id="shop", retention_days=40))
    control.close()
    house.restart()
    assert house.store.forget_old_days() == 1
    kept = events[:41]
    assert {row["event_id"] or row["visit"] for row in house.rows(Relation.EVENTS)} == {
        event.event_id for event in kept
    }
    assert held_rollup(house.rows(Relation.ROLLUP)) == told_rollup(kept, "UTC")
    assert house.store.forget_old_days() == 0
    house.close()


def test_an_erased_site_leaves_nothing(tmp_path: Path):
    """Files, hot rows and journal: nothing of it is read again, others stay, new events count."""
    house = House(tmp_path, NOON_MS, {"shop": "UTC", "blog": "UTC"})
    house.keep(days_of_events(3) + days_of_events(3, site="blog"))
    house.tail()
    house.store.seal()
    house.keep([an_event(time_ms=NOON_MS), an_event(time_ms=NOON_MS, site="blog")])
    house.tail()
    load = BulkLoad(house.folder, Limits())
    load.erase("shop")
    load.close()
    house.keep([an_event(time_ms=NOON_MS + 1, page="/new")])
    house.tail()
    assert [row["page"] for row in house.rows(Relation.EVENTS)] == ["/new"]
    house.restart()
    assert [row["page"] for row in house.rows(Relation.EVENTS)] == ["/new"]
    assert len(house.rows(Relation.EVENTS, "blog")) == 4
    house.store.seal()
    while house.store.tidy():
        pass
    assert len(list((tmp_path / "lake" / "shop").rglob("*.parquet"))) == 3
    house.close()


def test_bots_can_be_taken_back_in(tmp_path: Path):
    """What was set aside by mistake joins the visits that it belongs to, and counts once."""
    house = House(tmp_path, NOON_MS + 5 * DAY_MS)
    plain = [an_event(time_ms=NOON_MS + n * 60_000) for n in (0, 2)]
    between = an_event(time_ms=NOON_MS + 60_000, page="/b", aside="bot")
    later = an_event(time_ms=NOON_MS + DAY_MS, aside="bot")
    spam = an_event(time_ms=NOON_MS, aside="spam_referrer")
    house.keep([*plain, between, later, spam])
    house.tail()
    house.store.seal()
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(plain, "UTC")
    load = BulkLoad(house.folder, Limits())
    day = date(2026, 5, 28)
    assert load.take_back("shop", Aside.BOT, day, day) == 1
    load.close()
    house.restart()
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows([*plain, between], "UTC")
    assert held_rollup(house.rows(Relation.ROLLUP)) == told_rollup([*plain, between], "UTC")
    assert {row["reason"] for row in house.rows(Relation.ASIDE)} == {"bot", "spam_referrer"}
    house.close()
