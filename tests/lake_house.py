"""A data folder with a store in it, and what a plain loop over the events says must be there."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.groups import Group, pack
from liveinsight.adapters.local.journal import last_seq
from liveinsight.adapters.local.store.duck import DuckStore
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.relations import VISIT_DIMENSIONS, over
from liveinsight.domain.event import Event, Row
from liveinsight.domain.lake import Relation
from liveinsight.domain.site import Site
from oracle.tables import together

LONG_AGO, FAR_AHEAD = date(2000, 1, 1), date(2100, 1, 1)
SILENT = {"engagement", "session_start", "session_end"}
HALF_HOUR = 1_800_000


class FixedClock:
    def __init__(self, now_ms: int) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        return self.ms


class House:
    """A folder that events are put into as the collector does, and its store."""

    def __init__(
        self, path: Path, now_ms: int, zones: dict[str, str] | None = None, at=None, limits=None
    ):
        self.folder = Folder(path)
        self.clock = FixedClock(now_ms)
        self.told = {"at": at} if at else {}
        if limits:
            self.told["limits"] = limits
        control = SqliteControl(self.folder)
        for site, zone in (zones or {"shop": "UTC"}).items():
            control.put_site(Site(id=site, timezone=zone))
        control.close()
        self.db = self.folder.connect()
        self.store = self.open_store()

    def open_store(self) -> DuckStore:
        return DuckStore(self.folder, self.clock, **self.told)

    def restart(self) -> None:
        self.store.close()
        self.store = self.open_store()
        self.store.catch_up()

    def close(self) -> None:
        self.store.close()
        self.db.close()

    def keep(self, events: list[Event], drops=(), at_ms: int | None = None) -> None:
        body = pack(Group(events, drops))
        seq = last_seq(self.db) + 1
        when = self.clock.now_ms() if at_ms is None else at_ms
        self.db.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", (seq, when, len(events), body))

    def tail(self) -> None:
        while self.store.tail():
            pass

    def rows(self, relation: Relation, site: str = "shop") -> list[dict]:
        """All rows of the relation; of the roll-up, those of single settled days."""
        with self.store.reading() as reading:
            pieces = reading.relations.pieces(site, LONG_AGO, FAR_AHEAD)
            if relation is Relation.ROLLUP:
                pieces = tuple(piece for piece in pieces if not piece.is_live)
            found = reading.cursor.execute(f"FROM {over(pieces, relation)}")
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            if relation is Relation.ROLLUP:
                check_months(reading, site)
                rows = [row for row in rows if not row["dimension"].startswith("month:")]
            return rows


def check_months(reading: Reading, site: str) -> None:
    """In each file of the roll-up the figures of the month are its days' together."""
    for file in reading.relations.files(site):
        if file.relation is Relation.ROLLUP:
            rows = reading.cursor.execute(f"FROM read_parquet('{file.path}')").fetchall()
            of_days = [row for row in rows if not row[2].startswith("month:")]
            of_month = [row for row in rows if row[2].startswith("month:")]
            assert set(together(of_days, sorted({row[0] for row in of_days}))) == set(of_month)


def first_kept(events: list[Event]) -> list[Event]:
    """Of the same id the first."""
    kept: dict[tuple[str, int], Event] = {}
    for event in events:
        kept.setdefault((event.place.site, event.event_id), event)
    return list(kept.values())


def day_of(time_ms: int, zone: str) -> date:
    return (
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms))
        .astimezone(ZoneInfo(zone))
        .date()
    )


def in_order(events: list[Event]) -> list[Row]:
    """All of them, told whole, by time."""
    return sorted((event.row() for event in events), key=lambda e: (e.time_ms, e.event_id))


def told_visits(events: list[Event]) -> dict[int, int | None]:
    """Each event's visit, by a walk over all of them in order of time."""
    open_visits: dict[tuple, list] = {}
    placed: dict[int, int | None] = {}
    for event in in_order(events):
        key = (event.site, event.visitor, event.session)
        before = (event.site, event.prior, event.session)
        if key not in open_visits and event.prior is not None and before in open_visits:
            open_visits[key] = open_visits[before]
        state = open_visits.setdefault(key, [None, True, None])
        last_ms, ended, visit = state
        if not ended and event.time_ms - last_ms <= HALF_HOUR:
            pass
        elif event.type in SILENT:
            placed[event.event_id] = None
            continue
        else:
            visit = event.event_id
        state[:] = [event.time_ms, event.type == "session_end", visit]
        placed[event.event_id] = visit
    return placed


def told_events(events: list[Event], zone: str) -> set[tuple]:
    """What `events` holds: id, day, visit, view and the visit's dimensions."""
    placed = told_visits(events)
    by_id = {event.event_id: event for event in in_order(events)}
    views: dict[int, int] = defaultdict(int)
    last_view: dict[tuple, int] = {}
    found = set()
    for event in in_order(events):
        visit = placed[event.event_id]
        if visit is None:
            continue
        page = (visit, event.hostname, event.page)
        view = None
        if event.type == "page_view":
            views[visit] += 1
            view = last_view[page] = views[visit]
        elif event.type == "engagement":
            view = last_view.get(page)
        opener = by_id[visit]
        dimensions = tuple(getattr(opener, name) for name in VISIT_DIMENSIONS)
        found.add((event.event_id, day_of(event.time_ms, zone), visit, view, dimensions))
    return found


