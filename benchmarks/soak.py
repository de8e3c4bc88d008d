"""An hour at 500 events a second: does memory stay, do answers stay quick, is each event there.

Run it by itself: `python benchmarks/soak.py [--minutes 60] [--rate 500]`. It starts a server in a
temporary folder, sends events over 16 connections, watches the process, stops it with SIGTERM,
and counts what was kept against what was acknowledged.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.http.auth import CLI
from liveinsight.http.tokens import SignedTokens
from results import keep

CONNECTIONS = 16
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/147.0.0.0 Safari/537.36"
)
SERVE = "from liveinsight.entrypoints.cli import app; app()"


@dataclass
class Told:
    """What the senders saw."""

    acknowledged: int = 0
    refused: int = 0
    latencies_ms: list[float] = field(default_factory=list)


def requests(lane: int) -> Iterator[bytes]:
    """Visitors who come, view three of 500 pages in two minutes, and go: 20,000 at a time."""
    number = lane
    while True:
        visitor = number // 60_000 * 20_000 + number * 7919 % 20_000
        body = json.dumps(
            {
                "site": "default",
                "event_id": f"soak-{number}",
                "page_url": f"https://shop.example/p/{number % 500}",
                "title": "A page",
                "referrer": "https://www.google.com/" if number % 3 else None,
            }
        ).encode()
        yield (
            f"POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"User-Agent: {AGENT}\r\nX-Forwarded-For: {ip_address(0xCB000000 + visitor)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        number += CONNECTIONS


async def send(port: int, lane: int, rate: float, until: float, told: Told) -> None:
    """One connection, at its share of the rate."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter()
    for request in requests(lane):
        if time.time() >= until:
            break
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        told.latencies_ms.append((time.perf_counter() - began) * 1000)
        if head.startswith(b"HTTP/1.1 200"):
            told.acknowledged += 1
        else:
            told.refused += 1
    writer.close()


def family(pid: int) -> list[int]:
    """The server's processes: the collector first, then those it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def memory_mb(pid: int) -> float:
    """Resident memory of a process, 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


async def watch(pid: int, told: Told, minutes: list[dict[str, object]]) -> None:
    """A line a minute: memory, and the answers' times of that minute."""
    while True:
        await asyncio.sleep(60)
        latencies, told.latencies_ms = sorted(told.latencies_ms), []
        line = {
            "memory_mb": [memory_mb(one) for one in family(pid)],
            "acknowledged": told.acknowledged,
            "refused": told.refused,
            "p50_ms": round(latencies[len(latencies) // 2], 2),
            "p99_ms": round(latencies[len(latencies) * 99 // 100], 2),
            "max_ms": round(latencies[-1], 1),
        }
        minutes.append(line)
        print(json.dumps(line), flush=True)


async def soak(
    port: int, pid: int, minutes: float, rate: int
) -> tuple[Told, list[dict[str, object]]]:
    """Send until it is over."""
    told, lines = Told(), list[dict[str, object]]()
    until = time.time() + minutes * 60
    watching = asyncio.create_task(watch(pid, told, lines))
    await asyncio.gather(
        *(send(port, lane, rate / CONNECTIONS, until, told) for lane in range(CONNECTIONS))
    )
    watching.cancel()
    return told, lines


def start(folder: str, port: int, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """A server on the folder, ready."""
    command = [sys.executable, "-c", SERVE, "serve", "--data-dir", folder, "--port", str(port)]
    server = subprocess.Popen(command, env=environ)
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
                return server
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not get ready")


def kept(folder: str, port: int) -> int:
    """Events that are there, by the product's own answer."""
    control = SqliteControl(Folder(Path(folder)))
    token = SignedTokens(control.secret(CLI)).make(CLI, SystemClock().now_ms())
    control.close()
    query = json.dumps({"site": "default", "range": "7d", "metrics": ["events"]}).encode()
    headers = {"Content-Type": "application/json", "X-API-Key": token}
    asking = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/query", query, headers, method="POST"
    )
    with urllib.request.urlopen(asking) as answer:
        return int(json.load(answer)["data"]["totals"][0])


def settled(folder: str, port: int, wanted: int) -> int:
    """The same once the store has read all of the journal, or nothing changes any more."""
    counts = [-1]
    while counts[-1] != wanted and (len(counts) < 20 or counts[-1] != counts[-20]):
        time.sleep(0.5)
        counts.append(kept(folder, port))
    return counts[-1]


def main() -> None:
    """Start, soak, stop, count."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--minutes", type=float, default=60)
    flags.add_argument("--rate", type=int, default=500)
    flags.add_argument("--port", type=int, default=8911)
    given = flags.parse_args()
    environ = os.environ | {
        "LIVEINSIGHT_RATE_LIMIT_PER_MINUTE": "0",
        "LIVEINSIGHT_TRUSTED_PROXIES": "127.0.0.1",
    }
    with tempfile.TemporaryDirectory() as folder:
        server = start(folder, given.port, environ)
        load_before = os.getloadavg()[0]
        told, lines = asyncio.run(soak(given.port, server.pid, given.minutes, given.rate))
        while_running = settled(folder, given.port, told.acknowledged)
        server.send_signal(signal.SIGTERM)
        status = server.wait()
        again = start(folder, given.port, environ)
        after_restart = settled(folder, given.port, told.acknowledged)
        again.send_signal(signal.SIGTERM)
        again.wait()
        result = {
            "minutes": given.minutes,
            "rate": given.rate,
            "acknowledged": told.acknowledged,
            "refused": told.refused,
            "kept": while_running,
            "kept_after_restart": after_restart,
            "exit_status": status,
            "load_before": round(load_before, 1),
            "load_after": round(os.getloadavg()[0], 1),
            "by_minute": lines,
        }
    print(keep("soak", result))


if __name__ == "__main__":
    main()
