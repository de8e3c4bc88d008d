"""SQL files and the pieces of text that they share, so that a formula stands in one place."""

from datetime import date
from functools import cache
from importlib.resources import files

from liveinsight.adapters.sql.relations import (
    EVENT_COLUMNS,
    OF_MONTH,
    ROLLED_UP,
    ROLLUP_COLUMNS,
    ROLLUP_FIGURES,
    VISIT_COLUMNS,
    VISIT_DIMENSIONS,
)
from liveinsight.domain.event import BUILT_IN_TYPES, SILENT_TYPES
from liveinsight.domain.visit import GAP_MS

ORIGIN = VISIT_DIMENSIONS[:8]
CLIENT = VISIT_DIMENSIONS[8:]
EPOCH_DATE = date(1970, 1, 1)
# What a dimension holds where nothing is known; the rest are null.
UNKNOWN = {"channel": "Direct", "device": "other"}
# An event as it came, before it is judged, with the types it is kept in.
RAW_TYPES = {
    "site": "VARCHAR",
    "day": "DATE",
    "event_id": "UBIGINT",
    "time_ms": "BIGINT",
    "type": "VARCHAR",
    "visitor": "UBIGINT",
    "prior": "UBIGINT",
    "session": "UBIGINT",
    "hostname": "VARCHAR",
    "page": "VARCHAR",
    "title": "VARCHAR",
    **dict.fromkeys(VISIT_DIMENSIONS, "VARCHAR"),
    "props": "VARCHAR",
    "revenue_amount": "VARCHAR",
    "revenue_currency": "VARCHAR",
    "engaged_ms": "UINTEGER",
    "scroll_depth": "UTINYINT",
}


@cache
def statements(package: str, name: str) -> tuple[str, ...]:
    """The statements of `<package>/<name>.sql` with the shared pieces in place of their names."""
    text = files(__package__).joinpath(package, f"{name}.sql").read_text("utf-8")
    parts = filter(None, map(str.strip, text.split(";\n")))
    return tuple(part.format_map(_Pieces(SHARED)) for part in parts)


class _Pieces(dict[str, str]):
    """A name that is no shared piece stays, for the caller to fill."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def _comma(parts: object, indent: str = "  ") -> str:
    assert isinstance(parts, (list, tuple))
    return f",\n{indent}".join(parts)


def _arrived(name: str, kind: str) -> str:
    if kind == "DATE":
        return f"DATE '1970-01-01' + CAST({name} AS INTEGER) AS {name}"
    return f"CAST({name} AS {kind}) AS {name}"


def _near(column: str) -> str:
    """The same person within half an hour: `reach` is their reach, `hot` the row looked at."""
    return (
        f"reach.site = hot.site AND reach.visitor = hot.{column}"
        " AND reach.session IS NOT DISTINCT FROM hot.session"
        " AND hot.time_ms BETWEEN reach.from_ms AND reach.to_ms"
    )


def _own(group: tuple[str, ...], column: str) -> str:
    """Null where the values are the visit's, empty where nothing is known, else a list."""
    same = " AND ".join(f"work.{name} IS NOT DISTINCT FROM opener.{name}" for name in group)
    none = " AND ".join(f"work.{name} {_is_unknown(name)}" for name in group)
    values = ", ".join(f"work.{name}" for name in group)
    return (
        f"CASE WHEN {same} THEN NULL WHEN {none} THEN ''"
        f" ELSE CAST(to_json([{values}]) AS VARCHAR) END AS {column}"
    )


def _is_unknown(name: str) -> str:
    return f"= '{UNKNOWN[name]}'" if name in UNKNOWN else "IS NULL"


def _restored(name: str) -> str:
    """A column with the event's own value; `kept` is the row."""
    for group, column in ((ORIGIN, "own_origin"), (CLIENT, "own_client")):
        if name in group:
            unknown = f"'{UNKNOWN[name]}'" if name in UNKNOWN else "NULL"
            place = group.index(name) + 1
            return (
                f"CASE WHEN kept.{column} IS NULL THEN kept.{name}"
                f" WHEN kept.{column} = '' THEN {unknown}"
                f""" ELSE from_json(kept.{column}, '["VARCHAR"]')[{place}] END"""
            )
    return f"kept.{name}"


SHARED = {
    "gap_ms": str(GAP_MS),
    "silent_types": f"({', '.join(sorted(repr(name) for name in SILENT_TYPES))})",
    "is_custom": f"type NOT IN ({', '.join(sorted(repr(name) for name in BUILT_IN_TYPES))})",
    "raw_types": _comma([f"{name} {kind}" for name, kind in RAW_TYPES.items()]),
    "raw_columns": _comma([f"kept.{name}" for name in RAW_TYPES]),
    "kept_columns": _comma([f"kept.{name}" for name in RAW_TYPES if name != "site"]),
    "arrived_columns": _comma([_arrived(name, kind) for name, kind in RAW_TYPES.items()]),
    "restored": _comma([_restored(name) for name in RAW_TYPES]),
    "event_columns": _comma(["site", *EVENT_COLUMNS]),
    "visit_columns": _comma(VISIT_COLUMNS),
    "rollup_columns": _comma(ROLLUP_COLUMNS),
    "rollup_sums": _comma([f"sum({name})::BIGINT" for name in ROLLUP_FIGURES]),
    "of_month": OF_MONTH,
    "opener_dimensions": _comma([f"opener.{name}" for name in VISIT_DIMENSIONS]),
    "same_visitor": _near("visitor"),
    "same_prior": _near("prior"),
    "own_origin": _own(ORIGIN, "own_origin"),
    "own_client": _own(CLIENT, "own_client"),
    "rolled_up": ", ".join(ROLLED_UP),
}