def told_visit_rows(events: list[Event], zone: str) -> set[tuple]:
    """What `visits` holds."""
    members: dict[int, list[Row]] = defaultdict(list)
    placed = told_visits(events)
    for event in in_order(events):
        if placed[event.event_id] is not None:
            members[placed[event.event_id]].append(event)
    found = set()
    for visit, story in members.items():
        views = [event for event in story if event.type == "page_view"]
        customs = [event for event in story if event.type not in SILENT | {"page_view"}]
        found.add(
            (
                visit,
                day_of(story[0].time_ms, zone),
                story[0].visitor,
                story[0].session,
                story[0].time_ms,
                story[-1].time_ms,
                len(views),
                len(customs),
                len(views) == 1 and not customs,
                story[-1].type == "session_end",
                views[0].page if views else None,
                views[-1].page if views else None,
                tuple(getattr(story[0], name) for name in VISIT_DIMENSIONS),
            )
        )
    return found


def held_events(rows: list[dict]) -> set[tuple]:
    return {
        (
            row["event_id"],
            row["day"],
            row["visit"],
            row["view"],
            tuple(row[name] for name in VISIT_DIMENSIONS),
        )
        for row in rows
    }


def held_visits(rows: list[dict]) -> set[tuple]:
    names = (
        *("visit", "day", "visitor", "session", "start_ms", "end_ms", "pageviews", "customs"),
        *("bounce", "ended", "entry_page", "exit_page"),
    )
    return {
        (*(row[name] for name in names), tuple(row[name] for name in VISIT_DIMENSIONS))
        for row in rows
    }


def told_rollup(events: list[Event], zone: str) -> set[tuple]:  # noqa: C901 - one walk, told plainly
    """What `rollup` holds, counted value by value."""
    placed = told_visits(events)
    by_id = {event.event_id: event for event in in_order(events)}
    counted = [event for event in in_order(events) if placed[event.event_id] is not None]
    view_of = {row[0]: row[3] for row in told_events(events, zone)}
    whole = {row[0]: row for row in told_visit_rows(events, zone)}

    def values(event: Row):
        visit = whole[placed[event.event_id]]
        opener = by_id[placed[event.event_id]]
        yield "total", None
        yield "time:hour", str(hour_of(event.time_ms, zone))
        if event.type not in SILENT | {"page_view"}:
            yield "custom", None
        for name in ("page", "hostname", "title"):
            yield name, getattr(event, name)
        yield "event", event.type
        yield "entry_page", visit[10]
        yield "exit_page", visit[11]
        for name in VISIT_DIMENSIONS:
            yield name, getattr(opener, name)

    matching: dict[tuple, list[Row]] = defaultdict(list)
    for event in counted:
        for dimension, value in values(event):
            matching[day_of(event.time_ms, zone), dimension, value].append(event)
    first_match: dict[tuple, tuple] = {}
    for event in counted:
        for dimension, value in values(event):
            key = (dimension, value, placed[event.event_id])
            first_match.setdefault(key, (day_of(event.time_ms, zone), event.time_ms))
    started: dict[tuple, list] = defaultdict(list)
    for (dimension, value, visit), (day, _) in first_match.items():
        row = whole[visit]
        if dimension == "time:hour" and value != str(hour_of(row[4], zone)):
            continue
        started[day, row[1], dimension, value].append(row)

    found = set()
    for (day, dimension, value), group in matching.items():
        engaged, scrolled = defaultdict(int), {}
        for event in group:
            view = (placed[event.event_id], view_of[event.event_id])
            if view[1] is None:
                continue
            if event.engaged_ms is not None:
                engaged[view] += event.engaged_ms
            if event.scroll_depth is not None:
                scrolled[view] = max(scrolled.get(view, 0), event.scroll_depth)
        found.add(
            (
                *(day, day, dimension, value, len({event.visitor for event in group})),
                sum(event.type == "page_view" for event in group),
                sum(event.type not in SILENT for event in group),
                *_of_visits(started.pop((day, day, dimension, value), [])),
                *(sum(engaged.values()), len(engaged)),
                *(sum(scrolled.values()), len(scrolled)),
            )
        )
    for (day, start_day, dimension, value), rows in started.items():
        found.add((day, start_day, dimension, value, 0, 0, 0, *_of_visits(rows), 0, 0, 0, 0))
    return found


def _of_visits(rows: list[tuple]) -> tuple[int, int, int]:
    return len(rows), sum(row[8] for row in rows), sum(row[5] - row[4] for row in rows)


def hour_of(time_ms: int, zone: str) -> int:
    """The moment at which the wall clock showed the hour's beginning."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)
    offset_ms = int(moment.astimezone(ZoneInfo(zone)).utcoffset().total_seconds() * 1000)
    return (time_ms + offset_ms) // 3_600_000 * 3_600_000 - offset_ms


def held_rollup(rows: list[dict]) -> set[tuple]:
    return {tuple(row.values()) for row in rows}
