"""The hot tables and the sealed files hold what a walk over the events in order of time says."""

from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from builders import an_event
from lake_house import (
    House,
    first_kept,
    held_events,
    held_rollup,
    held_visits,
    told_events,
    told_rollup,
    told_visit_rows,
    told_visits,
)
from liveinsight.domain.event import Event
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS, day_span, local_day
from liveinsight.domain.visitor import fingerprint

ZONES = {
    "Asia/Seoul": date(2026, 5, 10),
    "America/New_York": date(2026, 3, 7),  # the next day has 23 hours
    "America/Havana": date(2026, 10, 31),  # the next day has 25, its midnight comes twice
    "Asia/Kathmandu": date(2026, 5, 10),
    "UTC": date(2026, 2, 28),
}
GAPS_S = (0, 1, 40, 300, 1799, 1800, 1801, 1801, 7200, 30000)
TYPES = ("page_view",) * 6 + ("engagement",) * 4 + ("Signup", "session_start", "session_end")


def a_story(random: Random, zone: str) -> list[Event]:
    """Some people's events over three local days, many of them around midnight."""
    events = []
    midnight = day_span(ZONES[zone] + timedelta(days=1), zone).start_ms
    for person in range(random.randint(1, 4)):
        time_ms = midnight + random.choice((-7_200_000, -3_600_000, -1_800_000, 0, DAY_MS - 99_000))
        known = random.random() < 0.25
        session = random.choice((None, None, 5))
        for _ in range(random.randint(1, 12)):
            time_ms += random.choice(GAPS_S) * 1000 + random.choice((0, 0, 0, 1, -1))
            day = local_day(time_ms, zone)
            recent = time_ms - day.start_ms <= 1_800_000
            yesterday = day.date - timedelta(days=1)
            events.append(
                an_event(
                    event_id=random.getrandbits(64),
                    time_ms=time_ms,
                    type=random.choice(TYPES),
                    visitor=person if known else fingerprint(str(person), str(day.date)),
                    prior=fingerprint(str(person), str(yesterday))
                    if recent and not known
                    else None,
                    session=session,
                    page=random.choice(("/", "/a", "/b", None)),
                    source=random.choice(("Google", None)),
                    channel=random.choice(("Direct", "Referral")),
                    country=random.choice(("KR", "KR", None)),
                    engaged_ms=random.choice((None, 100)),
                    scroll_depth=random.choice((None, 30, 80)),
                )
            )
    return events


def check(house: House, events: list[Event], zone: str) -> None:
    assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(events, zone)
    assert held_events(house.rows(Relation.EVENTS)) == told_events(events, zone)
    unplaced = {id_ for id_, visit in told_visits(events).items() if visit is None}
    assert {row["event_id"] for row in house.rows(Relation.ASIDE)} == unplaced


@pytest.mark.parametrize("zone", ZONES)
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a story doesn't shrink in useful time
)
@given(random=st.randoms(use_true_random=False))
def test_any_order_of_arrival_and_any_sealing_give_the_same(zone: str, random: Random):
    """Shuffled, doubled, late, sealed between batches, restarted: the rows are the loop's."""
    story = a_story(random, zone)
    sent = story + random.sample(story, len(story) // 3)
    random.shuffle(sent)
    with TemporaryDirectory() as path:
        house = House(Path(path), max(event.time_ms for event in story), {"shop": zone})
        done = 0
        while done < len(sent):
            batch = sent[done : done + random.randint(1, 8)]
            done += len(batch)
            house.keep(batch)
            match random.randrange(6):
                case 0:
                    house.tail()
                    house.store.seal()
                case 1:
                    house.restart()
                case 2:
                    house.clock.ms += DAY_MS
                case _:
                    house.tail()
        house.tail()
        check(house, first_kept(sent), zone)
        house.store.seal()
        check(house, first_kept(sent), zone)
        house.clock.ms += 60 * DAY_MS
        house.store.compact()
        house.restart()
        assert held_visits(house.rows(Relation.VISITS)) == told_visit_rows(first_kept(sent), zone)
        assert held_rollup(house.rows(Relation.ROLLUP)) == told_rollup(first_kept(sent), zone)
        house.close()


def test_a_visit_over_midnight_is_counted_when_the_second_day_of_its_month_is_told_anew(
    tmp_path: Path,
):
    """Of a month that was put together, and which a late event comes to."""
    midnight = day_span(date(2026, 5, 10), "UTC").start_ms
    over = [an_event(time_ms=midnight + n * 60_000, page=f"/{n}") for n in (-1, 1, 2)]
    late = an_event(time_ms=midnight + 40_000_000, visitor=8)
    house = House(tmp_path, midnight + 60 * DAY_MS)
    house.keep(over)
    house.tail()
    house.store.seal()
    assert house.store.compact() == 1
    house.keep([late])
    house.tail()
    house.store.seal()
    assert held_rollup(house.rows(Relation.ROLLUP)) == told_rollup([*over, late], "UTC")
    house.close()
