"""The dashboard in a real Chromium before a real server, on loopback: how soon the page is painted
and can be used with a processor four times as slow, how soon the numbers stand there after a click
on a filter over a large lake, and how calm the live page stays at a thousand events a second.

The lake is the one of the query benchmark, made once and then found again. Chromium is the one
that `TEST_BROWSER` names, else the machine's.
"""

import argparse
import asyncio
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.history import LAST_DAY, SITE, ZONE, made
from msgspec import structs
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from live import SITE as BUSY_SITE
from live import post, public_site
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.lake import Publication, SqliteLake
from liveinsight.domain.site import Site
from query import CASES
from results import keep
from serving import Server, load_average

SLOWDOWN = 4
FRESH_DAYS = 15
EVENTS_PER_S = 1000
BROWSER_AT_REST_MS = 2000
NUMBERS = "[data-testid=number-visitors] b"
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update")  # fmt: skip
# What a page tells of its own loading; `first` is when something was first there.
WATCH = """(() => {
  const told = (window.told = {shift: 0, tasks: [], first: {}});
  const hear = (type, heard) => new PerformanceObserver((list) => list.getEntries().forEach(heard))
    .observe({type, buffered: true});
  hear("layout-shift", (one) => { if (!one.hadRecentInput) told.shift += one.value; });
  hear("longtask", (one) => told.tasks.push([one.startTime, one.duration]));
  const wanted = {
    controls: () => document.querySelector("header nav a"),
    numbers: () => document.querySelector("[data-testid=number-visitors] b"),
    all: () => document.querySelectorAll("[data-panel] .bars li").length > 0
      && !document.querySelector(".skeleton:not(.map)"),
  };
  new MutationObserver(() => {
    for (const [name, there] of Object.entries(wanted))
      if (!(name in told.first) && there()) told.first[name] = performance.now();
  }).observe(document, {childList: true, subtree: true});
})()"""
# A click on a row, to the frame in which something answers, the numbers are new, and all is.
CLICK = """([selector, nth]) => new Promise((done) => {
  const number = () => document.querySelector("[data-testid=number-visitors] b").textContent;
  const before = number();
  const row = document.querySelectorAll(selector)[nth];
  const began = performance.now();
  const told = {};
  const painted = (name) => {
    told[name] = null;
    requestAnimationFrame(() => setTimeout(() => {
      told[name] = performance.now() - began;
      if (name === "all_ms") done(told);
    }));
  };
  const look = () => {
    if (!("chosen_ms" in told) && document.querySelector(".chip")) painted("chosen_ms");
    if (!("numbers_ms" in told) && number() !== before) painted("numbers_ms");
    if ("numbers_ms" in told && !("all_ms" in told) && !document.querySelector(".stale, .skeleton:not(.map)")) painted("all_ms");
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
  row.click();
})"""
# Frames, long tasks and changes of the page from now on.
WATCH_CALM = """() => {
  const calm = (window.calm = {shift: 0, tasks: [], changes: 0, lines: 0, frames: [], sampled: false, began: performance.now()});
  const hear = (type, heard) => new PerformanceObserver((list) => list.getEntries().forEach(heard)).observe({type});
  hear("layout-shift", (one) => { if (!one.hadRecentInput) calm.shift += one.value; });
  hear("longtask", (one) => calm.tasks.push(one.duration));
  new MutationObserver((list) => { calm.changes += list.length; calm.sampled ||= !document.querySelector(".stream .top .hidden"); })
    .observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
  new MutationObserver((list) => { for (const one of list)
    calm.lines += [...one.addedNodes].filter((node) => node.nodeName === "LI").length;
  }).observe(document.querySelector(".feed"), {childList: true});
  let last = performance.now();
  requestAnimationFrame(function frame(now) { calm.frames.push(now - last); last = now; requestAnimationFrame(frame); });
}"""


def say(part: str) -> None:
    print(f"dashboard: {part}", file=sys.stderr, flush=True)


