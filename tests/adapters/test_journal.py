"""The journal keeps what it acknowledges, and tells when it cannot."""

import asyncio
import sqlite3
from types import SimpleNamespace

import pytest

from builders import NOON_MS, an_event
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.journal import (
    ENOUGH_EVENTS,
    QUIET_TURNS,
    SqliteHotReader,
    SqliteJournal,
)
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Misconfigured, Unavailable


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "data")


def run(folder, scenario):
    async def with_journal():
        lost = asyncio.Event()
        journal = SqliteJournal(folder, FixedClock(NOON_MS), lost.set)
        journal.resume()
        try:
            return await scenario(journal)
        finally:
            await journal.stop()

    return asyncio.run(with_journal())


def kept(folder, after=0):
    reader = SqliteHotReader(folder)
    groups = [
        (seq, [event.row() for event in events], drops)
        for seq, events, drops in reader.after(after)
    ]
    reader.close()
    return groups


def test_what_is_kept_is_read_back_whole(folder):
    """An event comes back field for field."""
    event = an_event(props={"plan": "pro", "seats": 3, "trial": True}, event_id=2**64 - 1)
    run(folder, lambda journal: journal.keep([event], {}))
    assert kept(folder) == [(1, [event.row()], {})]


def test_those_who_come_together_share_a_group(folder):
    """Requests of one turn of the loop are one row."""

    async def many(journal):
        await asyncio.gather(*(journal.keep([an_event()], {}) for _ in range(50)))

    run(folder, many)
    assert [len(events) for _, events, _ in kept(folder)] == [50]


def test_a_group_waits_for_who_is_still_coming(folder):
    """Also while a group is written: those it answers come again, and share the next one."""

    async def come_again(journal):
        async def somebody(turns):
            for _ in range(turns):
                await asyncio.sleep(0)
            await journal.keep([an_event()], {})
            await journal.keep([an_event()], {})

        await asyncio.gather(*map(somebody, range(50)))

    run(folder, come_again)
    assert [len(events) for _, events, _ in kept(folder)] == [50, 50]


def test_a_group_that_is_large_enough_waits_for_nobody(folder):
    """However many come, one after the other without end."""

    async def one_by_one(journal):
        keeping = []
        for _ in range(3 * ENOUGH_EVENTS):
            keeping.append(asyncio.ensure_future(journal.keep([an_event()], {})))
            await asyncio.sleep(0)
        await asyncio.gather(*keeping)

    run(folder, one_by_one)
    sizes = [len(events) for _, events, _ in kept(folder)]
    assert sizes[0] == ENOUGH_EVENTS
    assert sum(sizes) == 3 * ENOUGH_EVENTS


@pytest.mark.parametrize("sizes", [(1,), (0, 3, 0), (15, 1), (100, 1, 70_000)])
def test_a_group_holds_what_its_requests_brought(folder, sizes):
    """In their order, however many they are; drops stand behind them."""
    brought = [
        [an_event(event_id=n * 10**6 + i) for i in range(size)] for n, size in enumerate(sizes)
    ]
    drops = {("shop", Drop.DUPLICATE): 2}

    async def together(journal):
        await asyncio.gather(*(journal.keep(events, drops) for events in brought))

    run(folder, together)
    ((_, events, told),) = kept(folder)
    assert events == [event.row() for events in brought for event in events]
    assert told == {("shop", Drop.DUPLICATE): 2 * len(sizes)}


def test_events_that_cannot_be_kept_are_refused_alone(folder):
    """They leave nothing in the group that others are waiting for."""

    async def together(journal):
        wrong = [an_event(event_id=2), an_event(event_id=3, title="\ud800")]
        brought = ([an_event(event_id=1)], wrong, [an_event(event_id=4)])
        kept = (journal.keep(events, {}) for events in brought)
        return await asyncio.gather(*kept, return_exceptions=True)

    first, refused, last = run(folder, together)
    assert first is last is None
    assert isinstance(refused, UnicodeEncodeError)
    assert [[event.event_id for event in events] for _, events, _ in kept(folder)] == [[1, 4]]


