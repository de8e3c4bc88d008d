"""What was not counted, and which properties there are: plain counts over `aside`, `drops` and
`events`.
"""

from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.relations import Piece, over
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import local_day
from liveinsight.domain.range import Span

MOST_KEYS = 100


def set_aside(reading: Reading, site: str, zone: str, span: Span) -> list[tuple[str, int]]:
    """Reasons and how often; what was dropped unseen is known by its day alone."""
    first, last = local_day(span.start_ms, zone).date, local_day(span.end_ms - 1, zone).date
    values = {"site": site, "first": first, "last": last}
    parts = [
        "SELECT reason, n FROM drops WHERE site = $site AND day BETWEEN $first AND $last",
    ]
    if pieces := _pieces(reading, site, zone, span):
        values |= {"start": span.start_ms, "end": span.end_ms}
        parts.append(
            f"SELECT reason, 1 AS n\nFROM {over(pieces, Relation.ASIDE)}\n"
            "WHERE time_ms >= $start AND time_ms < $end"
        )
    lines = [
        "-- What was not counted, and why?",
        "SELECT reason, sum(n)",
        f"FROM ({' UNION ALL '.join(parts)})",
        "GROUP BY reason",
        "ORDER BY 2 DESC, 1",
    ]
    found = reading.cursor.execute("\n".join(lines), values).fetchall()
    return [(reason, int(n)) for reason, n in found]


def prop_keys(
    reading: Reading, site: str, zone: str, span: Span, event: str | None
) -> list[tuple[str, int]]:
    """Names of properties, and how many events carry each."""
    pieces = _pieces(reading, site, zone, span)
    if not pieces:
        return []
    sql = f"""\
-- Which properties do events carry?
WITH keys AS (
SELECT unnest(json_keys(props)) AS name
FROM {over(pieces, Relation.EVENTS)}
WHERE props IS NOT NULL AND time_ms >= $start AND time_ms < $end
AND ($event IS NULL OR type = $event)
)
SELECT name, count(*)
FROM keys
GROUP BY name
ORDER BY 2 DESC, 1
LIMIT {MOST_KEYS}"""
    values = {"start": span.start_ms, "end": span.end_ms, "event": event}
    return [(name, int(n)) for name, n in reading.cursor.execute(sql, values).fetchall()]


def _pieces(reading: Reading, site: str, zone: str, span: Span) -> tuple[Piece, ...]:
    first, last = local_day(span.start_ms, zone).date, local_day(span.end_ms - 1, zone).date
    return reading.relations.pieces(site, first, last)
