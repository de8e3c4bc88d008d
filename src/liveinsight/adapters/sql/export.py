"""Events as a file, in the columns of docs/relations.md; written to any path, a pipe too."""

from liveinsight.adapters.sql.fragments import RAW_TYPES
from liveinsight.adapters.sql.plan import days_of
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.relations import EVENT_COLUMNS, over, quoted
from liveinsight.domain.lake import Relation
from liveinsight.domain.rows import Export

# `prior` links days and `own_…` repeat what the visit's first event told: housekeeping.
COLUMNS = tuple(name for name in EVENT_COLUMNS if name not in {"prior", "own_origin", "own_client"})
# Text in which strangers may have written what a spreadsheet takes for a formula.
TEXTS = tuple(
    name for name in COLUMNS if RAW_TYPES.get(name) == "VARCHAR" and name != "revenue_amount"
)
FORMULA = r"'^''*[=+\-@\t\r]'"
QUOTE = "chr(39)"
OPTIONS = {
    "parquet": "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION lz4_raw",
    "csv": "FORMAT csv, HEADER",
}


def export(reading: Reading, asked: Export, site: str, zone: str, path: str) -> None:
    """Write the site's events of the span, day by day."""
    days = days_of(asked.span, zone)
    pieces = reading.relations.pieces(site, days.first, days.last)
    span = asked.span
    columns = map(_as_text, COLUMNS) if asked.format == "csv" else COLUMNS
    reading.cursor.execute(
        "-- Which events does the site have?\n"
        f"COPY (\nSELECT {quoted(site)} AS site, {', '.join(columns)}\n"
        f"FROM {over(pieces, Relation.EVENTS)}\n"
        f"WHERE time_ms >= {span.start_ms} AND time_ms < {span.end_ms}\n"
        f") TO {quoted(path)} ({OPTIONS[asked.format]})"
    )


def _as_text(name: str) -> str:
    """A leading apostrophe tells a spreadsheet that it is text; one more where one is there, so
    that each can be taken off again.
    """
    if name not in TEXTS:
        return name
    is_formula = f"regexp_matches({name}, {FORMULA})"
    return f"CASE WHEN {is_formula} THEN {QUOTE} || {name} ELSE {name} END AS {name}"


def as_it_was(name: str) -> str:
    """The column of a CSV file of ours, as it was before."""
    is_marked = f"regexp_matches({name}, {FORMULA}) AND {name}[1] = {QUOTE}"
    return f"CASE WHEN {is_marked} THEN {name}[2:] ELSE {name} END AS {name}"