def test_groups_keep_the_order_and_are_numbered_on(folder):
    """Numbers go on after a restart, also when the journal was emptied by sealing."""

    async def two(journal):
        await journal.keep([an_event(event_id=1)], {})
        await journal.keep([an_event(event_id=2)], {})

    run(folder, two)
    db = folder.connect()
    db.execute("UPDATE meta SET value = 2 WHERE key = 'sealed_seq'")
    db.execute("DELETE FROM journal")
    db.close()
    run(folder, lambda journal: journal.keep([an_event(event_id=3)], {}))
    assert [(seq, events[0].event_id) for seq, events, _ in kept(folder)] == [(3, 3)]


def test_sealed_groups_are_not_told(folder):
    """What is sealed but not yet deleted is ignored."""

    async def two(journal):
        await journal.keep([an_event()], {})
        await journal.keep([an_event()], {})

    run(folder, two)
    db = folder.connect()
    db.execute("UPDATE meta SET value = 1 WHERE key = 'sealed_seq'")
    db.close()
    assert [seq for seq, _, _ in kept(folder)] == [2]


def test_drops_ride_along_and_are_written_at_the_end(folder):
    """Counted drops reach the disk with the next group, or when the journal stops."""

    async def drops(journal):
        await journal.keep([], {("shop", Drop.INVALID): 1})
        await journal.keep([an_event()], {("shop", Drop.INVALID): 2})
        await journal.keep([], {("shop", Drop.TOO_OLD): 4})

    run(folder, drops)
    told = [drops for _, _, drops in kept(folder)]
    assert told == [{("shop", Drop.INVALID): 3}, {("shop", Drop.TOO_OLD): 4}]


def test_a_cancelled_client_does_not_cancel_the_group(folder):
    """One who hangs up takes nobody else's acknowledgement away."""

    async def one_leaves(journal):
        leaving = asyncio.ensure_future(journal.keep([an_event()], {}))
        staying = asyncio.ensure_future(journal.keep([an_event()], {}))
        await asyncio.sleep(0)
        leaving.cancel()
        await staying

    run(folder, one_leaves)
    assert [len(events) for _, events, _ in kept(folder)] == [2]


def test_nothing_after_a_failed_write_is_acknowledged(folder):
    """A failed write poisons its group and what waits behind it, and nothing is on disk."""

    async def fails(journal):
        await journal.keep([an_event(event_id=1)], {})
        folder.connect().execute("DROP TABLE journal")
        first = asyncio.ensure_future(journal.keep([an_event(event_id=2)], {}))
        for _ in range(QUIET_TURNS + 2):  # until it is being written
            await asyncio.sleep(0)
        assert not journal.backlog
        second = asyncio.ensure_future(journal.keep([an_event(event_id=3)], {}))
        outcomes = await asyncio.gather(first, second, return_exceptions=True)
        with pytest.raises(Unavailable):
            journal.check_room()
        with pytest.raises(Unavailable):
            await journal.keep([an_event(event_id=4)], {})
        return outcomes

    assert [type(outcome) for outcome in run(folder, fails)] == [Unavailable, Unavailable]


def test_a_journal_goes_on_when_writing_works_again(folder):
    """After a failure has passed, events are kept again under fresh numbers."""

    async def recovers(journal):
        await journal.keep([an_event(event_id=1)], {})
        db = folder.connect()
        db.execute("ALTER TABLE journal RENAME TO hidden")
        with pytest.raises(Unavailable):
            await journal.keep([an_event(event_id=2)], {})
        db.execute("ALTER TABLE hidden RENAME TO journal")
        db.close()
        await journal.recover()
        journal.resume()
        await journal.keep([an_event(event_id=3)], {})

    run(folder, recovers)
    assert [events[0].event_id for _, events, _ in kept(folder)] == [1, 3]


