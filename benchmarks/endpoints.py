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
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from http.client import HTTPException
from statistics import quantiles
from urllib.parse import urlencode

TIMEOUT_S = 30
GOAL_P95_MS = 100.0
GOAL_ERROR_SHARE = 0.01
# A person's: what calls itself by a program's name is set aside as a bot.
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Safari/537.36"
)


@dataclass
class Figures:
    """What came of the requests to one endpoint."""

    times_ms: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    kept: int = 0

    def told(self) -> dict[str, object]:
        """As data."""
        times = sorted(self.times_ms)
        cuts = quantiles(times, n=100) if len(times) > 1 else times * 99
        told = {f"p{at}_ms": round(cuts[at - 1], 1) for at in (50, 95, 99)}
        return {"requests": len(times), "failures": dict(self.failures), "kept": self.kept, **told}

    @property
    def share(self) -> float:
        """Of the requests, those that failed."""
        return self.failures.total() / len(self.times_ms)


def main() -> None:
    """Send, wait, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--key")
    parser.add_argument("--site")
    parser.add_argument("--per-minute", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    told = parser.parse_args()
    url = told.url.rstrip("/")
    figures = measure(url, told.key, told.site, told.per_minute, told.seconds)
    sys.exit(0 if tell(figures) else 1)


def requests_of(
    url: str, key: str | None, site: str | None, number: int
) -> tuple[str, urllib.request.Request]:
    """Most collect, some read, as on a site whose dashboard is open."""
    kind = ("events", "events", "events", "realtime", "stats")[number % 5] if key else "events"
    if kind != "events":
        query = "?" + urlencode({"site": site}) if site else ""
        headers = {"X-API-Key": key or ""}
        return kind, urllib.request.Request(f"{url}/api/{kind}{query}", headers=headers)
    event = {
        "session_id": f"benchmark-{number % 200}",
        "page_url": f"https://benchmark.invalid/{number % 20}",
    }
    if site:  # else the page's host decides, or there is only one
        event["site"] = site
    headers = {"Content-Type": "application/json", "User-Agent": BROWSER}
    body = json.dumps(event).encode()
    return kind, urllib.request.Request(f"{url}/api/events", body, headers, method="POST")


def measure(
    url: str, key: str | None, site: str | None, per_minute: int, seconds: int
) -> dict[str, Figures]:
    """Every request in a thread of its own, at its own moment."""
    figures: dict[str, Figures] = defaultdict(Figures)
    lock = threading.Lock()
    threads = []

    def send(number: int) -> None:
        kind, request = requests_of(url, key, site, number)
        started_s = time.perf_counter()
        failure, kept = None, 0
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                data = json.load(answer)["data"]
            kept = data.get("processed_events", 0)
        except urllib.error.HTTPError as error:
            failure = str(error.code)
        except (OSError, ValueError, HTTPException) as error:
            failure = type(error).__name__
        took_ms = (time.perf_counter() - started_s) * 1000
        with lock:
            figures[kind].times_ms.append(took_ms)
            figures[kind].kept += kept
            if failure is not None:
                figures[kind].failures[failure] += 1

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
        told = of_kind.told()
        print(
            f"{kind:9} {told['requests']:6} requests  p50 {told['p50_ms']:7} ms"
            f"  p95 {told['p95_ms']:7} ms  p99 {told['p99_ms']:7} ms  errors {of_kind.share:.2%}"
            f"  {told['failures'] or ''}"
        )
        is_fast = quantiles(of_kind.times_ms * 2, n=100)[94] <= GOAL_P95_MS
        good = good and is_fast and of_kind.share < GOAL_ERROR_SHARE
    if not figures["events"].kept:
        print("none of the events was kept: there are several sites, say which by --site")
        good = False
    return good


if __name__ == "__main__":
    main()