def lake(folder: Path, events: int, cache: Path) -> str:
    """A data folder with so many events of a public site; the range of its last 30 days."""
    today = datetime.now(UTC).date()
    # The past that is there already, if it is past and not so long ago.
    last = LAST_DAY if 0 < (today - LAST_DAY).days < FRESH_DAYS else today - timedelta(days=1)
    relations = made(cache / str(events), events, CASES[events], last)
    control = SqliteControl(Folder(folder))
    control.put_site(Site(id=SITE, timezone=ZONE, public=True))
    control.close()
    shelf = SqliteLake(Folder(folder))
    copies = []
    for file in relations.files(SITE):
        copy = shelf.place(file.name)
        shutil.copy(file.path, copy)
        copies.append(structs.replace(file, path=copy))
    highest = max(int(file.name.rpartition("-")[2].partition(".")[0]) for file in copies)
    settled = shelf.settle(copies)
    shelf.publish(Publication(new=settled, taken_over=(frozenset({SITE}), highest)))
    shelf.close()
    return f"{last - timedelta(days=29)}..{last}"


@contextmanager
def chromium() -> Iterator[Browser]:
    path = os.environ.get("TEST_BROWSER") or shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def opened(browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(120_000)
    return context


def loaded(context: BrowserContext, url: str, slowdown: int) -> dict[str, float]:
    """One loading of the page, from navigation on."""
    page = context.new_page()
    page.add_init_script(WATCH)
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    # A new window has pages of the browser's own, which load at the same time.
    page.wait_for_timeout(BROWSER_AT_REST_MS)
    page.goto(url)
    page.wait_for_function("() => told.first.all")
    # A long task is told of after its end.
    page.wait_for_timeout(500)
    told = page.evaluate(
        """() => ({...told, fcp: performance.getEntriesByName("first-contentful-paint")[0].startTime,
            bytes: performance.getEntriesByType("resource").filter((one) => !one.name.includes("/api/"))
              .reduce((sum, one) => sum + one.encodedBodySize, 0)})"""
    )
    page.close()
    first = told["first"]
    ends = [start + took for start, took in told["tasks"] if start < first["numbers"]]
    return {
        "first_contentful_paint_ms": told["fcp"],
        "controls_ms": first["controls"],
        "numbers_ms": first["numbers"],
        "interactive_ms": max(first["numbers"], *ends, 0),
        "all_panels_ms": first["all"],
        "longest_task_ms": max((took for _, took in told["tasks"]), default=0),
        "layout_shift": told["shift"],
        "bytes": told["bytes"],
    }


def medians(rounds: Iterable[dict[str, float]]) -> dict[str, float]:
    all_rounds = list(rounds)
    digits = {"layout_shift": 4}
    return {
        name: round(statistics.median(one[name] for one in all_rounds), digits.get(name, 0))
        for name in all_rounds[0]
    }


def loading(browser: Browser, url: str, rounds: int) -> dict[str, dict[str, float]]:
    """Cold (an empty cache) and warm (the second time), slowed down; and cold at full speed."""
    cold, warm, full = [], [], []
    for _ in range(rounds):
        context = opened(browser)
        cold.append(loaded(context, url, SLOWDOWN))
        warm.append(loaded(context, url, SLOWDOWN))
        context.close()
        context = opened(browser)
        full.append(loaded(context, url, 1))
        context.close()
    return {"cold": medians(cold), "warm": medians(warm), "cold, full speed": medians(full)}


ROWS = {
    "country": ("places:country", "[data-panel=places] .bars button"),
    "page": ("", "[data-panel=pages] .bars button"),
    "source": ("", "[data-panel=sources] .bars button"),
}


def clicks(browser: Browser, url: str, rounds: int) -> dict[str, dict[str, float]]:
    """Each filter for the first time, off again, and the same one once more."""
    told: dict[str, dict[str, float]] = {}
    context = opened(browser)
    page = context.new_page()
    for name, (tab, rows) in ROWS.items():
        first, again = [], []
        for nth in range(rounds):
            page.goto(f"{url}&tab={tab}" if tab else url)
            settled(page)
            first.append(page.evaluate(CLICK, [rows, nth]))
            page.go_back()
            page.wait_for_function("() => !document.querySelector('.chip')")
            settled(page)
            again.append(page.evaluate(CLICK, [rows, nth]))
        told[name] = medians(first)
        told[f"{name}, slowest"] = {key: round(max(one[key] for one in first)) for key in first[0]}
        told[f"{name}, again"] = medians(again)
    context.close()
    return told


def settled(page: Page) -> None:
    page.wait_for_selector(NUMBERS)
    page.wait_for_function(
        "() => document.querySelectorAll('[data-panel] .bars li').length > 9"
        " && !document.querySelector('.stale, .skeleton:not(.map)')"
    )
    page.wait_for_timeout(300)


def pour(port: int, seconds: float) -> None:
    asyncio.run(post(port, EVENTS_PER_S, seconds))


def calm(browser: Browser, server: Server, seconds: float) -> dict[str, float | bool]:
    """The live page while a thousand events a second come in."""
    context = opened(browser)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/?site={BUSY_SITE}&view=live")
    page.wait_for_selector(".signal.pushed")
    page.wait_for_timeout(1000)
    page.evaluate(WATCH_CALM)
    pouring = multiprocessing.Process(target=pour, args=(server.port, seconds))
    began_s = time.perf_counter()
    pouring.start()
    pouring.join()
    took_s = time.perf_counter() - began_s
    told = page.evaluate("calm")
    online = page.locator("[data-testid=online]").inner_text()
    context.close()
    frames = told["frames"]
    return {
        "events_per_s": round(EVENTS_PER_S * seconds / took_s),
        "online_shown": int(online.replace(",", "")),
        "says_it_samples": told["sampled"],
        "layout_shift": round(told["shift"], 4),
        "long_tasks": len(told["tasks"]),
        "longest_task_ms": round(max(told["tasks"], default=0)),
        "frames_per_s": round(len(frames) / sum(frames) * 1000, 1),
        "longest_frame_ms": round(max(frames)),
        "frames_over_50_ms_percent": round(100 * sum(one > 50 for one in frames) / len(frames), 2),
        "changes_of_the_page_per_s": round(told["changes"] / took_s, 1),
        "lines_of_the_feed_per_s": round(told["lines"] / took_s, 2),
    }


def measure(chosen: argparse.Namespace) -> dict[str, object]:
    told: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        if "page" in chosen.parts or "click" in chosen.parts:
            say(f"a lake of {chosen.events:,} events")
            folder = Path(temporary) / "lake"
            days = lake(folder, chosen.events, chosen.folder)
            with Server.liveinsight(folder, pinned=False) as server:
                url = f"http://127.0.0.1:{server.port}/?site={SITE}&range="
                if "page" in chosen.parts:
                    say("loading")
                    loaded(opened(browser), f"{url}30d", 1)
                    told["loading"] = loading(browser, f"{url}30d", chosen.rounds)
                if "click" in chosen.parts:
                    say("clicks")
                    told["clicks"] = clicks(browser, url + days, chosen.rounds)
        if "calm" in chosen.parts:
            say("calm")
            folder = public_site(Path(temporary) / "calm")
            with Server.liveinsight(folder, pinned=False) as server:
                told["calm"] = calm(browser, server, chosen.seconds)
    return told


TARGETS = (
    ("first contentful paint, cold, ms", ("loading", "cold", "first_contentful_paint_ms"), 500),
    ("interactive with its numbers, cold, ms", ("loading", "cold", "interactive_ms"), 1000),
    ("interactive with its numbers, warm, ms", ("loading", "warm", "interactive_ms"), 1000),
    ("layout shift while loading", ("loading", "cold", "layout_shift"), 0.02),
    ("click on a country to new numbers, ms", ("clicks", "country", "numbers_ms"), 150),
    ("click on a page to new numbers, ms", ("clicks", "page", "numbers_ms"), 150),
    ("click on a source to new numbers, ms", ("clicks", "source", "numbers_ms"), 150),
    ("the same country again, ms", ("clicks", "country, again", "numbers_ms"), 150),
    ("layout shift at 1,000 events/s", ("calm", "layout_shift"), 0.02),
    ("frames over 50 ms at 1,000 events/s, percent", ("calm", "frames_over_50_ms_percent"), 5),
    ("lines of the feed a second", ("calm", "lines_of_the_feed_per_s"), 4),
)


def judged(told: dict[str, object], events: int) -> dict[str, object]:
    """Each figure beside its target."""
    figures = {}
    for name, path, target in TARGETS:
        value: object = told
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, int | float):
            figures[name] = {"measured": value, "target": f"< {target}", "holds": value < target}
    return {
        "python": sys.version.split()[0],
        "cores": os.cpu_count(),
        "slowdown": SLOWDOWN,
        "events": events,
        "load_average": load_average(),
        "figures": figures,
        "parts": told,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, choices=list(CASES), default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--parts", nargs="+", default=["page", "click", "calm"])
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "liveinsight-bench"
    )
    result = judged(measure(chosen := parser.parse_args()), chosen.events)
    for name, figure in result["figures"].items():  # type: ignore[union-attr]
        print(f"{name:<44}{figure['measured']:>10}  {figure['target']}  {figure['holds']}")
    print(keep("dashboard", result) if len(chosen.parts) == 3 else result)