def test_a_journal_without_memory_says_so_and_goes_on(folder, monkeypatch):
    """Python says that in its own way, which must not end the one thread that writes."""

    def starve():
        raise MemoryError

    async def recovers(journal):
        with monkeypatch.context() as patch:
            patch.setattr(journal, "_clock", SimpleNamespace(now_ms=starve))
            with pytest.raises(Unavailable):
                await journal.keep([an_event(event_id=1)], {})
        await journal.recover()
        journal.resume()
        await journal.keep([an_event(event_id=2)], {})

    run(folder, recovers)
    assert [events[0].event_id for _, events, _ in kept(folder)] == [2]


def test_one_server_a_folder(folder):
    """A second server on the same folder is told so."""
    folder.lock()
    with pytest.raises(Misconfigured, match="Another server"):
        Folder(folder.path).lock()
    folder.unlock()
    Folder(folder.path).lock()


def test_newer_data_is_refused(folder):
    """Data of a newer version is left alone."""
    db = folder.connect()
    db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(Misconfigured, match="newer LiveInsight"):
        folder.connect()


def test_what_is_no_database_is_told(folder):
    """A damaged file is named."""
    folder.path.mkdir()
    folder.database.write_bytes(b"not a database" * 1000)
    with pytest.raises(Misconfigured, match="damaged"):
        folder.connect()


def test_a_full_disk_is_told_and_survived(folder):
    """When the disk is full events are refused; with room again they are kept."""

    async def fills(journal):
        journal._db.execute("PRAGMA max_page_count = 20")
        outcomes = []
        for number in range(40):
            try:
                await journal.keep([an_event(title="x" * 4000, event_id=number)], {})
            except Unavailable as refused:
                outcomes.append((number, refused.retry_after_s))
                break
        assert "full" in journal.failure
        await journal.recover()  # opens a connection without the limit
        journal.resume()
        await journal.keep([an_event(event_id=99)], {})
        return outcomes

    refused = run(folder, fills)[0][0]
    numbers = [event.event_id for _, events, _ in kept(folder) for event in events]
    assert numbers == [*range(refused), 99]


def test_a_journal_is_closed_until_memory_is_rebuilt(folder):
    """Before `resume` nothing is taken: a duplicate could not be told yet."""

    async def too_early(journal):
        journal.failure = "starting"
        with pytest.raises(Unavailable):
            journal.check_room()
        with pytest.raises(Unavailable):
            await journal.keep([an_event()], {})

    run(folder, too_early)
    assert kept(folder) == []


def test_what_came_of_late_is_told_by_time_and_by_number(folder):
    """Memory is rebuilt from the last hour, or from the last million if that reaches further."""
    clock = FixedClock(NOON_MS)

    async def by_the_hour():
        journal = SqliteJournal(folder, clock, lambda: None)
        journal.resume()
        for number in range(10):
            await journal.keep([an_event(event_id=number)], {})
            clock.advance(3_600_000)
        await journal.stop()

    asyncio.run(by_the_hour())
    reader = SqliteHotReader(folder)

    def of_late(events, since_ms):
        return [event.event_id for group in reader.of_late(events, since_ms) for event in group]

    assert of_late(3, NOON_MS + 10 * 3_600_000) == [7, 8, 9]
    assert of_late(1, NOON_MS + 6 * 3_600_000) == [5, 6, 7, 8, 9]
    assert of_late(100, 0) == [*range(10)]
    reader.close()


def test_a_reader_never_blocks_the_writer(folder):
    """A read transaction that stays open does not stop commits."""

    async def beside(journal):
        await journal.keep([an_event()], {})
        reader = sqlite3.connect(folder.database)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM journal").fetchone()
        await journal.keep([an_event()], {})
        reader.close()

    run(folder, beside)
    assert len(kept(folder)) == 2
