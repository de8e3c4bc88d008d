"""The store without its process: follows the journal, seals, compacts, and gives readings.

The CLI and notebooks use it too, to read beside a running server (`beside`); only the one who
holds the seal changes the lake, and only the server seals the journal.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from functools import partial

import duckdb
from msgspec import structs

from liveinsight.adapters.clock import elapsed_ms
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.journal import SqliteHotReader
from liveinsight.adapters.local.lake import Publication, SqliteLake
from liveinsight.adapters.local.store.engine import Engine
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.local.store.sealer import Sealer
from liveinsight.adapters.sql.hot_tables import Moment
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.seal import Change, Sealing, unfinished_months
from liveinsight.domain.period import DAY_MS, HOUR_MS, MINUTE_MS, local_day
from liveinsight.domain.site import Site
from liveinsight.domain.visit import GAP_MS
from liveinsight.ports import Clock

# Past the hour: most of what is late has come.
SEAL_AFTER_MS = 3 * MINUTE_MS
# Groups stay this long in the journal, sealed or not: the live window is rebuilt from them.
KEEP_GROUPS_MS = 65 * MINUTE_MS
# Visits stay hot a little longer than they can go on, so that seldom one has to be lifted.
KEEP_VISITS_MS = GAP_MS + 5 * MINUTE_MS
# Where memory is short none stays, and what goes on is lifted.
NONE_KEPT_MS = 2**62
# Events come up to a day late; a month is put together when that is over everywhere.
COMPACT_AFTER = timedelta(days=3)
DEFAULT_LIMITS = Limits()
# All files are read when damage is looked for: not for each error of another kind.
LOOK_AGAIN_MS = 10 * MINUTE_MS

log = logging.getLogger(__name__)


class DuckStore:
    """One thread tails, one seals; any number read."""

    def __init__(
        self,
        folder: Folder,
        clock: Clock,
        limits: Limits = DEFAULT_LIMITS,
        *,
        beside: bool = False,
        retention_days: int = 0,
        at: Callable[[str], None] = lambda _step: None,
        elapsed_ms: Callable[[], int] = elapsed_ms,
    ) -> None:
        self._clock = clock
        self._elapsed_ms = elapsed_ms
        self._time_offset_ms = clock.now_ms() - elapsed_ms()
        self._limits = limits
        self._held = ExitStack()
        self._lake = SqliteLake(folder, at)
        self._journal = SqliteHotReader(folder)
        self._control = SqliteControl(folder)
        self._writing = threading.RLock()
        self._swapping = threading.Lock()
        self._retired: list[Engine] = []
        self._housekept = 0  # the hour
        self._looked_ms = 0
        # Sites that were to be redated: to which zone, and in which hour it was tried.
        self._redated: dict[str, tuple[str, int]] = {}
        self._default_retention_days = retention_days
        if beside:
            self._held.enter_context(self._lake.reading())
        self._engine = Engine(self._lake, self._control, limits)

    def close(self) -> None:
        """Let everything go."""
        with self._writing:
            for engine in (*self._retired, self._engine):
                engine.db.close()
            self._journal.close()
            self._control.close()
            self._lake.close()
            self._held.close()

    def clean(self) -> None:
        """Remove what a crash left behind; for the one who seals, at the start."""
        self._lake.clean()

    @property
    def moment(self) -> Moment:
        """What can be read now."""
        return self._engine.hot.moment

    @property
    def is_current(self) -> bool:
        """Whether nobody else changed the lake since."""
        return self._engine.is_current

    def backlog(self) -> int:
        """Commit groups that are not read yet."""
        return max(0, self._journal.last_seq() - self.moment.seq)

    def is_behind(self) -> bool:
        """Whether there is anything to take in."""
        return self.backlog() > 0 or not self.is_current

    def waiting(self) -> int:
        """Events that are not read yet."""
        return self._journal.waiting(self.moment.seq)

    def hot_events(self) -> int:
        """Rows in the hot tables."""
        return self._engine.hot_events()

    @property
    def batch_events(self) -> int:
        """So many `tail` takes in at once."""
        return self._limits.batch_events

    def tail(self) -> int:
        """Take in what the journal has since, one batch; 0 when nothing is left."""
        with self._writing:
            if not self._engine.is_current:
                self._renew()
                return 1
            try:
                return self._engine.read(self._journal)
            except duckdb.Error:
                if not self.leave_out_damaged():
                    raise
                return 1

    def settle(self) -> None:
        """Between batches: questions go on, events wait."""
        with self._writing:
            self._engine.settle()

    def leave_out_damaged(self) -> bool:
        """After something could not be read: whether it was a file, without which all goes on."""
        now_ms = self._clock.now_ms()
        with self._writing:
            if now_ms - self._looked_ms < LOOK_AGAIN_MS:
                return False
            self._looked_ms = now_ms
            names = self._lake.damaged()
            for name in names:
                log.error("lake/%s is damaged and left out; restore it from a backup", name)
            if names:
                self._looked_ms = 0  # the next error may be of another one
                self._lake.leave_out(names)
                self._renew()
            return bool(names)

    def catch_up(self, told: Callable[[int], bool] = lambda _: True) -> None:
        """Take in all that the journal has, before anything is read; `told` hears of each batch
        and says whether to go on.
        """
        with self._writing:
            goes_on = self._engine.catch_up(self._journal, told)
        while goes_on and self.tail():
            pass

    def _renew(self) -> None:
        """Somebody else changed the lake, as imports do: read anew, and answer from that when it
        has caught up.
        """
        self._control.refresh()
        fresh = Engine(self._lake, self._control, self._limits)
        # What comes from now on is the tail's: under load there would be no end of it.
        fresh.catch_up(self._journal, lambda _: True, until=self._journal.last_seq())
        if not fresh.is_current:
            fresh.db.close()
            return  # it changed again meanwhile
        with self._swapping:
            self._retired.append(self._engine)
            self._engine = fresh
        self._let_go()

    def _let_go(self) -> None:
        """Close what was replaced and nobody reads any more: with an engine its cursors close."""
        with self._swapping:
            idle = [engine for engine in self._retired if engine.oldest_in_use() is None]
            self._retired = [engine for engine in self._retired if engine not in idle]
            for engine in idle:
                engine.db.close()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Everything as it is now, for one question."""
        with ExitStack() as held:
            held.callback(self._let_go)
            with self._swapping:  # no engine may be closed before its cursor is made
                cursor, moment = held.enter_context(self._engine.cursor())
            now_ms = self._clock.now_ms()
            unread_ms = self._journal.first_ms_after(moment.seq)
            fresh_ms = now_ms if unread_ms is None else min(now_ms, unread_ms - 1)
            yield Reading(cursor, moment.relations, moment.seq, now_ms, fresh_ms)

    def is_seal_due(self) -> bool:
        """Whether an hour is over that has unsealed events, or there are many of them."""
        if self._engine.unsealed_events >= self._limits.seal_events:
            return True
        oldest_ms = self._lake.oldest_unsealed_ms()
        hour = (self._clock.now_ms() - SEAL_AFTER_MS) // HOUR_MS
        return oldest_ms is not None and oldest_ms // HOUR_MS < hour

    def seal(self) -> int:
        """Write all that is hot into files; how many files."""
        with self._lake.sealing() as generation:
            engine = self._engine
            if not engine.is_current:
                return 0  # the tail will notice, and then there is another seal
            sealer = Sealer(self._lake, engine, generation)
            before = engine.unsealed_events
            written = sealer.write()
            publication = structs.replace(written.publication, sealed_seq=written.seq)
            self._publish(sealer, publication, written.epoch, generation)
            engine.unsealed_events -= before
            return len(publication.new)

    def _publish(
        self, sealer: Sealer, publication: Publication, epoch: int, generation: int
    ) -> None:
        settled = sealer.settle(publication)
        with self._writing:
            files = self._lake.publish(settled)
            keep_from_ms = self._clock.now_ms() - KEEP_VISITS_MS
            engine, limit = self._engine, self._limits.most_kept_hot
            if engine.sealed(epoch, files, generation, keep_from_ms) > limit:
                engine.sealed(epoch, files, generation, NONE_KEPT_MS)

    def _rewrite(self, site: str, write: Callable[[Sealing], Change]) -> None:
        """Change a site's files without sealing anything new."""
        with self._lake.sealing() as generation:
            if self._engine.is_current:
                sealer = Sealer(self._lake, self._engine, generation)
                sealed_epoch = self._engine.hot.sealed_epoch
                self._publish(sealer, sealer.rewrite(site, write), sealed_epoch, generation)

    def keep_house(self) -> None:
        """What is to be done now and then; little at a time."""
        self.tidy()
        self.redate()
        hour = self._clock.now_ms() // HOUR_MS
        if hour != self._housekept:
            self._housekept = hour
            self.compact()
            if self._is_time_steady():
                self.forget_old_days()

    def _is_time_steady(self) -> bool:
        """Whether the clock went on as time did. After a jump by days nothing is removed for its
        age until it is set right, or the next start: a wrong clock must not cost the past.
        """
        jumped_ms = abs(self._clock.now_ms() - self._elapsed_ms() - self._time_offset_ms)
        if jumped_ms <= DAY_MS:
            return True
        days = jumped_ms / DAY_MS
        log.error(
            "the clock jumped by %.1f days; if it is right now, start again: no day is removed before",
            days,
        )
        return False

    def redate(self) -> int:
        """Have the days of sites that were given another time zone be told in it; how many sites."""
        with self._writing:
            self._control.refresh()
        due = list(self._sites_to_redate())
        for site in due:
            with self._lake.sealing() as generation:
                if not self._engine.is_current:
                    break  # the tail will notice, and then there is another time
                # What fails, for want of room say, is much work to fail at: it is tried once an hour.
                self._redated[site.id] = site.timezone, self._clock.now_ms() // HOUR_MS
                self._redate(site, Sealer(self._lake, self._engine, generation))
        return len(due)

    def _redate(self, site: Site, sealer: Sealer) -> None:
        publication = Publication()
        try:
            publication = sealer.redate(site.id, site.timezone, self._limits.most_redated)
            settled = sealer.settle(publication)
        except BaseException:
            self._lake.discard(publication.new)
            raise
        with self._writing:
            # The tail sees that the lake is another, and reads what is hot anew.
            self._lake.publish(settled)

    def _sites_to_redate(self) -> Iterator[Site]:
        hour = self._clock.now_ms() // HOUR_MS
        known = self.moment.relations.sites()
        for site in self._control.sites():
            if (
                site.id in known
                and self._engine.zone_of(site.id) != site.timezone
                and self._redated.get(site.id) != (site.timezone, hour)
                and self._lake.is_whole(site.id)  # what is left out would be left out for good
            ):
                yield site

    def compact(self) -> int:
        """Put the day files of months that are over together, and make outdated figures anew; how
        many months.
        """
        due = list(self._months_to_compact())
        for site, month in due:
            self._rewrite(site, partial(Sealing.month, month=month))
        return len(due)

    def _months_to_compact(self) -> Iterator[tuple[str, date]]:
        relations = self.moment.relations
        for site in sorted(relations.sites()):
            over_before = self._today(site) - COMPACT_AFTER
            for month in unfinished_months(relations.files(site), over_before):
                yield site, month

    def _today(self, site: str) -> date:
        return local_day(self._clock.now_ms(), self._engine.zone_of(site)).date

    def forget_old_days(self) -> int:
        """Remove days beyond a site's retention; of how many sites."""
        due = 0
        for site in sorted(self.moment.relations.sites()):
            days = self._retention_days(site)
            known = self.moment.relations.days(site)
            if not days or known is None:
                continue
            first_kept = self._today(site) - timedelta(days=days)
            if known[0] < first_kept:
                self._rewrite(site, partial(Sealing.forget, first_kept=first_kept))
                due += 1
        return due

    def _retention_days(self, site: str) -> int:
        found = self._control.sites().by_name(site)
        return (found.retention_days if found else 0) or self._default_retention_days

    def tidy(self) -> bool:
        """Remove a little of what is not needed any more; whether there may be more."""
        engines = (*self._retired, self._engine)
        in_use = [oldest for engine in engines if (oldest := engine.oldest_in_use()) is not None]
        # What is asked next reads the files that the engine knows, until it knows newer ones.
        self._lake.remove_gone(min((*in_use, self.moment.generation)))
        now_ms = self._clock.now_ms()
        return self._lake.forget_groups(now_ms - KEEP_GROUPS_MS, now_ms + KEEP_GROUPS_MS)
