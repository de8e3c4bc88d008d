"""Imports, put together: a file, the judgement of collecting, and the bulk path into the lake."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.histories.files import sightings
from liveinsight.adapters.histories.telling import Wrong
from liveinsight.adapters.later import EveryId, EveryVisit
from liveinsight.adapters.local.control import SqliteControl, SqliteSalts
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.store.bulk import BulkLoad
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.recognise.locations import MaxmindLocations
from liveinsight.adapters.recognise.sources import KnownSources
from liveinsight.adapters.recognise.told import ToldAgents
from liveinsight.adapters.sql.bring import PartOf, Staged
from liveinsight.adapters.sql.hot_tables import HotTables
from liveinsight.domain import range as ranges
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Invalid, Misconfigured, NotFound
from liveinsight.domain.event import Event
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.rows import export_range
from liveinsight.domain.sighting import Caller, Sighting, time_of
from liveinsight.domain.site import Site
from liveinsight.usecases.bring import bring
from liveinsight.usecases.collect import Collect
from liveinsight.wiring.settings import Settings

Told = Callable[[int, int], None]  # how far it is, and of how much


class Import:
    """One file into one site. Begun again, it goes on where it was stopped."""

    def __init__(
        self, settings: Settings, site_id: str, path: Path, last: str | None = None
    ) -> None:
        self._folder = Folder(settings.data_dir)
        self._control = SqliteControl(self._folder)
        self._site = self._known(site_id)
        self._path = path
        self._geo_databases = settings.geo_databases
        if not path.is_file():
            raise Misconfigured(f"There is no file {path}.")
        self._end_ms = self._end_of(last)
        self._name = _name(path, site_id, last)
        self._load = BulkLoad(self._folder, Limits(settings.memory_limit_mb))
        self.done, self.events = self._load.progress(self._name)
        self._readable, self._wrong = False, ""
        self.invalid = 0  # records that are no events
        self.later = 0  # how many are left out, as they are after the end

    def close(self) -> None:
        """Let everything go."""
        self._load.close()
        self._control.close()

    def _known(self, site_id: str) -> Site:
        site = self._control.sites().with_id(site_id)
        if site is None:
            raise NotFound(f"There is no site {site_id}. Make it with `liveinsight site add`.")
        return site

    def _end_of(self, last: str | None) -> int | None:
        """The moment before which events are brought in: after a last day, or a time."""
        if last is None:
            return None
        asked, now_ms = export_range(None, last), SystemClock().now_ms()
        return ranges.settle(asked, now_ms=now_ms, zone_name=self._site.timezone).end_ms

    def export(self, told: Told) -> Counter[Drop]:
        """A file that `liveinsight export` wrote; nothing of it is dropped."""
        with TemporaryDirectory(prefix="liveinsight-") as folder:
            staged = Staged(self._path, Path(folder), self._site.id, self._site.timezone)
            told(self.done, staged.rows)
            load = ExportLoad(self._load, self._site.id, is_judged=staged.is_judged)
            for part in staged.parts(self.done):
                load.part(part, self._note(part.end, part.end))
                told(part.end, staged.rows)
        return Counter()

    def plain(self, told: Told) -> Counter[Drop]:
        """A plain file of events, CSV or JSON lines."""

        def keep(events: list[Event], number: int) -> None:
            self._load.events(events, self._note(number, self.events + len(events)))
            told(number, 0)

        salts = SqliteSalts(self._folder, SystemClock())
        try:
            drops = bring(self._records(), self._collect(salts), self._caller(), keep)
            return drops + Counter({Drop.INVALID: self.invalid})
        finally:
            salts.close()

    def _note(self, position: int, events: int) -> tuple[str, int, int]:
        self.done, self.events = position, events
        return self._name, position, events

    def _records(self) -> Iterator[tuple[int, Sighting]]:
        host = next(iter(self._site.domains), None)
        caller = self._caller()
        for number, sighting in sightings(self._path, host):
            if isinstance(sighting, Wrong):
                self._pass_over(number, sighting)
                continue
            self._readable = True
            if number <= self.done:
                continue
            if self._end_ms is not None and time_of(sighting.timestamp, caller) >= self._end_ms:
                self.later += 1
                continue
            sighting.site = self._site.id
            yield number, sighting
        if self._wrong and not self._readable:
            raise Invalid("path", self._wrong)

    def _pass_over(self, number: int, wrong: Wrong) -> None:
        """One that strangers told, and nobody can mend. Where all are like it, the file is."""
        self._wrong = self._wrong or f"record {number} is not an event: {wrong.why}"
        if number > self.done:
            self.invalid += 1

    def _caller(self) -> Caller:
        key = Key(id="import", hash=b"", scopes=frozenset({Scope.IMPORT, Scope.SERVER}))
        return Caller(received_ms=SystemClock().now_ms(), key=key)

    def _collect(self, salts: SqliteSalts) -> Collect:
        return Collect(
            control=self._control,
            salts=salts,
            seen=EveryId(),
            visits=EveryVisit(),
            agents=ToldAgents(),
            locations=MaxmindLocations(self._geo_databases),
            sources=KnownSources(),
            new_id=lambda: "",
        )


class ExportLoad:
    """Puts parts of one export in: as they were judged, where nothing else is near them."""

    def __init__(self, load: BulkLoad, site: str, *, is_judged: bool) -> None:
        self._load = load
        self._site = site
        self._is_judged = is_judged
        self._ours: set[str] = set()  # files that hold what we put in, and nothing else

    def part(self, part: PartOf, progress: tuple[str, int, int] | None = None) -> None:
        """Put it in, with the note of how far that is."""
        alone = False

        def fill(hot: HotTables) -> None:
            nonlocal alone
            alone = self._is_judged and hot.is_alone(
                self._site, part.first_day, part.last_day, self._ours
            )
            select = part.select_in(hot.zone_of(self._site))
            (hot.add_judged if alone else hot.add_rows)(select)

        written = self._load.part(fill, progress)
        if alone:
            self._ours |= written


def _name(path: Path, site_id: str, last: str | None) -> str:
    """Stands for this file, as it is now, the site, and how much of it is wanted."""
    stat = path.stat()
    # The first line is of how parts are cut: what was begun otherwise is begun anew.
    told = f"3\n{path.resolve()}\n{stat.st_size}\n{stat.st_mtime_ns}\n{site_id}{last or ''}"
    return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()
