"""Home 1: the parts of one machine, put together, started and stopped."""

import asyncio
import itertools
import logging
import resource
import secrets
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from importlib.resources import files

from liveinsight import __version__
from liveinsight.adapters import patterns
from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.alerts import SqliteAlerts
from liveinsight.adapters.local.control import SqliteControl, SqliteSalts
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.forgetting import Forgotten
from liveinsight.adapters.local.imports import LocalImports
from liveinsight.adapters.local.journal import SqliteHotReader, SqliteJournal
from liveinsight.adapters.local.letters import SqliteLetters
from liveinsight.adapters.local.people import SqlitePeople
from liveinsight.adapters.local.seen import AN_HOUR_MS, MOST, MOST_PER_MB, ROOM, RecentIds
from liveinsight.adapters.local.snapshot import Snapshots
from liveinsight.adapters.local.store.client import StoreProcess
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.local.window import Window
from liveinsight.adapters.passwords import ArgonPasswords
from liveinsight.adapters.recognise.agents import UaParserAgents
from liveinsight.adapters.recognise.locations import MaxmindLocations
from liveinsight.adapters.recognise.sources import KnownSources
from liveinsight.domain.errors import LiveInsightError
from liveinsight.domain.person import Role
from liveinsight.domain.site import DEFAULT_SITE, Site, network
from liveinsight.http.addresses import Addresses
from liveinsight.http.api.alerts import AlertsDoor
from liveinsight.http.api.imports import ImportsDoor
from liveinsight.http.api.keys import KeysDoor
from liveinsight.http.api.letters import LettersDoor
from liveinsight.http.api.session import SessionDoor
from liveinsight.http.api.shares import SharesDoor
from liveinsight.http.api.sites import SitesDoor
from liveinsight.http.ask import AskDoor
from liveinsight.http.assets import Assets
from liveinsight.http.auth import Keys
from liveinsight.http.collect import CollectDoor
from liveinsight.http.doctor import DoctorDoor
from liveinsight.http.health import HealthDoor, Metric
from liveinsight.http.limits import RateLimit
from liveinsight.http.live import LiveDoor
from liveinsight.http.openapi import OpenApiDoor
from liveinsight.http.routes import Front, Route
from liveinsight.http.scripts import ScriptDoor
from liveinsight.http.sessions import Sessions
from liveinsight.http.trackers.door import TrackersDoor
from liveinsight.http.trackers.plausible_stats import PlausibleStatsDoor
from liveinsight.usecases.collect import Collect
from liveinsight.usecases.doctor import Doctor
from liveinsight.usecases.people import People
from liveinsight.usecases.watch import Watch
from liveinsight.wiring.alarm import Alarm
from liveinsight.wiring.mailer import Mailer
from liveinsight.wiring.post import Post
from liveinsight.wiring.schedule import BackupSchedule
from liveinsight.wiring.settings import Settings
from liveinsight.wiring.turns import Turns

log = logging.getLogger(__name__)

# Between looks at what the CLI may have changed, and between turns of the hourly housework.
REFRESH_EVERY_S = 1.0
HOUSEWORK_EVERY_S = 60.0
# Between looks whether somebody is to be written to.
MAIL_EVERY_S = 60.0
# While memory is rebuilt the loop is given back this often, to answer /readyz.
REBUILT_AT_ONCE = 2000


class HotHome:
    """The port `HotStore`: the journal, which takes nothing while the store is far behind."""

    def __init__(self, journal: SqliteJournal, store: StoreProcess) -> None:
        self._journal = journal
        self._store = store
        self.keep = journal.keep

    def check_room(self) -> None:
        """Refuse before any work is done for what could not be kept."""
        self._journal.check_room()
        self._store.check_room()


