"""One change of the lake, made by whoever holds the seal: files written, then published."""

from collections.abc import Callable
from contextlib import ExitStack

import duckdb
from msgspec import Struct, structs

from liveinsight.adapters.local.lake import Progress, Publication, SqliteLake
from liveinsight.adapters.local.store.engine import Engine
from liveinsight.adapters.sql.hot_tables import Moment
from liveinsight.adapters.sql.redate import Redating
from liveinsight.adapters.sql.relations import Relations
from liveinsight.adapters.sql.seal import Change, Sealing
from liveinsight.domain.lake import LakeFile


class Written(Struct, frozen=True):
    """Files that wait to be published, and the last batch and commit group that are in them."""

    publication: Publication
    epoch: int
    seq: int


class Sealer:
    """For one generation of the lake."""

    def __init__(self, lake: SqliteLake, engine: Engine, generation: int) -> None:
        self._lake = lake
        self._engine = engine
        self._generation = generation

    def write(self, progress: Progress | None = None) -> Written:
        """All that is hot and not sealed."""
        with ExitStack() as held:
            cursor, moment = held.enter_context(self._engine.cursor())
            publication = Publication(progress=progress, drops=self._engine.hot.new_drops(cursor))
            for site, days in sorted(self._engine.hot.dirty_days(cursor).items()):
                change = self._sealing(cursor, moment, site).days(days)
                publication = _with(publication, change)
            return Written(publication, moment.epoch, moment.seq)

    def rewrite(self, site: str, write: Callable[[Sealing], Change]) -> Publication:
        """A site's files changed, with nothing new in them."""
        with self._engine.cursor() as (cursor, moment):
            return _with(Publication(), write(self._sealing(cursor, moment, site)))

    def redate(self, site: str, zone: str, most_events: int) -> Publication:
        """A site's files under the days that this zone has, as far back as so many events."""
        files = Relations(self._lake.files())
        with self._engine.cursor() as (cursor, _):
            place = self._lake.place
            redating = Redating(cursor, files, site, zone, generation=self._generation, place=place)
            return _with(Publication(), redating.newest(most_events))

    def settle(self, publication: Publication) -> Publication:
        """Have the disk hold the files."""
        return structs.replace(publication, new=self._lake.settle(publication.new))

    def publish(self, publication: Publication) -> tuple[LakeFile, ...]:
        """Settle, and make it true."""
        return self._lake.publish(self.settle(publication))

    def _sealing(self, cursor: duckdb.DuckDBPyConnection, moment: Moment, site: str) -> Sealing:
        return Sealing(
            cursor,
            moment.relations,
            site,
            self._engine.zone_of(site),
            generation=self._generation,
            place=self._lake.place,
        )


def _with(publication: Publication, change: Change) -> Publication:
    return structs.replace(
        publication,
        new=(*publication.new, *change.new),
        gone=(*publication.gone, *change.gone),
    )
