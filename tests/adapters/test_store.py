"""The store process: answers what was kept, dies without harm, stops what nobody waits for."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import msgspec
import pytest

from builders import an_event
from lake_house import House
from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.store import worker
from liveinsight.adapters.local.store.client import StoreProcess
from liveinsight.adapters.local.store.wire import (
    LENGTH,
    Answered,
    Ask,
    Message,
    State,
    packed,
    unpacked,
)
from liveinsight.domain.errors import Invalid, Unavailable
from liveinsight.domain.query import Query
from liveinsight.domain.range import Named, Span
from liveinsight.domain.rows import Export, Sql
from liveinsight.domain.site import Site
from liveinsight.wiring.replies import exported, replied

SITE = Site(id="shop")


@pytest.fixture
def house(tmp_path: Path):
    house = House(tmp_path, SystemClock().now_ms())
    yield house
    house.db.close()


def some_events(house: House, n: int, **about) -> list:
    return [an_event(time_ms=house.clock.ms - k, visitor=k, **about) for k in range(n)]


def a_store(path: Path, most_hot: int = 10**6) -> StoreProcess:
    told = ("liveinsight.entrypoints.store", path, 256, 0)
    return StoreProcess([sys.executable, "-m", *map(str, told)], most_hot)


async def pageviews(store: StoreProcess) -> int:
    body = await store.ask(Query(site="shop", range=Named.LAST_30D, metrics=("pageviews",)), SITE)
    return msgspec.json.decode(body)["totals"][0]


async def until(truth) -> None:
    while not await truth():  # noqa: ASYNC110 - another process is waited for
        await asyncio.sleep(0.02)


def test_killed_it_comes_back_with_the_right_answers(house: House, tmp_path: Path):
    """A kill -9 and events kept meanwhile: the next answer has them all."""

    async def story() -> None:
        house.keep(some_events(house, 30))
        store = a_store(tmp_path)
        store.start()
        assert await pageviews(store) == 30
        assert store.pid is not None
        os.kill(store.pid, signal.SIGKILL)
        house.keep(some_events(house, 12))

        async def is_up_again() -> bool:
            return store.starts == 2 and store.check() == "ok"

        await until(is_up_again)
        assert await pageviews(store) == 42
        await store.stop()

    house.store.close()
    asyncio.run(story())


def test_new_events_are_in_answers_soon(house: House, tmp_path: Path):
    """What the journal holds is in answers without anybody asking for it."""

    async def story() -> None:
        store = a_store(tmp_path)
        store.start()
        assert await pageviews(store) == 0
        house.keep(some_events(house, 3))

        async def are_there() -> bool:
            return await pageviews(store) == 3

        await until(are_there)
        await store.stop()

    house.store.close()
    asyncio.run(story())


@pytest.mark.parametrize(("fresh_s", "spare_s"), [(0, 0), (3600, 3600)])
def test_who_asks_has_what_was_kept_before(house: House, monkeypatch, fresh_s, spare_s):
    """Without a turn of its own since, the store takes one for whoever asks: after a while, and
    at once where there is time to spare.
    """
    monkeypatch.setattr(worker, "TAIL_EVERY_S", 3600)
    monkeypatch.setattr(worker, "FRESH_S", fresh_s)
    monkeypatch.setattr(worker, "SPARE_S", spare_s)
    ours, theirs = socket.socketpair()
    serving = worker.Worker(house.store, theirs, worker.Handlers(replied, exported))
    thread = threading.Thread(target=serving.run)
    thread.start()
    with ours, ours.makefile("rb") as told:

        def message() -> Message:
            return unpacked(told.read(LENGTH.unpack(told.read(LENGTH.size))[0]))

        while not (isinstance(state := message(), State) and state.is_ready):
            pass
        house.keep(some_events(house, 3))
        question = Query(site="shop", range=Named.LAST_30D, metrics=("pageviews",))
        ours.sendall(packed(Ask(1, question, SITE)))
        while not isinstance(answer := message(), Answered):
            pass
    assert msgspec.json.decode(answer.body)["totals"] == [3]
    theirs.close()
    thread.join()


def test_an_answer_says_what_it_lacks(house: House):
    """It is as of the moment before the first commit group that is not read yet."""
    house.tail()
    with house.store.reading() as reading:
        assert reading.fresh_ms == reading.now_ms
    house.keep(some_events(house, 3))
    ((committed_ms,),) = house.folder.connect().execute("SELECT max(at_ms) FROM journal")
    house.clock.ms += 5000
    with house.store.reading() as reading:
        assert (reading.fresh_ms, reading.now_ms - 5000) == (committed_ms - 1, committed_ms)
    house.tail()
    with house.store.reading() as reading:
        assert reading.fresh_ms == reading.now_ms


def test_what_is_hot_is_settled_once_it_can_answer(house: House, monkeypatch):
    """A start is not kept waiting for it; between turns there is time, and no harm if it fails."""
    settled = threading.Semaphore(0)

    def settle() -> None:
        settled.release()
        raise duckdb.Error("no room")

    monkeypatch.setattr(worker, "TAIL_EVERY_S", 0.01)
    monkeypatch.setattr(house.store, "settle", settle)
    ours, theirs = socket.socketpair()
    serving = worker.Worker(house.store, theirs, worker.Handlers(replied, exported))
    thread = threading.Thread(target=serving.run)
    thread.start()
    for _ in range(2):
        assert settled.acquire(timeout=60)
    ours.close()
    thread.join()
    theirs.close()


def test_all_threads_are_there_before_anything_is_taken_in(house: House, monkeypatch):
    """One that would be started later might find no memory, and leave the store hanging."""
    there = set[str]()

    def caught_up(_: object) -> None:
        there.update(thread.name for thread in threading.enumerate())
        ours.close()

    monkeypatch.setattr(house.store, "catch_up", caught_up)
    ours, theirs = socket.socketpair()
    serving = worker.Worker(house.store, theirs, worker.Handlers(replied, exported))
    thread = threading.Thread(target=serving.run)
    thread.start()
    thread.join()
    theirs.close()
    assert {"answers", "deadlines", "sealer"} <= there
    assert sum(name.startswith("answer_") for name in there) == worker.ANSWERS_AT_ONCE


STUCK = """
import socket, sys, threading
from liveinsight.adapters.local.store import worker
threading.Thread.start = lambda thread: threading.Event().wait()
worker.THREADS_WITHIN_S = 0.2
ours, theirs = socket.socketpair()
worker.Worker(None, theirs, worker.Handlers(None, None)).run()
"""


def test_a_thread_that_never_starts_ends_the_store():
    """As one does that finds no memory: an end is noticed and begun anew, what hangs is not."""
    ended = subprocess.run(
        [sys.executable, "-c", STUCK], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr


def test_errors_arrive_as_they_were(house: House, tmp_path: Path):
    """A wrong question is told as such, with its field."""

    async def story() -> None:
        store = a_store(tmp_path)
        store.start()
        with pytest.raises(Invalid) as wrong:
            await store.ask(Sql("shop", "DELETE FROM events"), SITE)
        assert wrong.value.field == "sql"
        await store.stop()

    house.store.close()
    asyncio.run(story())


def test_a_store_that_cannot_start_says_come_back(tmp_path: Path, monkeypatch):
    """While there is no store questions are told when to come back."""
    monkeypatch.setattr("liveinsight.adapters.local.store.client.READY_WITHIN_S", 0.05)

    async def story() -> None:
        store = StoreProcess([sys.executable, "-c", "raise SystemExit(1)"])
        store.start()
        with pytest.raises(Unavailable) as told:
            await pageviews(store)
        assert told.value.retry_after_s > 0
        await store.stop()

    asyncio.run(story())


def test_exports_stream_through_a_pipe(house: House, tmp_path: Path):
    """All events come out as CSV, and a reader who leaves does no harm."""

    async def story() -> None:
        house.keep(some_events(house, 5000, title="A title of some length"))
        store = a_store(tmp_path)
        store.start()
        assert await pageviews(store) == 5000
        span = Span(0, house.clock.ms + 1)
        parts = [part async for part in store.export(Export("csv", span), SITE)]
        assert b"".join(parts).count(b"\n") == 5001
        leaving = store.export(Export("csv", span), SITE)
        await anext(leaving)
        await leaving.aclose()
        assert await pageviews(store) == 5000
        await store.stop()

    house.store.close()
    asyncio.run(story())


def test_a_store_that_is_behind_asks_for_a_pause(house: House, tmp_path: Path):
    """While more events are hot than there is memory for, no more are taken."""

    async def story() -> None:
        house.keep(some_events(house, 50))
        store = a_store(tmp_path, most_hot=49)
        store.check_room()
        store.start()
        await pageviews(store)
        with pytest.raises(Unavailable):
            store.check_room()
        await store.stop()

    house.store.close()
    asyncio.run(story())