class LocalHome:
    """One process's parts. `open` needs a running loop; `start` makes it take events."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.folder = Folder(settings.data_dir)
        self.rebuilt = 0
        self.is_rebuilding = True
        self.backups = BackupSchedule(settings)
        self._tasks: list[asyncio.Task[None]] = []
        self._lost: asyncio.Event = asyncio.Event()

    def open(self) -> Front:
        """Put the parts together; nothing is answered yet but that it is not ready."""
        settings, clock, folder = self.settings, self.clock, self.folder
        folder.lock()
        self.control = SqliteControl(folder)
        if not len(self.control.sites()):
            self.control.put_site(Site(id=DEFAULT_SITE))
        self.salts = SqliteSalts(folder, clock)
        self.forgotten = Forgotten(folder.connect())
        self.window = Window(clock)
        most_ids = min(MOST, settings.memory_limit_mb * MOST_PER_MB)
        self.seen = RecentIds(clock, most=most_ids)
        self.journal = SqliteJournal(folder, clock, self._lost.set)
        self.people_store = SqlitePeople(folder)
        self.people = People(
            self.people_store, ArgonPasswords(), clock, lambda: secrets.token_urlsafe(32)
        )
        if settings.admin_email and not self.people.is_set_up:
            self.people.add(settings.admin_email, Role.OWNER, settings.admin_password)
        sessions = Sessions(
            self.people,
            self.control.secret("session"),
            is_secure=settings.base_url.startswith("https:"),
        )
        self.keys = Keys(self.control, sessions, self._look_again)
        addresses = Addresses(tuple(network(text) for text in settings.trusted_proxies))
        self.limit = RateLimit(settings.rate_limit_per_minute)
        agents = UaParserAgents()
        doctor = Doctor(agents, clock, secrets.token_bytes(16))
        collect = self.collected = Collect(
            control=self.control,
            salts=self.salts,
            seen=self.seen,
            visits=self.window,
            agents=agents,
            locations=MaxmindLocations(settings.geo_databases),
            sources=KnownSources(),
            new_id=new_ids(),
        )
        most_hot = Limits(settings.memory_limit_mb).most_hot
        self.store = StoreProcess(store_command(settings), most_hot)
        self.collect = CollectDoor(
            collect=collect,
            hot=HotHome(self.journal, self.store),
            control=self.control,
            keys=self.keys,
            addresses=addresses,
            limit=self.limit,
            clock=clock,
            country_header=settings.country_header.lower().encode() or None,
            doctor=doctor,
        )
        ask = AskDoor(self.store, self.control, self.keys, clock)
        self.watch = Watch(Snapshots(self.window), clock)
        self.live = LiveDoor(self.watch, self.control, self.keys, clock)
        health = HealthDoor(self.checks, self.metrics, self.keys, clock)
        openapi = OpenApiDoor()
        web = files("liveinsight").joinpath("web")
        scripts = ScriptDoor(web.joinpath("js"))
        assets = Assets(web)
        self.turns = Turns(self.collect, self.journal)
        self.letters = SqliteLetters(folder)
        self.alerts = SqliteAlerts(folder)
        self.mailer = Mailer(settings, clock)
        self.post = Post(
            mailer=self.mailer,
            control=self.control,
            letters=self.letters,
            asker=self.store,
            clock=clock,
        )
        self.alarm = Alarm(
            mailer=self.mailer,
            control=self.control,
            alerts=self.alerts,
            watch=self.watch,
            asker=self.store,
            clock=clock,
            retention_days=settings.retention_days,
        )
        self.imports = LocalImports(settings.data_dir, import_command(settings), clock)
        routes = (
            *self.collect.routes(self.turns.events),
            *TrackersDoor(self.collect, self.control).routes(),
            *self.live.routes(),
            *DoctorDoor(doctor, self.control, self.keys, clock).routes(),
            *ask.routes(),
            *PlausibleStatsDoor(self.store, self.control, self.keys, clock).routes(),
            *self._manage(sessions, addresses),
            *health.routes(),
            *openapi.routes(),
            *scripts.routes(),
            *assets.routes(),
        )
        openapi.tell_of(routes)
        return Front(routes, settings.allowed_origins)

    def _manage(self, sessions: Sessions, addresses: Addresses) -> tuple[Route, ...]:
        """The doors of people, sites, keys and shares."""
        control, keys, clock = self.control, self.keys, self.clock
        return (
            *SessionDoor(self.people, sessions, addresses, clock).routes(),
            *SitesDoor(
                control, keys, clock, self._look_again, check_patterns=patterns.check
            ).routes(),
            *KeysDoor(control, keys, clock).routes(),
            *SharesDoor(self.people, control, keys, addresses, clock).routes(),
            *ImportsDoor(self.imports, keys, clock).routes(),
            *LettersDoor(self.letters, self.post, keys, clock).routes(),
            *AlertsDoor(
                self.alerts,
                self.alarm,
                keys,
                clock,
                retention_days=self.settings.retention_days,
            ).routes(),
        )

    async def start(self) -> None:
        """Rebuild memory from the journal, then take events; the store catches up beside."""
        self.store.start()
        await self._rebuild()
        self.journal.resume()
        self._tasks = [
            asyncio.create_task(self._repeat(REFRESH_EVERY_S, self._refresh)),
            asyncio.create_task(self._repeat(HOUSEWORK_EVERY_S, self._housework)),
            asyncio.create_task(self._watch_journal()),
        ]
        if self.mailer.can_send:
            self.run_beside(self._repeat(MAIL_EVERY_S, self.post.look))
            self.run_beside(self._repeat(MAIL_EVERY_S, self._watch_alerts))
        if self.settings.backup_to:
            self.run_beside(self.backups.run())

    def run_beside(self, work: Coroutine[None, None, None]) -> None:
        """Let something run until the home stops."""
        self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """Write what waits and let the files go; requests must have ended before."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.mailer.stop()
        await self.imports.stop()
        await self.journal.stop()
        await self.store.stop()
        self.control.note_use(self.keys.used_ms)
        self.people_store.close()
        self.letters.close()
        self.alerts.close()
        self.forgotten.close()
        self.salts.close()
        self.control.close()
        self.folder.unlock()

    def checks(self) -> Mapping[str, str]:
        """What must be ok to be ready."""
        if self.is_rebuilding:
            live = f"rebuilding: {self.rebuilt} events so far"
            return {"journal": "ok", "live": live, "store": self.store.check()}
        return {
            "journal": self.journal.failure or "ok",
            "live": "ok",
            "store": self.store.check(),
        }

    def metrics(self) -> Iterable[Metric]:
        """Figures of the process."""
        memory_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        yield _gauge("info", "Version", 1, (("version", __version__),))
        yield _counter(
            "events_kept_total", "Events on disk since the start", self.journal.kept_events
        )
        yield Metric(
            "liveinsight_events_dropped_total",
            "counter",
            "Events not counted, by reason",
            {(("reason", reason.value),): n for reason, n in self.collect.dropped.items()},
        )
        yield _counter("journal_commits_total", "Commit groups on disk", self.journal.commits)
        yield _gauge("journal_backlog_events", "Events waiting to be written", self.journal.backlog)
        yield _gauge("live_visits", "Visits in memory", len(self.window))
        yield _gauge("live_events", "Events in the live window", len(self.window.trail))
        yield _gauge("streams", "Open live streams", self.live.streams)
        state = self.store.state
        yield _counter("store_starts_total", "Starts of the store process", self.store.starts)
        yield _gauge("store_hot_events", "Events in the hot tables", state.hot_events)
        yield _gauge("store_backlog_groups", "Commit groups not read yet", state.backlog_groups)
        yield _counter("store_seals_total", "Seals since the store's start", state.seals)
        yield _gauge("store_seal_ms", "How long the last seal took", state.seal_ms)
        yield _counter("backup_failures_total", "Backups that failed", self.backups.failures)
        yield _counter("rate_limited_total", "Requests over the rate limit", self.limit.refused)
        yield _gauge("memory_peak_bytes", "Most memory the process ever had", memory_kb * 1024)

    async def _rebuild(self) -> None:
        """Memory is a view of the journal: the last hour, and at least a million events."""
        self.is_rebuilding, self.rebuilt = True, 0
        self.window.clear()
        self.seen.clear()
        reader = SqliteHotReader(self.folder)
        since = 0
        for events in reader.of_late(ROOM, self.clock.now_ms() - AN_HOUR_MS):
            self.seen.add([event.event_id for event in events])
            self.window.touch([event for event in events if event.aside is None])
            self.rebuilt += len(events)
            if self.rebuilt - since >= REBUILT_AT_ONCE:
                since = self.rebuilt
                await asyncio.sleep(0)
        reader.close()
        self.is_rebuilding = False

    async def _watch_journal(self) -> None:
        """After a failed write: wait until writing works, forget what is not on disk, go on."""
        while True:
            await self._lost.wait()
            await self.journal.recover()
            try:
                await self._rebuild()
            except (LiveInsightError, sqlite3.Error):
                log.exception("memory cannot be rebuilt, it is tried again")
                continue
            self._lost.clear()
            self.journal.resume()
            log.warning("events can be stored again")

    async def _watch_alerts(self) -> None:
        if not self.is_rebuilding:  # else nobody seems to be there
            await self.alarm.look()

    async def _refresh(self) -> None:
        self._look_again()

    def _look_again(self) -> None:
        """Know what another process changed, as the command line does."""
        if self.control.refresh():
            for doomed in self.forgotten.news():
                self.window.forget(doomed)

    async def _housework(self) -> None:
        used, self.keys.used_ms = self.keys.used_ms, {}
        await asyncio.to_thread(self.control.note_use, used)
        if await asyncio.to_thread(self.salts.forget):
            self.collected.forget()
        self.forgotten.clear(self.clock.now_ms() - AN_HOUR_MS)
        self.window.sweep(self.clock.now_ms())

    @staticmethod
    async def _repeat(every_s: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await work()
            except Exception:
                log.exception("housework failed, it is tried again")


def store_command(settings: Settings) -> list[str]:
    """What starts the store process; the number of its socket comes last."""
    entry = "liveinsight.entrypoints.store"
    told = (settings.data_dir, settings.memory_limit_mb, settings.retention_days)
    return [sys.executable, "-m", entry, *map(str, told)]


def import_command(settings: Settings) -> list[str]:
    """What starts an import's process; content, file and site come last."""
    entry = "liveinsight.entrypoints.importing"
    told = (settings.data_dir, settings.memory_limit_mb, ",".join(settings.geo_database))
    return [sys.executable, "-m", entry, *map(str, told)]


def new_ids() -> Callable[[], str]:
    """Event ids: the process's own random beginning and a number. They are no secrets."""
    head, numbers = secrets.token_hex(10), itertools.count()
    return lambda: f"{head}{next(numbers):x}"


def _gauge(name: str, about: str, value: float, labels: tuple[tuple[str, str], ...] = ()) -> Metric:
    return Metric(f"liveinsight_{name}", "gauge", about, {labels: value})


def _counter(name: str, about: str, value: float) -> Metric:
    return Metric(f"liveinsight_{name}", "counter", about, {(): value})
