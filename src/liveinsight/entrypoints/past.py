"""The demo's past: `python -m liveinsight.entrypoints.past FOLDER`, once for a folder.

A process of its own, so that the server does not keep the memory that this takes. Stopped
anywhere it goes on where it was; the same folder name or not, the past is the same.
"""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.store.bulk import BulkLoad
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.recognise.agents import UaParserAgents
from liveinsight.adapters.recognise.sources import KnownSources
from liveinsight.domain.event import Event
from liveinsight.domain.period import local_day
from liveinsight.domain.site import Site
from liveinsight.entrypoints import demo
from liveinsight.usecases.imagine import Past

DAYS = 90
SEED = 2026
NAME = "the demo's past"
EVENTS_AT_ONCE = 100_000


def fill(path: Path, days: int = DAYS, seed: int = SEED) -> int:
    """Imagine the days until now, if that was not done; how many events that were."""
    folder, now_ms = Folder(path), SystemClock().now_ms()
    site = demo_site(folder)
    load = BulkLoad(folder, Limits(memory_mb=512))
    try:
        position, loaded = load.progress(NAME)
        if position >= days:
            return 0
        past = Past(site, demo.CAST, UaParserAgents(), KnownSources(), seed=seed)
        last_day = local_day(now_ms, site.timezone).date
        waiting: list[Event] = []
        with _shown() as shown:
            task = shown.add_task(f"Imagining {days} days", total=days)
            for number, events in enumerate(past.days(last_day, days), start=1):
                shown.update(task, completed=number)
                if number > position:
                    waiting += [event for event in events if event.time_ms < now_ms]
                if waiting and (len(waiting) >= EVENTS_AT_ONCE or number == days):
                    loaded += len(waiting)
                    load.events(waiting, (NAME, number, loaded))
                    waiting = []
        return loaded
    finally:
        load.close()


def demo_site(folder: Folder) -> Site:
    """The demo's site, made if it is not there."""
    control = SqliteControl(folder)
    try:
        found = control.sites().by_name(demo.SITE)
        if found is None:
            found = Site(id=demo.SITE, domains=("demo.example",), public=True)
            control.put_site(found)
        return found
    finally:
        control.close()


def _shown() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


if __name__ == "__main__":
    fill(Path(sys.argv[1]))
