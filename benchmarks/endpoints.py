"""A steady rate of requests from the outside: answer times and errors of each endpoint.

Only the standard library, so that it runs wherever the owner is. Each request leaves at its own
moment, whether the ones before are answered or not: a slow server can't slow the asking down.
"""

import argparse
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import quantiles

TIMEOUT_S = 30
GOAL_P95_MS = 100.0
GOAL_ERROR_SHARE = 0.01


@dataclass
class Figures:
    """What came of the requests to one endpoint."""

    times_ms: list[float] = field(default_factory=list)
    failures: int = 0


def main() -> None:
    """Send, wait, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--key")
    parser.add_argument("--per-minute", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    told = parser.parse_args()
    figures = measure(told.url.rstrip("/"), told.key, told.per_minute, told.seconds)
    sys.exit(0 if tell(figures) else 1)


def requests_of(url: str, key: str | None, number: int) -> tuple[str, urllib.request.Request]:
    """Most collect, some read, as on a site whose dashboard is open."""
    kind = ("events", "events", "events", "realtime", "stats")[number % 5] if key else "events"
    if kind != "events":
        return kind, urllib.request.Request(f"{url}/api/{kind}", headers={"X-API-Key": key or ""})
    event = {
        "session_id": f"benchmark-{number % 200}",
        "page_url": f"https://benchmark.invalid/{number % 20}",
        "site": "benchmark",  # where there is no such site nothing is kept, and all else is done
    }
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Mozilla/5.0 (benchmark) Chrome/156",
    }
    body = json.dumps(event).encode()
    return kind, urllib.request.Request(f"{url}/api/events", body, headers, method="POST")


def measure(url: str, key: str | None, per_minute: int, seconds: int) -> dict[str, Figures]:
    """Every request in a thread of its own, at its own moment."""
    figures: dict[str, Figures] = defaultdict(Figures)
    lock = threading.Lock()
    threads = []

    def send(number: int) -> None:
        kind, request = requests_of(url, key, number)
        started_s = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                answer.read()
            failed = False
        except (urllib.error.URLError, OSError):
            failed = True
        took_ms = (time.perf_counter() - started_s) * 1000
        with lock:
            figures[kind].times_ms.append(took_ms)
            figures[kind].failures += failed

    start_s = time.perf_counter()
    for number in range(per_minute * seconds // 60):
        due_s = start_s + number * 60 / per_minute
        time.sleep(max(0.0, due_s - time.perf_counter()))
        thread = threading.Thread(target=send, args=(number,))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    return figures


def tell(figures: dict[str, Figures]) -> bool:
    """A line for each endpoint; whether all reach the goals."""
    good = True
    for kind, of_kind in sorted(figures.items()):
        times = sorted(of_kind.times_ms)
        cuts = quantiles(times, n=100) if len(times) > 1 else times * 99
        share = of_kind.failures / len(times)
        good = good and cuts[94] <= GOAL_P95_MS and share < GOAL_ERROR_SHARE
        print(
            f"{kind:9} {len(times):6} requests  p50 {cuts[49]:7.1f} ms  p95 {cuts[94]:7.1f} ms"
            f"  p99 {cuts[98]:7.1f} ms  errors {share:.2%}"
        )
    return good


if __name__ == "__main__":
    main()
