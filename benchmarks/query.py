"""How fast questions are answered from the lake: every panel of the dashboard, plain and filtered,
beside DuckDB scanning its own sorted tables of the same rows with the same SQL, in one run.

`python -m benchmarks.query` makes the 1 and 10 million cases, `--huge` the 100 million one too.
"""

import argparse
import os
import platform
import re
import resource
import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import duckdb
from benchmarks.history import SITE, ZONE, made, now_ms
from benchmarks.results import keep

from liveinsight.adapters.sql.behaviour import funnel_sql
from liveinsight.adapters.sql.compile import Compiler, Statement
from liveinsight.adapters.sql.fragments import statements
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.adapters.sql.memory import connect
from liveinsight.adapters.sql.plan import plan
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.relations import Relations, over
from liveinsight.adapters.sql.remembered import Remembered
from liveinsight.domain import behaviour
from liveinsight.domain import query as queries
from liveinsight.domain.count import Count
from liveinsight.domain.lake import Relation
from liveinsight.domain.site import Site
from liveinsight.usecases import follow
from liveinsight.usecases.answer import answer, counted_of

MOST_ROUNDS, ENOUGH_MS = 40, 800
MEMORY_MB = 16_384  # DuckDB's own tables are held in it
SIX = ["visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration"]
CUSTOM = ["is_not", "event", ["page_view", "engagement", "session_start", "session_end"]]
PLAIN = (
    *("source", "channel", "referrer", "utm_campaign", "utm_source", "utm_medium", "title"),
    *("country", "region", "city", "language", "browser", "os", "device", "screen"),
)
PANELS = {
    "numbers": {"metrics": SIX, "dimensions": ["time:day"], "compare": "previous_period"},
    "page": {"metrics": ["visitors", "pageviews"], "dimensions": ["page"]},
    "entry_page": {"metrics": ["visitors", "visits"], "dimensions": ["entry_page"]},
    "exit_page": {"metrics": ["visitors", "visits"], "dimensions": ["exit_page"]},
    "event": {"metrics": ["visitors", "events"], "dimensions": ["event"], "filters": CUSTOM},
    **{name: {"metrics": ["visitors"], "dimensions": [name]} for name in PLAIN},
}
# What is open at once when the page is loaded: the first tab of each panel.
PAGE = ("numbers", "source", "page", "country", "browser", "event")
FILTERS = {
    "country": ["is", "country", ["CA"]],
    "page": ["is", "page", ["/section-4/page-4"]],
    "source": ["is", "source", ["Source 7"]],
}
FUNNEL = {
    "steps": [
        {"page": {"contains": "section-1"}},
        {"page": {"contains": "section-2"}},
        {"event": "Signup"},
    ]
}
CASES = {1_000_000: 30, 10_000_000: 90, 100_000_000: 365}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, action="append", choices=list(CASES))
    options.add_argument("--huge", action="store_true", help="the 100 million case too")
    options.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "liveinsight-bench"
    )
    options.add_argument("--rounds", type=int, default=7)
    asked = options.parse_args()
    sizes = asked.events or [size for size in CASES if asked.huge or size < 100_000_000]
    results = [case(asked.folder, size, asked.rounds) for size in sizes]
    keep("query", {"machine": machine(), "cases": results})


def machine() -> dict[str, str]:
    """Beside a load of more than 2 the milliseconds say little, the ratios still something."""
    return {
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[1]:.1f}",
    }


