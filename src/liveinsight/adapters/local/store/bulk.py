"""The bulk path into the lake: many past events at once, past the journal, straight into files.

A part of an import becomes true together with the note of how far it came, so an import that
was stopped anywhere goes on where it was. It works beside a running server, which sees that the
lake changed and reads it anew.
"""

from collections.abc import Callable, Sequence
from datetime import date

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.lake import Progress, Publication, SqliteLake
from liveinsight.adapters.local.store.engine import Engine
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.local.store.sealer import Sealer
from liveinsight.adapters.sql.hot_tables import HotTables
from liveinsight.domain.event import Aside, Event
from liveinsight.domain.filter import Filter
from liveinsight.domain.forget import Doomed

ALL_MS = 2**62  # no visit goes on: nothing stays hot


class BulkLoad:
    """Takes parts of one import or of an imagined past."""

    def __init__(
        self, folder: Folder, limits: Limits, at: Callable[[str], None] = lambda _step: None
    ) -> None:
        self._limits = limits
        self._lake = SqliteLake(folder, at)
        self._control = SqliteControl(folder)
        self._engine = Engine(self._lake, self._control, limits)

    def close(self) -> None:
        """Let everything go."""
        self._engine.db.close()
        self._control.close()
        self._lake.close()

    def progress(self, name: str) -> tuple[int, int]:
        """How far an import of that name came: position and events."""
        return self._lake.progress(name)

    def events(self, events: Sequence[Event], progress: Progress | None = None) -> None:
        """Put events in."""
        self.part(lambda hot: hot.add(events, {}, hot.moment.seq), progress)

    def take_back(self, site: str, reason: Aside, first_day: date, last_day: date) -> int:
        """Count what was set aside and is sealed; how many events."""
        taken: list[int] = []
        self.part(lambda hot: taken.append(hot.take_back(site, reason, first_day, last_day)))
        return taken[0]

    def forget(self, doomed: Doomed, journal: Callable[[], int]) -> int:
        """Forget events for good: what `journal` takes out of it, then those of the files; how many.

        Both while nobody seals, so that nothing is on its way from one to the other.
        """
        with self._lake.sealing() as generation:
            self._be_current()
            gone = journal()
            gone += self._engine.hot.forget(doomed)
            # Also with nothing to write: who follows the journal reads it anew then.
            self._seal(generation)
        return gone

    def tidy(self, *, is_served: bool) -> int:
        """Remove replaced files, where no server does it by itself; how many are still there."""
        if not is_served:
            self._lake.remove_gone()
        return self._lake.gone_files()

    def set_aside(self, meant: Doomed, tree: Filter, reason: Aside) -> int:
        """Keep apart what was counted and is sealed; how many events."""
        with self._lake.sealing() as generation:
            self._be_current()
            moved = self._engine.hot.set_aside(meant, tree, reason)
            self._seal(generation)
        return moved

    def has(self, site: str) -> bool:
        """Whether there is such a site, or files of one that was removed."""
        is_there = self._control.sites().by_name(site) is not None
        return is_there or any(file.site == site for file in self._lake.files())

    def erase(self, site: str) -> None:
        """Forget a site's events: files, figures, and what the journal holds of it until now."""
        with self._lake.sealing():
            gone = tuple(file for file in self._lake.files() if file.site == site)
            self._lake.publish(Publication(gone=gone, erased_site=site))

    def part(
        self, fill: Callable[[HotTables], None], progress: Progress | None = None
    ) -> frozenset[str]:
        """Put in what `fill` adds to the hot tables, with the note of how far that is; the names
        of the files that are new.
        """
        with self._lake.sealing() as generation:
            self._be_current()
            fill(self._engine.hot)
            return self._seal(generation, progress)

    def _be_current(self) -> None:
        if not self._engine.is_current:
            self._engine.db.close()
            self._engine = Engine(self._lake, self._control, self._limits)

    def _seal(self, generation: int, progress: Progress | None = None) -> frozenset[str]:
        sealer = Sealer(self._lake, self._engine, generation)
        written = sealer.write(progress=progress)
        files = sealer.publish(written.publication)
        self._engine.hot.sealed(written.epoch, files, generation, ALL_MS)
        return frozenset(file.name for file in written.publication.new)
