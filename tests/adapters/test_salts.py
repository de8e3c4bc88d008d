"""Salts: random, of a site's local day, and two days later not a byte of them on the disk."""

from datetime import date, timedelta

import pytest

from builders import an_event
from lake_house import FixedClock
from liveinsight.adapters.local.control import SqliteControl, SqliteSalts
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.groups import Group, pack
from liveinsight.adapters.local.journal import last_seq
from liveinsight.domain.period import DAY_MS, HOUR_MS, day_span, local_day
from liveinsight.domain.site import Site

ZONES = ("Asia/Seoul", "America/New_York")
FIRST = date(2026, 3, 6)  # New York's clocks change on the 8th


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "data")


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in folder.path.rglob("*") if path.is_file())


def keep_busy(db, pages: int) -> None:
    """As a server does: commit groups come and go, so that pages are used again."""
    for _ in range(pages):
        body = pack(Group([an_event(title="t" * 200) for _ in range(10)]))
        db.execute("INSERT INTO journal VALUES (?, 0, 10, ?)", (last_seq(db) + 1, body))
    db.execute("DELETE FROM journal WHERE seq IN (SELECT seq FROM journal ORDER BY seq LIMIT 20)")


@pytest.mark.parametrize("zone", ZONES)
def test_two_days_later_no_byte_is_left(folder, zone):
    """For eight days of forty sites, looked at every eight hours: those of today and yesterday are
    there, all before are neither in the file, nor its free pages, nor its log.
    """
    clock = FixedClock(day_span(FIRST, zone).start_ms)
    salts, writer = SqliteSalts(folder, clock), folder.connect()
    sites = [Site(id=f"site-{n}", timezone=zone) for n in range(40)]
    made: dict[date, list[bytes]] = {}
    for _ in range(8 * 3):
        today = local_day(clock.ms, zone).date
        made[today] = [salts.of(site, today) for site in sites]
        keep_busy(writer, 5)
        salts.forget()
        disk = bytes_of(folder)
        for day, values in made.items():
            left = sum(value in disk for value in values)
            assert left == (len(sites) if day >= today - timedelta(days=1) else 0), (day, today)
        clock.ms += 8 * HOUR_MS
    assert len({value for values in made.values() for value in values}) == len(made) * len(sites)
    salts.close()
    writer.close()


def test_a_reader_only_delays_it(folder):
    """While somebody reads an old state the log cannot be cut off: it is tried until it can."""
    clock = FixedClock(day_span(FIRST, "UTC").start_ms)
    salts, reader = SqliteSalts(folder, clock), folder.connect()
    value = salts.of(Site(id="shop"), FIRST)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM meta").fetchone()
    clock.ms += 2 * DAY_MS
    salts.forget()
    assert value in bytes_of(folder)
    reader.execute("COMMIT")
    salts.forget()
    assert value not in bytes_of(folder)
    salts.close()
    reader.close()


def test_a_restart_between_forgets_too(folder):
    """What a server that was killed had no time for, the next one does."""
    clock = FixedClock(day_span(FIRST, "UTC").start_ms)
    salts, reader = SqliteSalts(folder, clock), folder.connect()
    value = salts.of(Site(id="shop"), FIRST)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM meta").fetchone()
    clock.ms += 2 * DAY_MS
    salts.forget()
    salts.close()
    reader.close()
    salts = SqliteSalts(folder, clock)
    salts.forget()
    assert value not in bytes_of(folder)
    salts.close()


def test_midnight_is_the_sites_own(folder):
    """The salt changes with the local day, not with UTC's, and holds for a day of 23 hours."""
    clock = FixedClock(day_span(date(2026, 3, 8), "America/New_York").start_ms)
    salts = SqliteSalts(folder, clock)
    site = Site(id="shop", timezone="America/New_York")
    value = salts.of(site, date(2026, 3, 8))
    clock.ms += 23 * HOUR_MS
    assert local_day(clock.ms, site.timezone).date == date(2026, 3, 9)
    clock.ms += 24 * HOUR_MS - 1
    salts.forget()
    assert salts.if_known(site, date(2026, 3, 8)) == value
    clock.ms += 1
    salts.forget()
    assert salts.if_known(site, date(2026, 3, 8)) is None
    salts.close()


def test_the_secret_of_named_users_stays(folder):
    """Whom the site itself names is the same on every day, until they are forgotten."""
    control = SqliteControl(folder)
    secret = control.secret("user_id")
    control.close()
    control = SqliteControl(folder)
    assert control.secret("user_id") == secret
    control.close()
