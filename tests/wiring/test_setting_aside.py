"""Past days judged again: what a filter finds is kept apart, and can be taken back as it was."""

from datetime import date
from pathlib import Path

import pytest

from builders import NOON_MS, an_event
from lake_house import House, held_rollup, held_visits, told_rollup, told_visit_rows
from liveinsight.adapters.local.store.bulk import BulkLoad
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import Aside
from liveinsight.domain.forget import Doomed
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS, MINUTE_MS
from liveinsight.domain.range import Span
from liveinsight.wiring.forgetting import set_aside
from liveinsight.wiring.settings import Settings

DAY = date(2026, 5, 28)
BAD = '["contains", "page", ["/wp-"]]'


def traffic() -> list:
    """Visits with a stray page in the middle, and one that is nothing else."""
    found = []
    for visitor in (1, 2, 3):
        for n in range(5):
            page = "/wp-login.php" if visitor == 3 or n == 2 else f"/{n}"
            at = NOON_MS + n * 25 * MINUTE_MS + visitor
            found.append(an_event(time_ms=at, visitor=visitor, page=page))
    return found


def agrees(house: House, counted: list) -> None:
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(counted, "UTC")
    assert held_rollup(house.rows(Relation.ROLLUP)) == told_rollup(counted, "UTC")


@pytest.mark.parametrize("compacted", [False, True])
def test_what_a_filter_finds_is_kept_apart(tmp_path: Path, compacted):
    """Visits are those of what is left (cut in two where a gap opens), in day files and in month
    files; taken back, all is as before.
    """
    house, events = House(tmp_path, NOON_MS + 3 * DAY_MS), traffic()
    house.keep(events)
    house.tail()
    house.store.seal()
    if compacted:
        house.clock.ms += 40 * DAY_MS
        house.store.compact()
    agrees(house, events)
    meant = Doomed("shop", None, Span(NOON_MS - DAY_MS, NOON_MS + DAY_MS))
    settings = Settings(data_dir=tmp_path)
    left = [event for event in events if "/wp-" not in event.place.page]
    assert set_aside(settings, meant, BAD, Aside.BOT) == len(events) - len(left)
    house.restart()
    if not compacted:
        agrees(house, left)
    assert len(house.rows(Relation.EVENTS)) == len(left)
    assert {row["page"] for row in house.rows(Relation.EVENTS)} == {e.place.page for e in left}
    asides = house.rows(Relation.ASIDE)
    assert {(row["reason"], row["page"]) for row in asides} == {("bot", "/wp-login.php")}
    assert set_aside(settings, meant, BAD, Aside.BOT) == 0
    load = BulkLoad(house.folder, Limits())
    assert load.take_back("shop", Aside.BOT, DAY, DAY) == len(asides) == len(events) - len(left)
    load.close()
    house.restart()
    if not compacted:
        agrees(house, events)
    assert sorted(row["page"] for row in house.rows(Relation.EVENTS)) == sorted(
        event.place.page for event in events
    )
    house.close()


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize(
    ("dimension", "fields"),
    [
        ("title", [{"title": "bad"}, {"title": "good"}]),
        ("hostname", [{"hostname": "bad"}, {"hostname": "good"}]),
        ("prop:kind", [{"props": {"kind": "bad"}}, {"props": {"kind": "good"}}]),
    ],
)
def test_what_happened_at_the_same_moment_stays(tmp_path: Path, compacted, dimension, fields):
    """Of two events of one visitor, moment and page only the one that the filter finds goes."""
    house = House(tmp_path, NOON_MS + 3 * DAY_MS)
    bad, *good = (an_event(time_ms=NOON_MS, **about) for about in fields)
    good.append(an_event(time_ms=NOON_MS + 1, **fields[1]))
    house.keep([bad, *good])
    house.tail()
    house.store.seal()
    if compacted:
        house.clock.ms += 40 * DAY_MS
        house.store.compact()
    where = f'["is", "{dimension}", ["bad"]]'
    assert set_aside(Settings(data_dir=tmp_path), Doomed("shop"), where, Aside.BOT) == 1
    house.restart()
    assert len(house.rows(Relation.EVENTS)) == len(good)
    assert {row["event_id"] for row in house.rows(Relation.ASIDE)} == {bad.event_id}
    house.close()


@pytest.mark.parametrize(
    "where", ["", "[]", "null", '["is", "entry_page", ["/"]]', '["is", "x", []]']
)
def test_a_filter_that_cannot_be_is_told(tmp_path: Path, where):
    """Nothing is changed by it."""
    house = House(tmp_path, NOON_MS)
    house.close()
    with pytest.raises(Invalid):
        set_aside(Settings(data_dir=tmp_path), Doomed("shop"), where, Aside.BOT)