def case(folder: Path, events: int, rounds: int) -> dict[str, object]:
    days = CASES[events]
    print(f"{events:,} events in {days} days")
    relations = made(folder / str(events), events, days)
    sealed = relations.files(SITE)
    held = sum(file.rows for file in sealed if file.relation is Relation.EVENTS)
    size = sum(Path(file.path).stat().st_size for file in sealed)
    bench = Bench(folder / str(events), relations, rounds)
    ranges = ["30d"] if days <= 90 else ["30d", "12mo"]
    told = {
        "events": events,
        "events_of_site": held,
        "days": days,
        "bytes_per_event": round(size / held, 1),
        "ranges": {name: bench.range(name) for name in ranges},
    }
    told["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    bench.close()
    return told


class Bench:
    def __init__(self, folder: Path, relations: Relations, rounds: int) -> None:
        self.rounds = rounds
        self.relations = relations
        native = folder / "native.duckdb"
        if not native.exists():
            copied(native, relations)
        self.db = connect(folder / "spill", memory_mb=MEMORY_MB, threads=2)
        for statement in statements("hot", "tables"):
            self.db.execute(statement)
        self.db.execute(f"ATTACH '{native}' AS native (READ_ONLY)")
        self.site = Site(id=SITE, timezone=ZONE)
        self.remembered = Remembered()

    def close(self) -> None:
        self.db.close()

    def reading(self) -> Reading:
        return Reading(self.db.cursor(), self.relations, 0, now_ms(), now_ms())

    def reading_anew(self) -> Reading:
        """As after a seal elsewhere: whole counts are forgotten, what pieces gave still holds."""
        relations = Relations([*self.relations.files(SITE)])
        return Reading(self.db.cursor(), relations, 0, now_ms(), now_ms())

    def range(self, name: str) -> dict[str, object]:
        print(f" {name}")
        told: dict[str, object] = {"panels": {}, "filtered": {}}
        told["panels"] = {panel: self.panel(panel, name, None) for panel in PANELS}
        told["filtered"] = {
            by: {panel: self.panel(panel, name, tree) for panel in PAGE}
            for by, tree in FILTERS.items()
        }
        told["funnel"] = self.funnel(name)
        told["page_ms"] = self.page(name, None)
        told["page_filtered_ms"] = self.page(name, FILTERS["country"])
        print(f"  whole page {told['page_ms']} ms, filtered {told['page_filtered_ms']} ms")
        return told

    def question(self, panel: str, name: str, tree: list[object] | None) -> queries.Query:
        raw = {"site": SITE, "range": name, "limit": 9} | PANELS[panel]
        if panel == "numbers":
            raw["limit"] = 10_000
        if tree:
            also = raw.get("filters")
            raw["filters"] = ["and", [tree, also]] if also else tree
        return queries.parse(raw)

    def panel(self, panel: str, name: str, tree: list[object] | None) -> dict[str, object]:
        query = self.question(panel, name, tree)

        def first() -> object:
            return answer(query, self.site, SqlHistory(self.reading(), Remembered()), now_ms())

        def pieces_known() -> object:
            reading = self.reading_anew()
            return answer(query, self.site, SqlHistory(reading, self.remembered), now_ms())

        asked = counted_of(query, self.site, SqlHistory(self.reading()), now_ms())
        rows, lake_ms, native_ms = self.compared(asked)
        times = timed(first, self.rounds)
        again = timed(pieces_known, self.rounds)
        read = answer(query, self.site, SqlHistory(self.reading()), now_ms()).meta.read
        told = {
            "read": read,
            "rows": rows,
            "answer_ms": round(statistics.median(times), 2),
            "answer_best_ms": round(min(times), 2),
            "answer_p95_ms": round(sorted(times)[int(len(times) * 0.95)], 2),
            "again_ms": round(statistics.median(again), 2),
            "lake_ms": round(lake_ms, 2),
            "native_ms": round(native_ms, 2),
            "ratio": round(lake_ms / native_ms, 2),
        }
        by = f"{panel}{' by ' + str(tree[1]) if tree else ''}"
        print(
            f"  {by:<24}{read:<8}{told['answer_ms']:>9} ms{told['again_ms']:>9} ms again{told['ratio']:>7}x native"
        )
        return told

    def compared(self, asked: Count) -> tuple[int, float, float]:
        """The same statement over the lake and over native tables, in turns."""
        compiler = Compiler(asked, plan(asked, self.relations), self.relations)
        return self.in_turns(compiler.rows(None))

    def in_turns(self, statement: Statement) -> tuple[int, float, float]:
        cursor = self.db.cursor()
        native = re.sub(
            r"read_parquet\(\['[^']*/(events|visits|rollup)/[^\]]*\]\)", r"native.\1", statement.sql
        )
        assert "read_parquet" not in native
        lake_ms, native_ms = [], []
        for _ in range(self.rounds):
            for sql, times in ((statement.sql, lake_ms), (native, native_ms)):
                started = perf_counter()
                found = cursor.execute(sql, statement.values).fetchall()
                times.append((perf_counter() - started) * 1000)
        return len(found), statistics.median(lake_ms), statistics.median(native_ms)

    def funnel(self, name: str) -> dict[str, object]:
        asked = behaviour.parse_funnel({"site": SITE, "range": name} | FUNNEL)
        span = follow.settled(asked, self.site, SqlHistory(self.reading()), now_ms())
        steps = behaviour.Steps(
            site=SITE,
            zone=ZONE,
            span=span,
            filters=asked.filters,
            steps=asked.steps,
            within=asked.within,
        )
        _, lake_ms, native_ms = self.in_turns(funnel_sql(steps, self.relations))
        ratio = round(lake_ms / native_ms, 2)
        print(f"  funnel {lake_ms:.0f} ms, {ratio}x native")
        return {"lake_ms": round(lake_ms, 1), "native_ms": round(native_ms, 1), "ratio": ratio}

    def page(self, name: str, tree: list[object] | None) -> float:
        """Everything the page asks when it is opened, at once, two at a time."""

        def whole() -> object:
            remembered = Remembered()  # what one visitor's page has in common is counted once

            def ask(panel: str) -> object:
                query = self.question(panel, name, tree)
                return answer(query, self.site, SqlHistory(self.reading(), remembered), now_ms())

            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(ask, PAGE))

        return round(statistics.median(timed(whole, self.rounds)), 1)


def copied(path: Path, relations: Relations) -> None:
    """The same rows as DuckDB's own tables, in the same order."""
    days = relations.days(SITE)
    assert days is not None
    with duckdb.connect(str(path)) as connection:
        for statement in statements("hot", "tables"):
            connection.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE"))
        for relation in (Relation.EVENTS, Relation.VISITS, Relation.ROLLUP):
            rows = over(relations.pieces(SITE, *days), relation)
            connection.execute(f"CREATE TABLE {relation} AS FROM {rows}")


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    """So many rounds, and more of what is fast: of a few the slowest says more of the neighbours."""
    work()
    times: list[float] = []
    while len(times) < rounds or (len(times) < MOST_ROUNDS and sum(times) < ENOUGH_MS):
        started = perf_counter()
        work()
        times.append((perf_counter() - started) * 1000)
    return times


if __name__ == "__main__":
    sys.exit(main())
