"""The oracle: every answer computed anew in plain Python from the raw events, slowly and simply.

It shares no code with the product, only the definitions of the metrics page; where the two differ,
one of them is wrong. Questions are the decoded JSON that the interface takes.
"""

import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

SILENT = ("engagement", "session_start", "session_end")
EVENT_DIMENSIONS = ("page", "hostname", "event", "title")
COUNTS = ("visitors", "visits", "pageviews", "events", "conversions")
HALF_HOUR_MS = 1_800_000


# --- Visits ------------------------------------------------------------------------------------


class Visit:
    def __init__(self, events):
        self.events = events
        views = [e for e in events if e.type == "page_view"]
        self.first = events[0]
        self.start, self.end = events[0].time_ms, events[-1].time_ms
        self.entry = views[0].page if views else None
        self.exit = views[-1].page if views else None
        customs = [e for e in events if e.type != "page_view" and e.type not in SILENT]
        self.bounced = len(views) == 1 and not customs


class Happened:
    """An event of a visit, with the page view that it tells of."""

    def __init__(self, event, visit, view):
        self.event, self.visit, self.view = event, visit, view


def visits_of(events):
    """All visits of one site's events, whatever the order in which they came."""
    once = {}
    for event in events:  # in order of arrival
        if event.aside is None:
            once.setdefault(event.event_id, event.row())
    person = people(once.values())
    stories = defaultdict(list)
    for event in sorted(once.values(), key=lambda e: (e.time_ms, e.event_id)):
        stories[person[event.visitor], event.session].append(event)
    visits = []
    for story in stories.values():
        current = None
        for event in story:
            over = current is not None and (
                event.time_ms - current[-1].time_ms > HALF_HOUR_MS
                or current[-1].type == "session_end"
            )
            if current is None or over:
                if event.type in SILENT:
                    current = None if over else current
                    continue
                current = [event]
                visits.append(current)
            else:
                current.append(event)
    return [Visit(events) for events in visits]


def people(events):
    """The ids of one person have one name: those that midnight gave one after the other."""
    name = {}

    def find(visitor):
        while name.setdefault(visitor, visitor) != visitor:
            visitor = name[visitor]
        return visitor

    for event in events:
        if event.prior is not None:
            name[find(event.visitor)] = find(event.prior)
        find(event.visitor)
    return {visitor: find(visitor) for visitor in list(name)}


def happened(events):
    """Every event that has a visit."""
    found = []
    for visit in visits_of(events):
        latest = {}
        views = 0
        for event in visit.events:
            place = (event.hostname, event.page)
            view = None
            if event.type == "page_view":
                views += 1
                latest[place] = view = views
            elif event.type == "engagement":
                view = latest.get(place)
            found.append(Happened(event, visit, view))
    return found


# --- Time --------------------------------------------------------------------------------------


def local(ms, zone):
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return utc.astimezone(ZoneInfo(zone))


