"""What the memory of a machine costs: rebuilding from the journal, sealing a day while events go
on being kept, bytes on disk, importing, and memory.

`python -m benchmarks.lake` takes a day of a million events; `--events` another number. Each part
runs in a process of its own. Processor time is told beside wall time: it depends less on the
neighbours.
"""

import argparse
import os
import platform
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import duckdb
from benchmarks.history import SHARE, SITE, made
from benchmarks.results import keep
from msgspec.structs import astuple, replace

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.groups import Group, pack
from liveinsight.adapters.local.store.bulk import BulkLoad
from liveinsight.adapters.local.store.duck import DuckStore
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.sql.bring import Staged
from liveinsight.adapters.sql.export import export
from liveinsight.adapters.sql.reading import Reading
from liveinsight.domain.event import Client, Event, Place, Row
from liveinsight.domain.range import Span
from liveinsight.domain.rows import Export
from liveinsight.domain.site import Site
from liveinsight.wiring.bringing import ExportLoad

GROUP_EVENTS = 100
GIVEN_BACK_S = 5  # the allocator gives back in the background what was needed for a moment
Told = dict[str, float]


class Clock:
    def now_ms(self) -> int:
        return int(time.time() * 1000)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


@contextmanager
def timed(told: Told, name: str, events: int) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    told[f"{name}_s"] = round(time.perf_counter() - wall, 2)
    told[f"{name}_cpu_s"] = round(time.process_time() - cpu, 2)
    told[f"{name}_events_per_s"] = round(events / (time.perf_counter() - wall))


def exported(folder: Path, events: int, days: int) -> Path:
    """Generated events of the site as an export, made once."""
    path = folder / f"lake-{events}-{days}.parquet"
    if not path.exists():
        relations = made(folder / f"made-{events}-{days}", int(events / SHARE), days)
        connection = duckdb.connect()
        connection.execute("CREATE TABLE masked (site VARCHAR, visit UBIGINT)")
        reading = Reading(connection, relations, 0, 0, 0)
        export(reading, Export("parquet", Span(0, 2**41)), SITE, "UTC", str(path))
    return path


def events_of(path: Path) -> list[Event]:
    """The export as events, in order of time; what they share is one, as the collector has it."""
    names = [name for name in Row.__struct_fields__ if name not in {"prior", "aside", "props"}]
    rows = duckdb.execute(
        f"SELECT {', '.join(names)} FROM read_parquet('{path}') ORDER BY time_ms"
    ).fetchall()
    nothing = dict.fromkeys(("prior", "aside", "props"))
    events = (Row(**dict(zip(names, row, strict=True)), **nothing).event() for row in rows)
    place, client = cache(Place), cache(Client)
    return [
        replace(event, place=place(*astuple(event.place)), client=client(*astuple(event.client)))
        for event in events
    ]


