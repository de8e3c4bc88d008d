"""Forgetting, put together: journal, files and live view, beside a server or without one."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from liveinsight.adapters import patterns
from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.forgetting import forget_groups, write_anew
from liveinsight.adapters.local.journal import SqliteHotReader
from liveinsight.adapters.local.store.bulk import BulkLoad
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.sql.conditions import OF_VISITS_ONLY
from liveinsight.domain import filter as filters
from liveinsight.domain.errors import Invalid, NotFound
from liveinsight.domain.event import Aside
from liveinsight.domain.forget import Doomed
from liveinsight.domain.range import Range, settle
from liveinsight.domain.visitor import identified
from liveinsight.ports import Control
from liveinsight.wiring.settings import Settings

TRIES = 150
PAUSE_S = 0.2


def doomed_events(folder: Folder, site_id: str, user_id: str | None, when: Range | None) -> Doomed:
    """What is meant by a user, a span in the site's zone, or both."""
    control = SqliteControl(folder)
    try:
        return doomed_by(control, site_id, user_id, when)
    finally:
        control.close()


def doomed_by(control: Control, site_id: str, user_id: str | None, when: Range | None) -> Doomed:
    """The same, of either home."""
    site = control.sites().by_name(site_id)
    if site is None:
        raise NotFound(f"There is no site {site_id}.")
    visitor = None
    if user_id is not None:
        visitor = identified(control.secret("user_id"), site.id, user_id)
    if when is None:
        return Doomed(site.id, visitor)
    now_ms = SystemClock().now_ms()
    span = settle(when, now_ms=now_ms, zone_name=site.timezone, first_ms=0)
    return Doomed(site.id, visitor, span)


def forget(
    settings: Settings, doomed: Doomed, pause: Callable[[float], None] = time.sleep
) -> tuple[int, bool]:
    """Forget events for good; how many, and whether nothing of them is left on the disk."""
    with _load(settings) as (folder, load):
        at_ms = SystemClock().now_ms()
        events = load.forget(doomed, lambda: forget_groups(folder, doomed, at_ms))
        return events, _leave_nothing(folder, load, pause)


def erase(settings: Settings, site: str, pause: Callable[[float], None] = time.sleep) -> bool:
    """Forget all events of a site, also of one that was removed; whether nothing of them is left on
    the disk.
    """
    with _load(settings) as (folder, load):
        if not _is_known(folder, load, site):
            raise NotFound(f"There is no site {site}, and there are no events of one.")
        load.erase(site)
        forget_groups(folder, Doomed(site), SystemClock().now_ms())
        return _leave_nothing(folder, load, pause)


def _is_known(folder: Folder, load: BulkLoad, site: str) -> bool:
    if load.has(site):
        return True
    journal = SqliteHotReader(folder)
    try:
        return any(
            event.place.site == site for _, events, _ in journal.after(0) for event in events
        )
    finally:
        journal.close()


def set_aside(settings: Settings, meant: Doomed, where: str, reason: Aside) -> int:
    """Keep apart sealed events that pass a filter; how many."""
    try:
        tree = filters.parse(msgspec.json.decode(where), "where")
    except msgspec.DecodeError:
        raise Invalid("where", 'is no JSON; write it like ["is", "page", ["/admin"]]') from None
    patterns.check(filters.patterns_of(tree))
    if of_visit := filters.dimensions_of(tree) & OF_VISITS_ONLY:
        raise Invalid("where", f"cannot ask for {', '.join(sorted(of_visit))}, which events lack")
    if tree == filters.EVERYTHING:
        raise Invalid("where", "is empty: all events would be set aside")
    with _load(settings) as (_, load):
        return load.set_aside(meant, tree, reason)


@contextmanager
def _load(settings: Settings) -> Iterator[tuple[Folder, BulkLoad]]:
    folder = Folder(settings.data_dir)
    load = BulkLoad(folder, Limits(settings.memory_limit_mb))
    try:
        yield folder, load
    finally:
        load.close()


def _leave_nothing(folder: Folder, load: BulkLoad, pause: Callable[[float], None]) -> bool:
    is_gone = write_anew(folder, pause)
    for _ in range(TRIES):
        if not load.tidy(is_served=folder.served_by_another()):
            return is_gone
        pause(PAUSE_S)  # a question still reads them; the server removes them after it
    return False
