"""What watching costs, how soon an event is seen, how much memory visits take, how long a start is.

The figures that depend on the machine (all but the memory) are told beside their targets as they
are, with the load of the moment: whoever measures on a busy machine sees a busy machine's.
"""

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.journal import SqliteJournal
from liveinsight.adapters.local.snapshot import Snapshots
from liveinsight.adapters.local.window import Window
from liveinsight.domain.event import Client, Event, Place
from liveinsight.domain.filter import And, parse
from liveinsight.domain.period import MINUTE_MS
from liveinsight.domain.site import Site
from results import keep
from serving import LOAD_CORE, Server, load_average, on_core

MILLION = 1_000_000
VIEWS_A_VISIT = 3
SITE = "default"
LANES = 16
GOLDEN_64 = 0x9E37_79B9_7F4A_7C15
MASK_64 = 0xFFFF_FFFF_FFFF_FFFF
FILTER = ["and", [["is", "country", ["KR"]], ["contains", "page", ["/p/1"]]]]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0"


class Lane(asyncio.Protocol):
    """A connection that posts one event at a time, or reads a stream."""

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard
        self.is_free = True
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.is_free = True
        self._heard(data)

    def post(self, number: int) -> None:
        """An event of one of 5,000 visitors."""
        self.is_free = False
        visitor = number % 5000
        body = json.dumps({"site": SITE, "page_url": f"https://shop.example/p/{number % 500}"})
        self.transport.write(
            "POST /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"User-Agent: {AGENT}\r\nX-Forwarded-For: 203.0.{visitor // 250}.{visitor % 250}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )

    def watch(self) -> None:
        """Ask for the stream."""
        self.transport.write(
            b"GET /api/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
        )


async def connected(port: int, heard: Callable[[bytes], None]) -> Lane:
    loop = asyncio.get_running_loop()
    _, lane = await loop.create_connection(lambda: Lane(heard), "127.0.0.1", port)
    return lane


async def post(port: int, rate: int, seconds: float) -> list[float]:
    """Post at that rate, whether answers come or not; when each event was due, if it was sent."""
    lanes = [await connected(port, lambda _: None) for _ in range(LANES)]
    sent: list[float] = []
    start_s = time.perf_counter()
    for number in range(int(rate * seconds)):
        due_s = start_s + number / rate
        while (wait_s := due_s - time.perf_counter()) > 0:
            await asyncio.sleep(wait_s)
        while not (free := next((lane for lane in lanes if lane.is_free), None)):
            await asyncio.sleep(0.0005)
        free.post(number)
        sent.append(due_s)
    while not all(lane.is_free for lane in lanes):
        await asyncio.sleep(0.001)
    for lane in lanes:
        lane.transport.close()
    return sent


async def until_seen(port: int, rate: int, seconds: float) -> dict[str, float]:
    """From when an event was due to the first message that counts it, each view being counted.

    The figures are of one server's life: what was counted before is subtracted.
    """
    counts: list[tuple[float, int]] = []
    buffer = b""

    def heard(data: bytes) -> None:
        nonlocal buffer
        now_s = time.perf_counter()
        *messages, buffer = (buffer + data).split(b"\n\n")
        for message in messages:
            if b"data: " in message:
                live = json.loads(message.partition(b"data: ")[2].partition(b"\n")[0])
                counts.append((now_s, live["pageviews_last_30min"]))

    stream = await connected(port, heard)
    stream.watch()
    while not counts:
        await asyncio.sleep(0.01)
    before = counts[-1][1]
    due = await post(port, rate, seconds)
    while counts[-1][1] < before + len(due):
        await asyncio.sleep(0.01)
    stream.transport.close()
    told = iter(counts)
    at_s, count = next(told)
    waits_ms = []
    for number, due_s in enumerate(due, 1):
        while count < before + number:
            at_s, count = next(told)
        waits_ms.append((at_s - due_s) * 1000)
    cuts = statistics.quantiles(waits_ms, n=100)
    return {
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
    }


async def watched(server: Server, streams: int, seconds: float) -> dict[str, float]:
    """The share of a core that so many open streams take at one update a second."""
    heard = 0

    def hear(data: bytes) -> None:
        nonlocal heard
        heard += data.count(b"event: live")

    await asyncio.sleep(2)
    idle_cpu_s, idle_s = server.cpu_s(), time.perf_counter()
    await post(server.port, 1, seconds / 2)
    idle = (server.cpu_s() - idle_cpu_s) / (time.perf_counter() - idle_s)
    lanes = [await connected(server.port, hear) for _ in range(streams)]
    for lane in lanes:
        lane.watch()
    while heard < streams:
        await asyncio.sleep(0.05)
    heard, cpu_s, start_s = 0, server.cpu_s(), time.perf_counter()
    await post(server.port, 1, seconds)
    took_s = time.perf_counter() - start_s
    share = (server.cpu_s() - cpu_s) / took_s
    for lane in lanes:
        lane.transport.close()
    return {
        "streams": streams,
        "updates_per_s": round(heard / streams / took_s, 2),
        "core_percent": round(100 * share, 2),
        "core_percent_without_streams": round(100 * idle, 2),
    }


def views(now_ms: int, visitors: int = MILLION) -> Iterator[Event]:
    """A million views of so many visitors within the last minutes, 500 pages, 26 countries."""
    places = [
        Place(
            SITE,
            "page_view",
            "shop.example",
            f"/p/{n}",
            None,
            ("Google", "Naver", "Bing", None)[n % 4],
            "Organic Search" if n % 4 < 3 else "Direct",
            *(None,) * 6,
        )
        for n in range(500)
    ]
    countries = [f"A{chr(65 + n)}" for n in range(26)]
    clients = {
        country: Client(country, None, None, "Chrome", None, "Linux", None, "desktop", None, None)
        for country in ("KR", *countries)
    }
    first_ms, span_ms = now_ms - 4 * MINUTE_MS, 3 * MINUTE_MS
    for n in range(MILLION):
        yield Event(
            n * GOLDEN_64 & MASK_64 ^ 7,
            first_ms + n * span_ms // MILLION,
            places[n % 500],
            n % visitors * GOLDEN_64 & MASK_64,
            None,
            None,
            clients["KR" if n % 3 else countries[n % 26]],
            *(None,) * 6,
        )


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(t.split()[1]) for t in status.splitlines() if t.startswith("VmRSS")) / 1024


def million_visits() -> dict[str, object]:
    """Memory that a million active visits add, and what a look at them takes."""
    clock = SystemClock()
    window, now_ms = Window(clock), clock.now_ms()
    snapshots, before_mb = Snapshots(window), resident_mb()
    for event in views(now_ms):
        window.touch([event])
    memory_mb = round(resident_mb() - before_mb, 1)
    tree = parse(FILTER)
    looks = {"plain": lambda: snapshots.look(SITE, And(()), now_ms)}
    looks["filtered"] = lambda: snapshots.look(SITE, tree, now_ms)
    told: dict[str, object] = {"visits": len(window), "memory_mb": memory_mb}
    for name, look in looks.items():
        took_ms, cpu_ms = [], []
        for _ in range(5):
            start_s, cpu_s = time.perf_counter(), time.thread_time()
            look()
            took_ms.append((time.perf_counter() - start_s) * 1000)
            cpu_ms.append((time.thread_time() - cpu_s) * 1000)
        told[f"look_{name}_cpu_ms"] = round(statistics.median(cpu_ms), 1)
        told[f"look_{name}_ms"] = round(statistics.median(took_ms), 1)
    told["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return told


async def fill(folder: Path) -> None:
    """A million events in the journal, through the adapter that writes it."""
    clock = SystemClock()
    journal = SqliteJournal(Folder(folder), clock, lambda: None)
    journal.resume()
    group: list[Event] = []
    for event in views(clock.now_ms(), MILLION // VIEWS_A_VISIT):
        group.append(event)
        if len(group) == 1000:
            await journal.keep(group, {})
            group = []
    await journal.stop()


def public_site(folder: Path) -> Path:
    """A folder whose one site anybody may watch."""
    control = SqliteControl(Folder(folder))
    control.put_site(Site(id=SITE, public=True))
    control.close()
    return folder


def in_own_process(part: str) -> dict[str, object]:
    command = on_core(LOAD_CORE, (sys.executable, __file__, "--part", part))
    told: dict[str, object] = json.loads(subprocess.check_output(command))
    return told


def say(part: str) -> None:
    print(f"live: {part}", file=sys.stderr, flush=True)


def measure(seconds: float) -> dict[str, dict[str, object]]:
    told: dict[str, dict[str, object]] = {}
    say("a million visits")
    told["a million visits"] = {**in_own_process("visits"), "load_average": load_average()}
    with tempfile.TemporaryDirectory() as temporary:
        empty = public_site(Path(temporary) / "empty")
        starts = []
        for _ in range(3):
            with Server.liveinsight(empty) as server:
                starts.append(server.ready_ms)
                time.sleep(1)
                memory = server.memory_mb()
        say("start, empty")
        told["start, empty"] = {"ready_ms": statistics.median(starts), "memory_mb": memory}
        with Server.liveinsight(empty) as server:
            say("streams")
            told["streams"] = {**asyncio.run(watched(server, 1000, seconds))}
            told["streams"]["load_average"] = load_average()
        with Server.liveinsight(public_site(Path(temporary) / "seen")) as server:
            asyncio.run(post(server.port, 1000, 2))
            say("seen")
            told["seen"] = {**asyncio.run(until_seen(server.port, 1000, seconds))}
            told["seen"]["load_average"] = load_average()
        say("a million events")
        full = public_site(Path(temporary) / "full")
        asyncio.run(fill(full))
        starts = []
        for _ in range(3):
            # Two processes read the journal at once, and nobody makes load: on the whole machine.
            with Server.liveinsight(full, pinned=False) as server:
                starts.append(server.ready_ms)
                memory = server.memory_mb()
        told["start, a million events"] = {
            "ready_ms": statistics.median(starts),
            "ready_best_ms": min(starts),
            "memory_mb": memory,
            "load_average": load_average(),
        }
    return told


TARGETS = (
    ("POST to message p95, ms", "seen", "p95_ms", 300),
    ("POST to message p99, ms", "seen", "p99_ms", 1000),
    ("1,000 streams, percent of a core", "streams", "core_percent", 5),
    ("a million active visits, MB", "a million visits", "memory_mb", 300),
    ("at rest, MB", "start, empty", "memory_mb", 80),
    ("start to ready, empty folder, ms", "start, empty", "ready_ms", 2000),
    ("start to ready, a million events, ms", "start, a million events", "ready_ms", 10_000),
)


def judged(told: dict[str, dict[str, object]]) -> dict[str, object]:
    """Each figure beside its target."""
    figures = {}
    for name, part, field, target in TARGETS:
        value = told[part][field]
        measured = float(value["collector"] if isinstance(value, dict) else str(value))
        figures[name] = {
            "measured": measured,
            "target": f"< {target}",
            "holds": measured < target,
        }
    return {"python": sys.version.split()[0], "figures": figures, "parts": told}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--part", choices=["visits"])
    chosen = parser.parse_args()
    if chosen.part:
        print(json.dumps(million_visits()))
    else:
        result = judged(measure(chosen.seconds))
        print(json.dumps(result, indent=1))
        print(keep("live", result))
