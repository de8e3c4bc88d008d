"""Events as a file, in the columns of docs/relations.md; written to any path, a pipe too."""

from liveinsight.adapters.sql.plan import days_of
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.relations import EVENT_COLUMNS, over, quoted
from liveinsight.domain.lake import Relation
from liveinsight.domain.rows import Export

# `prior` links days and `own_…` repeat what the visit's first event told: housekeeping.
COLUMNS = tuple(name for name in EVENT_COLUMNS if name not in {"prior", "own_origin", "own_client"})
OPTIONS = {
    "parquet": "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION lz4_raw",
    "csv": "FORMAT csv, HEADER",
}


def export(reading: Reading, asked: Export, site: str, zone: str, path: str) -> None:
    """Write the site's events of the span, day by day."""
    days = days_of(asked.span, zone)
    pieces = reading.relations.pieces(site, days.first, days.last)
    span = asked.span
    reading.cursor.execute(
        "-- Which events does the site have?\n"
        f"COPY (\nSELECT {quoted(site)} AS site, {', '.join(COLUMNS)}\n"
        f"FROM {over(pieces, Relation.EVENTS)}\n"
        f"WHERE time_ms >= {span.start_ms} AND time_ms < {span.end_ms}\n"
        f") TO {quoted(path)} ({OPTIONS[asked.format]})"
    )
