"""The relations of docs/relations.md, filled by the oracle: what the compiler is tested on.

`settled` days lie in Parquet files with a roll-up, the others in the hot tables.
"""

import json
from collections import defaultdict
from itertools import groupby

import duckdb

from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.relations import (
    COLUMNS,
    HOT_TABLES,
    ROLLED_UP,
    VISIT_DIMENSIONS,
    Relations,
)
from liveinsight.domain.lake import FORMAT, LakeFile, Relation
from oracle import naive

TYPES = {
    **dict.fromkeys(("day", "start_day"), "DATE"),
    **dict.fromkeys(("visit", "event_id", "visitor", "prior", "session"), "UBIGINT"),
    **dict.fromkeys(("start_ms", "end_ms", "time_ms", "duration_ms"), "BIGINT"),
    **dict.fromkeys(("view", "pageviews", "customs", "engaged_ms"), "UINTEGER"),
    **dict.fromkeys(("visitors", "events", "visits", "bounces"), "BIGINT"),
    **dict.fromkeys(("engaged_views", "scroll_sum", "scroll_views"), "BIGINT"),
    **dict.fromkeys(("bounce", "ended"), "BOOLEAN"),
    "scroll_depth": "UTINYINT",
}


def a_reading(events, zone, now, folder=None, settled=lambda day: False, site="shop"):
    """A reading of the events; days for which `settled` holds are in files of `folder`."""
    connection = duckdb.connect(config={"threads": 1})
    happened = naive.happened(events)
    days = {naive.local(one.event.time_ms, zone).date() for one in happened}
    live = {day for day in days if not settled(day)}
    rows = {
        Relation.EVENTS: event_rows(happened, zone),
        Relation.VISITS: visit_rows(happened, zone),
        Relation.ASIDE: [],
        Relation.ROLLUP: rollup_rows(happened, zone),
    }
    files = []
    for relation, found in rows.items():
        of_files = [[day] for day in sorted(days - live)]
        if relation is Relation.ROLLUP:
            of_files = [
                list(of) for _, of in groupby(sorted(days - live), lambda d: d.replace(day=1))
            ]
            found += [row for of_file in of_files for row in together(found, of_file)]
        columns = ", ".join(f"{name} {TYPES.get(name, 'VARCHAR')}" for name in COLUMNS[relation])
        table = HOT_TABLES.get(relation, "no_rollup")
        connection.execute(f"CREATE TABLE all_rows ({columns})")
        if found:
            marks = ", ".join("?" * len(COLUMNS[relation]))
            connection.executemany(f"INSERT INTO all_rows VALUES ({marks})", found)
        connection.execute(f"CREATE TABLE {table} AS SELECT '{site}' AS site, * FROM all_rows")
        for of_file in of_files:
            path = f"{folder}/{relation}-{of_file[0]}.parquet"
            where = f"WHERE day IN ({', '.join(repr(str(day)) for day in of_file)})"
            connection.execute(f"COPY (SELECT * FROM all_rows {where}) TO '{path}'")
            files.append(
                LakeFile(site, relation, of_file[0], of_file[-1], path, path, format=FORMAT)
            )
        kept = "false" if relation is Relation.ROLLUP else "day IN (SELECT unnest($days::DATE[]))"
        connection.execute(
            f"DELETE FROM {table} WHERE NOT ({kept})",
            {} if relation is Relation.ROLLUP else {"days": sorted(live)},
        )
        connection.execute("DROP TABLE all_rows")
    connection.execute("CREATE TABLE masked (site VARCHAR, visit UBIGINT)")
    return Reading(connection, Relations(files, {site: frozenset(live)}), 0, now, now)


def together(rows, days):
    """The roll-up's rows of these days as one, but for the day on which earlier visits started."""
    sums = {}
    for day, start_day, dimension, value, *figures in rows:
        if day in days and dimension != "time:hour":
            key = days[0], min(start_day, days[0]), f"month:{dimension}", value
            sums[key] = [a + b for a, b in zip(sums.get(key, [0] * 10), figures, strict=True)]
    return [(*key, *figures) for key, figures in sums.items()]


def event_rows(happened, zone):
    rows = []
    for one in happened:
        fields = {name: getattr(one.event, name, None) for name in COLUMNS[Relation.EVENTS]}
        fields |= {name: getattr(one.visit.first, name) for name in VISIT_DIMENSIONS}
        fields |= {
            "day": naive.local(one.event.time_ms, zone).date(),
            "visit": one.visit.first.event_id,
            "view": one.view,
            "props": json.dumps(one.event.props) if one.event.props else None,
        }
        rows.append(tuple(fields.values()))
    return rows


def visit_rows(happened, zone):
    rows = []
    for visit in {id(one.visit): one.visit for one in happened}.values():
        first = visit.first
        views = [event for event in visit.events if event.type == "page_view"]
        customs = [e for e in visit.events if _is_custom(e)]
        fields = dict.fromkeys(COLUMNS[Relation.VISITS])
        fields |= {name: getattr(first, name) for name in (*VISIT_DIMENSIONS, "visitor", "session")}
        fields |= {
            "day": naive.local(first.time_ms, zone).date(),
            "visit": first.event_id,
            "start_ms": visit.start,
            "end_ms": visit.end,
            "pageviews": len(views),
            "customs": len(customs),
            "bounce": visit.bounced,
            "ended": visit.events[-1].type == "session_end",
            "entry_page": visit.entry,
            "exit_page": visit.exit,
        }
        rows.append(tuple(fields.values()))
    return rows


def rollup_rows(happened, zone):
    """By (day, start day, dimension, value), counted as the definitions say."""
    sums = defaultdict(lambda: dict.fromkeys(COLUMNS[Relation.ROLLUP][4:], 0))
    for dimension in ROLLED_UP:
        groups = defaultdict(list)
        told = [one for one in happened if dimension != "custom" or _is_custom(one.event)]
        for one in told:
            day = naive.local(one.event.time_ms, zone).date()
            groups[day, _value(one, dimension, one.event.time_ms, zone)].append(one)
        first_days = {}
        for one in sorted(told, key=lambda one: one.event.time_ms):
            ms = one.visit.start if dimension == "time:hour" else one.event.time_ms
            value = _value(one, dimension, ms, zone)
            day = naive.local(ms, zone).date()
            first_days.setdefault((id(one.visit), value), (day, one.visit))
        for (day, value), found in groups.items():
            counted = naive.Counted(zone)
            counted.events = found
            row = sums[day, day, dimension, value]
            for metric in ("visitors", "pageviews", "events"):
                row[metric] += counted.exact(metric, None)[0]
            row["engaged_ms"], row["engaged_views"] = counted.exact("time_on_page", None)[:2]
            row["scroll_sum"], row["scroll_views"] = counted.exact("scroll_depth", None)[:2]
        for (_, value), (day, visit) in first_days.items():
            row = sums[day, naive.local(visit.start, zone).date(), dimension, value]
            row["visits"] += 1
            row["bounces"] += visit.bounced
            row["duration_ms"] += visit.end - visit.start
    return [(*key, *row.values()) for key, row in sums.items()]


def _is_custom(event):
    return event.type not in (*naive.SILENT, "page_view")


def _value(one, dimension, ms, zone):
    if dimension in ("total", "custom"):
        return None
    if dimension != "time:hour":
        return naive.value(one, dimension)
    beginning = naive.local(ms, zone).replace(minute=0, second=0, microsecond=0)
    return str(round(beginning.timestamp() * 1000))