def moment(wall, zone):
    return round(wall.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def midnight(day, zone):
    return moment(datetime(day.year, day.month, day.day), zone)


def span_of(asked, now, zone, first):
    today = local(now, zone).date()
    since = {
        "today": today,
        "7d": today - timedelta(days=6),
        "28d": today - timedelta(days=27),
        "30d": today - timedelta(days=29),
        "91d": today - timedelta(days=90),
        "month": today.replace(day=1),
        "year": date(today.year, 1, 1),
        "12mo": date(today.year - (today.month != 12), today.month % 12 + 1, 1),
        "all": local(first, zone).date() if first is not None and first <= now else today,
    }
    if asked == "realtime":
        return now - 300_000 + 1, now + 1
    if asked == "24h":
        return now - 86_400_000 + 1, now + 1
    if asked == "yesterday":
        return midnight(today - timedelta(days=1), zone), midnight(today, zone)
    if asked == "last_month":
        last = today.replace(day=1) - timedelta(days=1)
        return midnight(last.replace(day=1), zone), midnight(today.replace(day=1), zone)
    if isinstance(asked, str):
        return midnight(since[asked], zone), now + 1
    start, end = asked["from"], asked["to"]
    start = midnight(date.fromisoformat(start), zone) if isinstance(start, str) else start
    if isinstance(end, str):
        end = midnight(date.fromisoformat(end) + timedelta(days=1), zone)
    return start, min(end, now + 1)


def span_before(compare, span, now, zone):
    start, end = span
    first, last = local(start, zone), local(end - 1, zone)
    if isinstance(compare, dict):
        return span_of(compare, now, zone, None)
    if compare == "previous_year":
        return year_before(start, zone), year_before(end, zone)
    if midnight(first.date(), zone) != start:
        return start - (end - start), start
    days = timedelta(days=(last.date() - first.date()).days + 1)
    wall = local(end, zone).replace(tzinfo=None, fold=0) - days
    return midnight(first.date() - days, zone), moment(wall, zone)


def year_before(ms, zone):
    wall = local(ms, zone).replace(tzinfo=None, fold=0)
    if (wall.month, wall.day) == (2, 29):
        wall = wall.replace(day=28)
    return moment(wall.replace(year=wall.year - 1), zone)


def bucket(ms, interval, zone):
    there = local(ms, zone)
    if interval == "time:minute":
        return there.replace(second=0, microsecond=0).isoformat()
    if interval == "time:hour":
        return there.replace(minute=0, second=0, microsecond=0).isoformat()
    if interval == "time:week":
        return "{}-W{:02}".format(*there.isocalendar()[:2])
    return there.date().isoformat()[: 7 if interval == "time:month" else 10]


def buckets(span, interval, zone):
    """Every bucket of the span, found by looking at every minute (or hour) of it."""
    step = 60_000 if interval == "time:minute" else 15 * 60_000
    start = span[0] - span[0] % step
    moments = [span[0], *range(start + step, span[1], step)]
    return list(dict.fromkeys(bucket(ms, interval, zone) for ms in moments))


# --- Values and filters ------------------------------------------------------------------------


def value(one, dimension):
    event, first = one.event, one.visit.first
    if dimension.startswith("prop:"):
        found = (event.props or {}).get(dimension[5:])
        if isinstance(found, bool):
            return "true" if found else "false"
        return None if found is None else str(found)
    match dimension:
        case "event":
            return event.type
        case "page" | "hostname" | "title":
            return getattr(event, dimension)
        case "entry_page":
            return one.visit.entry
        case "exit_page":
            return one.visit.exit
        case _:
            return getattr(first, dimension)


def passes(one, tree):
    if not tree:
        return True
    if tree[0] == "and":
        return all(passes(one, part) for part in tree[1])
    if tree[0] == "or":
        return any(passes(one, part) for part in tree[1])
    if tree[0] == "not":
        return not passes(one, tree[1])
    op, dimension, wanted = tree
    has = value(one, dimension)
    if op == "matches":
        return has is not None and any(re.search(pattern, has) for pattern in wanted)
    if dimension in ("country", "source"):
        has = has and has.lower()
        wanted = [item and item.lower() for item in wanted]
    if op == "is":
        return has in wanted
    if op == "is_not":
        return has not in wanted
    inside = has is not None and any(item in has for item in wanted)
    return inside if op == "contains" else not inside


def reaches(one, goal):
    """Whether the event is the goal: a view of a page, or a named event with properties."""
    tests = [["event", goal.get("event", "page_view")]]
    tests += [["page", goal["page"]]] if "page" in goal else []
    tests += [[f"prop:{key}", wanted] for key, wanted in goal.get("props", {}).items()]
    for dimension, wanted in tests:
        op, item = next(iter(wanted.items())) if isinstance(wanted, dict) else ("is", wanted)
        if not passes(one, [op, dimension, [item]]):
            return False
    return True


# --- Figures -----------------------------------------------------------------------------------


def rounded(top, bottom, decimals):
    if not bottom:
        return None
    exact = Fraction(top) / Fraction(bottom)
    with localcontext(prec=80):
        plain = Decimal(exact.numerator) / Decimal(exact.denominator)
        told = plain.quantize(Decimal(10) ** -decimals, ROUND_HALF_UP)
    return int(told) if decimals == 0 else float(told)


class Counted:
    """What is known of one row: the matching events, and the visits that started in it."""

    def __init__(self, zone):
        self.zone, self.events, self.visits = zone, [], {}

    def day(self, one):
        return local(one.event.time_ms, self.zone).date()

    def exact(self, metric, goal):
        """The metric as (numerator, denominator, scale, decimals); denominator None for counts."""
        visits = self.visits.values()
        people = {(self.day(one), one.event.visitor) for one in self.events}
        views = [one for one in self.events if one.event.type == "page_view"]
        if metric == "visitors":
            return len(people), None, 1, 0
        if metric == "visits":
            return len(visits), None, 1, 0
        if metric == "pageviews":
            return len(views), None, 1, 0
        if metric == "events":
            return len([1 for one in self.events if one.event.type not in SILENT]), None, 1, 0
        if metric == "views_per_visit":
            return len(views), len(visits), 1, 2
        if metric == "bounce_rate":
            return sum(visit.bounced for visit in visits), len(visits), 100, 1
        if metric == "visit_duration":
            return sum(v.end - v.start for v in visits), len(visits), Fraction(1, 1000), 1
        if metric == "time_on_page":
            viewed = [one for one in self.events if one.view is not None]
            engaged = [one for one in viewed if one.event.engaged_ms is not None]
            told = {(self.day(one), id(one.visit), one.view) for one in engaged}
            total = sum(one.event.engaged_ms for one in engaged)
            return total, len(told), Fraction(1, 1000), 1
        if metric == "scroll_depth":
            deepest = defaultdict(int)
            for one in self.events:
                if one.view is not None and one.event.scroll_depth is not None:
                    key = self.day(one), id(one.visit), one.view
                    deepest[key] = max(deepest[key], one.event.scroll_depth)
            return sum(deepest.values()), len(deepest), 1, 0
        hits = [one for one in self.events if reaches(one, goal)]
        if metric == "conversions":
            return len(hits), None, 1, 0
        return len({(self.day(one), one.event.visitor) for one in hits}), len(people), 100, 1

    def revenue(self):
        sums = defaultdict(Decimal)
        for one in self.events:
            if one.event.revenue_amount is not None:
                sums[one.event.revenue_currency] += Decimal(one.event.revenue_amount)
        return dict(sums)

    def told(self, metric, goal):
        if metric == "revenue":
            places = {"KRW": 0, "JPY": 0, "KWD": 3}
            return {
                currency: str(total.quantize(Decimal(10) ** -places.get(currency, 2)))
                for currency, total in self.revenue().items()
            }
        top, bottom, scale, decimals = self.exact(metric, goal)
        return top if bottom is None else rounded(top * scale, bottom, decimals)

    def change(self, metric, before, goal):
        if metric == "revenue":
            now, then = self.revenue(), before.revenue()
            return {c: percent(now.get(c, 0), then.get(c, 0)) for c in {*now, *then}}
        (top, bottom, *_), (other, under, *_) = self.exact(metric, goal), before.exact(metric, goal)
        if bottom is None:
            return percent(top, other)
        if not bottom or not under:
            return None
        return percent(Fraction(top) / bottom, Fraction(other) / under)


def percent(now, then):
    return rounded(100 * (Fraction(now) - Fraction(then)), abs(Fraction(then)), 1)


# --- Answers -----------------------------------------------------------------------------------


def rows_of(question, all_events, span, zone, dimensions):
    """The rows of a span, by the values of the dimensions."""
    start, end = span
    interval = next((d for d in dimensions if d.startswith("time:")), None)
    rows = defaultdict(lambda: Counted(zone))

    def key(one, ms):
        return tuple(
            bucket(ms, interval, zone) if d == interval else value(one, d) for d in dimensions
        )

    for one in all_events:
        if start <= one.event.time_ms < end and passes(one, question.get("filters")):
            rows[key(one, one.event.time_ms)].events.append(one)
            if start <= one.visit.start < end:
                rows[key(one, one.visit.start)].visits[id(one.visit)] = one.visit
    return rows


def is_empty(metric, figure):
    return figure in (None, {}) or (metric in COUNTS and figure == 0)


def answer(question, events, zone, now):
    """The results and totals that the interface must give."""
    everything = happened(events)
    kept = [one.event.time_ms for one in everything]
    span = span_of(question["range"], now, zone, min(kept, default=None))
    before = None
    if question.get("compare"):
        before = span_before(question["compare"], span, now, zone)
    dimensions, metrics = question.get("dimensions", []), question["metrics"]
    goal = question.get("goal")
    results = _rows(question, everything, span, before, zone, dimensions)
    totals = _rows(question, everything, span, before, zone, [])[0]
    kept_rows = [
        row
        for row in results
        if not dimensions
        or (len(dimensions) == 1 and dimensions[0].startswith("time:"))
        or not all(is_empty(metric, row["now"].told(metric, goal)) for metric in metrics)
    ]
    ordered = _ordered(kept_rows, question, goal)
    offset, limit = question.get("offset", 0), question.get("limit", 10_000)
    return {
        "results": [_told(row, metrics, goal) for row in ordered[offset : offset + limit]],
        "totals": _told(totals, metrics, goal),
        "total_rows": len(ordered),
    }


def _rows(question, everything, span, before, zone, dimensions):
    now = rows_of(question, everything, span, zone, dimensions)
    then = rows_of(question, everything, before, zone, dimensions) if before else {}
    interval = next((d for d in dimensions if d.startswith("time:")), None)
    counterpart = {}
    if interval and before:
        late = buckets(before, interval, zone)
        counterpart = dict(zip(buckets(span, interval, zone), late, strict=False))
    if not dimensions:
        keys = [()]
    elif dimensions == [interval]:
        keys = [(label,) for label in buckets(span, interval, zone)]
    else:
        keys = list(now)
    rows = []
    for key in keys:
        other = tuple(
            counterpart.get(part, "none") if name == interval else part
            for name, part in zip(dimensions, key, strict=True)
        )
        row = {"key": key, "now": now.get(key, Counted(zone)), "then": None}
        if before:
            missing = "none" in other and interval
            row["then"] = "nothing" if missing else then.get(other, Counted(zone))
        rows.append(row)
    return rows


def _told(row, metrics, goal):
    told = {
        "dimensions": list(row["key"]),
        "metrics": [row["now"].told(metric, goal) for metric in metrics],
    }
    if row["then"] == "nothing":
        nothing = [None] * len(metrics)
        told["comparison"] = {"metrics": nothing, "change": nothing}
    elif row["then"] is not None:
        told["comparison"] = {
            "metrics": [row["then"].told(metric, goal) for metric in metrics],
            "change": [row["now"].change(metric, row["then"], goal) for metric in metrics],
        }
    return told


def _ordered(rows, question, goal):
    dimensions, metrics = question.get("dimensions", []), question["metrics"]
    times = [d for d in dimensions if d.startswith("time:")]
    order = question.get("order_by") or (
        [[d, "asc"] for d in times] + [[m, "desc"] for m in metrics[:1] if m != "revenue"]
    )
    for name, way in reversed([*order, *([d, "asc"] for d in dimensions)]):

        def figure(row, name=name):
            if name in dimensions:
                return row["key"][dimensions.index(name)]
            return row["now"].told(name, goal)

        there = [row for row in rows if figure(row) is not None]
        missing = [row for row in rows if figure(row) is None]
        rows = sorted(there, key=figure, reverse=way == "desc") + missing
    return rows