def fill_journal(data: Path, path: Path) -> int:
    """A folder whose journal holds the events, in groups as the collector writes them."""
    folder = Folder(data)
    control = SqliteControl(folder)
    control.put_site(Site(id=SITE))
    control.close()
    events = events_of(path)
    db = folder.connect()
    db.execute("BEGIN")
    for n in range(0, len(events), GROUP_EVENTS):
        group = events[n : n + GROUP_EVENTS]
        body = pack(Group(group))
        row = (n // GROUP_EVENTS + 1, group[-1].time_ms, len(group), body)
        db.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", row)
    db.execute("COMMIT")
    db.close()
    return len(events)


def rest(data: Path) -> Told:
    """What a store with nothing in it needs."""
    store = DuckStore(Folder(data), Clock())
    store.tail()
    return {"at_rest_mb": resident_mb()}


def rebuild_and_seal(data: Path, events: int) -> Told:
    """As after a restart; then the day is sealed while 200 events are kept every 20 ms."""
    told: Told = {}
    store = DuckStore(Folder(data), Clock(), Limits(memory_mb=2048))
    with timed(told, "rebuild", events):
        store.catch_up()
    told["hot_at_once_mb"] = resident_mb()
    with timed(told, "settle", events):
        store.settle()
    time.sleep(GIVEN_BACK_S)
    told["hot_mb"] = resident_mb()
    keeper = Keeper(data)
    keeper.start()
    time.sleep(2)
    keeper.mark()
    with timed(told, "seal", events):
        store.seal()
    keeper.stop()
    told |= keeper.told()
    told["after_seal_mb"] = resident_mb()
    with timed(told, "forget_groups", events):
        while store.tidy():
            time.sleep(0.02)
    store.close()
    files = list((data / "lake").rglob("*.parquet"))
    told["bytes_per_event"] = round(sum(path.stat().st_size for path in files) / events, 1)
    return told


class Keeper(threading.Thread):
    """Writes to the journal as a collector does, and notes how long each commit takes."""

    def __init__(self, data: Path) -> None:
        super().__init__(daemon=True)
        self._data = data
        self._done = threading.Event()
        self._since = 0
        self.commits_ms: list[float] = []
        self.wal_bytes = 0

    def mark(self) -> None:
        self._since = len(self.commits_ms)

    def run(self) -> None:
        db = Folder(self._data).connect()
        (seq,) = db.execute("SELECT max(seq) FROM journal").fetchone()
        (body,) = db.execute("SELECT body FROM journal WHERE seq = ?", (seq,)).fetchone()
        while not self._done.wait(0.02):
            seq += 1
            started = time.perf_counter()
            db.execute("INSERT INTO journal VALUES (?, ?, 100, ?)", (seq, 2**50, body))
            self.commits_ms.append((time.perf_counter() - started) * 1000)
            wal = self._data / "liveinsight.db-wal"
            self.wal_bytes = max(self.wal_bytes, wal.stat().st_size)
        db.close()

    def stop(self) -> None:
        self._done.set()
        self.join()

    def told(self) -> Told:
        commits = sorted(self.commits_ms[self._since :])
        return {
            "commit_p50_ms": round(commits[len(commits) // 2], 2),
            "commit_p99_ms": round(commits[len(commits) * 99 // 100], 2),
            "commit_max_ms": round(commits[-1], 2),
            "wal_max_mb": round(self.wal_bytes / 1e6, 1),
        }


def brought(data: Path, path: Path, events: int) -> Told:
    """An export of ours into an empty folder."""
    told: Told = {}
    folder = Folder(data)
    control = SqliteControl(folder)
    control.put_site(Site(id=SITE))
    control.close()
    load = BulkLoad(folder, Limits(memory_mb=2048))
    with timed(told, "import", events), tempfile.TemporaryDirectory() as spill:
        staged = Staged(path, Path(spill), SITE, "UTC")
        bringing = ExportLoad(load, SITE, is_judged=staged.is_judged)
        for part in staged.parts(0):
            bringing.part(part)
    told["import_mb"] = resident_mb()
    load.close()
    store = DuckStore(folder, Clock())
    with timed(told, "compact", events):
        store.compact()
    store.tidy()
    store.close()
    files = list((data / "lake").rglob("*.parquet"))
    told["imported_bytes_per_event"] = round(sum(p.stat().st_size for p in files) / events, 1)
    return told


def apart(work: Callable[..., Told], *about: object) -> Told:
    """In a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *about).result()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=1_000_000)
    options.add_argument("--days", type=int, default=1)
    asked = options.parse_args()
    folder = Path(tempfile.gettempdir()) / "liveinsight-bench"
    folder.mkdir(exist_ok=True)
    path = exported(folder, asked.events, asked.days)
    row = duckdb.execute(f"SELECT count(*) FROM read_parquet('{path}')").fetchone()
    events = row[0] if row else 0
    told: Told = {"events": events, "days": asked.days}
    with tempfile.TemporaryDirectory(dir=folder) as data:
        told |= apart(rest, Path(data) / "rest")
        if asked.days == 1:
            fill_journal(Path(data) / "day", path)
            told |= apart(rebuild_and_seal, Path(data) / "day", events)
        told |= apart(brought, Path(data) / "brought", path, events)
    about = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": os.getloadavg()[0],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "sqlite": sqlite3.sqlite_version,
    }
    for name, value in told.items():
        print(f"{name:28} {value:>12,}")
    keep(f"lake-{asked.events}-{asked.days}", {"about": about, "figures": told})


if __name__ == "__main__":
    main()
