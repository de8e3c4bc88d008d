"""A server that may use little memory over a large lake: is every question answered, and how much
do its processes take for it?

`python -m benchmarks small` asks all that the dashboard asks, plain and filtered, a month and all
days, one after another and the page's six at once, with MEMORY_LIMIT_MB=256 over 10 million events.
"""

import argparse
import http.client
import json
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from time import perf_counter

from benchmarks.dashboard import lake
from benchmarks.history import SITE
from benchmarks.query import CASES, CUSTOM, FILTERS, FUNNEL, PAGE, PANELS
from benchmarks.results import keep
from benchmarks.serving import Server

Question = tuple[str, str, dict[str, object]]  # what it is called, the path, the body


def questions(days: str) -> Iterator[Question]:
    """Every panel and every report, of a month and of all days, plain and filtered."""
    first, _, last = days.partition("..")
    spans = {"30 days": {"from": first, "to": last}, "all": "all"}
    for (named, span), by in product(spans.items(), (None, *FILTERS)):
        filters = [FILTERS[by]] if by else []
        for panel, asked in PANELS.items():
            body = {"site": SITE, "range": span, "limit": 1000} | asked
            if panel == "event":
                body["filters"] = ["and", [CUSTOM, *filters]]
            elif filters:
                body["filters"] = filters[0]
            yield f"{panel} by {by}, {named}", "/api/query", body
        reports = {"funnel": FUNNEL, "journeys": {"depth": 5}, "retention": {"interval": "week"}}
        for report, asked in reports.items():
            body = {"site": SITE, "range": span} | asked
            if filters:
                body["filters"] = filters[0]
            yield f"{report} by {by}, {named}", f"/api/{report}", body


def ask(server: Server, question: Question) -> tuple[str, int, float]:
    """What was asked, the status and the milliseconds."""
    named, path, body = question
    started = perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        headers = {"Content-Type": "application/json", "X-Requested-With": "fetch"}
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        answer.read()
        return named, answer.status, (perf_counter() - started) * 1000
    finally:
        connection.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=10_000_000, choices=list(CASES))
    options.add_argument("--limit", type=int, default=256, help="MEMORY_LIMIT_MB")
    options.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "liveinsight-bench"
    )
    chosen = options.parse_args()
    settings = {"LIVEINSIGHT_MEMORY_LIMIT_MB": str(chosen.limit)}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        days = lake(folder, chosen.events, chosen.folder)
        with Server.liveinsight(folder, pinned=False, settings=settings) as server:
            at_start = server.memory_mb()
            asked = list(questions(days))
            told = [ask(server, question) for question in asked]
            page = [question for question in asked if question[0].split(" by ")[0] in PAGE]
            with ThreadPoolExecutor(len(PAGE)) as pool:
                told += pool.map(lambda question: ask(server, question), page)
            most = server.most_memory_mb()
    slowest = max(told, key=lambda one: one[2])
    failed = [f"{named}: {status}" for named, status, _ in told if status != http.client.OK]
    figures = {
        "events": chosen.events,
        "memory_limit_mb": chosen.limit,
        "asked": len(told),
        "failed": failed,
        "slowest": {slowest[0]: round(slowest[2])},
        "at_start_mb": at_start,
        "most_mb": most,
    }
    print(json.dumps(figures, indent=1))
    keep("small", figures)


if __name__ == "__main__":
    sys.exit(main())
