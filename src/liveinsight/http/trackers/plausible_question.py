"""Plausible's questions in our words, and our figures in its: both of its reading interfaces."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct

from liveinsight.domain.dimension import OF_TIME, OF_VISIT, PROP
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import PAGE_VIEW
from liveinsight.domain.filter import MAX_DEPTH, as_json
from liveinsight.domain.goal import parse_condition
from liveinsight.domain.range import FIRST_YEAR, LAST_YEAR
from liveinsight.domain.site import Site

PERCENTAGE = "percentage"
METRICS = (
    *("visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration"),
    *("events", "scroll_depth", "time_on_page", PERCENTAGE),
)
COUNTS = frozenset({"visitors", "visits", "pageviews", "events"})
EVENT_DIMENSIONS = {"event:page": "page", "event:hostname": "hostname", "event:name": "event"}
PROPS = "event:props:"
GOAL = "event:goal"
VISIT_TO = "Visit "  # how a goal of pages is called there
DIRECT, OUR_DIRECT = "Direct / None", "Direct"
NOT_SET, NO_PROP = "(not set)", "(none)"
NAMES = {"pageview": PAGE_VIEW}
RANGES = {"day": "today", "realtime": "realtime", "24h": "24h", "7d": "7d", "28d": "28d"}
RANGES |= {"30d": "30d", "91d": "91d", "month": "month", "year": "year", "12mo": "12mo"}
RANGES |= {"all": "all"}
TESTS = {"is": "is", "is_not": "is_not", "contains": "contains", "contains_not": "contains_not"}
TESTS |= {"matches": "matches", "matches_not": "matches"}
TRANSLATED = frozenset({"event", "device"})  # their values are called otherwise there
INSENSITIVE = {"is": "^({})$", "is_not": "^({})$", "contains": "({})", "contains_not": "({})"}
MONTHS_AGO = {"6mo": 5, "12mo": 11}
DAYS = {"7d": 7, "28d": 28, "30d": 30, "91d": 91}
SECOND_MS = 1000
TEST_OF_OLD = re.compile(r"\s*(?P<name>[^=!]+?)\s*(?P<test>==|!=)(?P<values>.*)", re.DOTALL)


class Asked(Struct, frozen=True):
    """A question for `POST /api/query`, with what was asked for in Plausible's words."""

    raw: dict[str, Any]
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...]

    def figures(self, told: Sequence[Any], totals: Sequence[Any]) -> list[Any]:
        """The figures of a row, in the order in which they were asked for."""
        ours = self.raw["metrics"]
        by_name = dict(zip(ours, told, strict=True))
        if PERCENTAGE in self.metrics:
            all_visitors = dict(zip(ours, totals, strict=True))["visitors"]
            share = round(100 * by_name["visitors"] / all_visitors, 1) if all_visitors else 0.0
            by_name[PERCENTAGE] = share
        return [by_name[name] for name in self.metrics]

    def is_filled(self, told: Sequence[Any]) -> bool:
        """Whether anything happened: a count, or something to divide by."""
        return any(
            value if name in COUNTS else value is not None
            for name, value in zip(self.raw["metrics"], told, strict=True)
        )

    def values(self, told: Sequence[str | None]) -> list[str]:
        """The values of a row's dimensions, as they are called there."""
        ours = self.raw["dimensions"]
        return [_value_told(name, value) for name, value in zip(ours, told, strict=True)]


def asked(
    site: Site,
    *,
    metrics: Sequence[object],
    dimensions: Sequence[object],
    filters: list[Any],
    span: str | dict[str, Any],
    order_by: Sequence[Any] = (),
    paging: Mapping[str, Any] | None = None,
) -> Asked:
    """The question, or what of it is not known here."""
    known = tuple(name for name in metrics if isinstance(name, str) and name in METRICS)
    if len(known) < len(metrics):
        raise Invalid("metrics", f"are not all answered here; there are {', '.join(METRICS)}")
    if len(set(known)) < len(known):
        raise Invalid("metrics", "names something twice")
    ours = list(dict.fromkeys(map(_metric, known)))  # in the same order, as rows are sorted by it
    names = tuple(name for name in dimensions if isinstance(name, str))
    if len(names) < len(dimensions):
        raise Invalid("dimensions", "must be names")
    raw: dict[str, Any] = {
        "site": site.id,
        "metrics": ours,
        "dimensions": [dimension(name, span) for name in names],
        "filters": ["and", [_tree(one, site, 1) for one in filters]] if filters else [],
        "range": span,
        **(paging or {}),
    }
    if order_by:
        raw["order_by"] = [_order(one, span) for one in order_by]
    return Asked(raw, known, names)


def dimension(name: str, span: str | dict[str, Any] | None = None) -> str:
    """Our name of a dimension; `time` alone is as fine as suits the range."""
    if name in EVENT_DIMENSIONS:
        return EVENT_DIMENSIONS[name]
    if name.startswith(PROPS):
        return PROP + name.removeprefix(PROPS)
    if name == "time":
        return _fineness(span)
    kind, _, rest = name.partition(":")
    if (kind == "visit" and rest in OF_VISIT) or name in OF_TIME:
        return name if kind == "time" else rest
    raise Invalid("dimensions", f"{name!r} is not answered here")


def _fineness(span: str | dict[str, Any] | None) -> str:
    """Hours of a day, months of many, else days."""
    if isinstance(span, dict):
        if "to" not in span:  # months until now
            return "time:month"
        return "time:hour" if span["from"] == span["to"] else "time:day"
    hours, months = {"today", "24h", "realtime"}, {"12mo", "year", "all"}
    return "time:hour" if span in hours else "time:month" if span in months else "time:day"


def span_of(told: object, today: date) -> str | dict[str, Any]:
    """A range by its name or its two ends, both of which are meant too."""
    match told:
        case str(name) if name in RANGES:
            return RANGES[name]
        case "6mo":
            return {"from": _months_before(today, MONTHS_AGO["6mo"]).isoformat()}
        case [str(first), str(last)]:
            return {"from": _end(first), "to": _end(last, is_last=True)}
    raise Invalid("date_range", "is not known here")


def span_of_period(period: str, day: str | None, today: date) -> str | dict[str, Any]:
    """The same as it is told in an address: a period that ends on a day."""
    if period == "custom":
        first, _, last = (day or "").partition(",")
        return {"from": first.strip(), "to": last.strip() or first.strip()}
    if day is None:
        return span_of(period, today)
    last_day = _day(day.strip())
    if period == "day":
        first_day = last_day
    elif period == "month":
        first_day = last_day.replace(day=1)
        last_day = _months_before(first_day, -1) - timedelta(days=1)
    elif period in MONTHS_AGO:
        first_day = _months_before(last_day, MONTHS_AGO[period])
    elif period in DAYS:
        first_day = last_day - timedelta(days=DAYS[period] - 1)
    else:
        raise Invalid("period", "is not known here")
    return {"from": first_day.isoformat(), "to": last_day.isoformat()}


def filters_of(told: str) -> list[Any]:
    """`visit:country==KR|US;event:page!=/admin/**` as a list of tests. What cannot be read is an error:
    without it the figures would be those of another question.
    """
    found: list[Any] = []
    for part in filter(str.strip, told.split(";")):
        read = TEST_OF_OLD.fullmatch(part)
        if read is None:
            raise Invalid("filters", "must be like visit:country==KR;event:page!=/admin/**")
        name, values = read["name"], read["values"]
        wanted = [value.replace("\\|", "|").strip() for value in re.split(r"(?<!\\)\|", values)]
        if name != GOAL and any("*" in value for value in wanted):
            pattern = "|".join(map(_wildcard, wanted))
            one: list[Any] = ["matches", name, [f"^({pattern})$"]]
        else:
            one = ["is", name, wanted]
        found.append(["not", one] if read["test"] == "!=" else one)
    return found


def label(bucket: str) -> str:
    """A bucket of time: days, weeks and months by their first day, hours by the clock."""
    if "T" in bucket:
        return bucket[: len("2026-11-20T13:00:00")].replace("T", " ")
    if "W" in bucket:
        year, _, week = bucket.partition("-W")
        return date.fromisocalendar(int(year), int(week), 1).isoformat()
    return bucket if len(bucket) == len("2026-11-20") else f"{bucket}-01"


def _value_told(name: str, value: str | None) -> str:
    if name in OF_TIME:
        return label(value or "")
    if name == "source":
        return DIRECT if value in {None, OUR_DIRECT} else str(value)
    if value is None:
        return NO_PROP if name.startswith(PROP) else NOT_SET
    if name == "device":
        return value.capitalize()
    return "pageview" if name == "event" and value == PAGE_VIEW else value


def _value_meant(name: str, value: object) -> str | None:
    value = _text(value)
    if value in {NOT_SET, NO_PROP}:
        return None
    if name == "source":
        return OUR_DIRECT if value.strip("()") == DIRECT else value
    if name == "device":
        return value.lower()
    return NAMES.get(value, value) if name == "event" else value


def _tree(told: object, site: Site, depth: int) -> list[Any]:
    if depth > MAX_DEPTH:
        raise Invalid("filters", f"are nested deeper than {MAX_DEPTH}")
    match told:
        case ["and" | "or" as word, [*parts]] if parts:
            return [word, [_tree(part, site, depth + 1) for part in parts]]
        case ["not", part]:
            return ["not", _tree(part, site, depth + 1)]
        case [str(test), str(name), [*values]] if test in TESTS:
            return _test(test, name, values, site, is_sensitive=True)
        case [str(test), str(name), [*values], {"case_sensitive": bool(sensitive)}] if (
            test in TESTS
        ):
            return _test(test, name, values, site, is_sensitive=sensitive)
    raise Invalid("filters", f"hold a test that is not answered here; there are {', '.join(TESTS)}")


def _test(test: str, name: str, values: list[Any], site: Site, *, is_sensitive: bool) -> list[Any]:
    if name == GOAL:
        return _goals(test, values, site)
    ours = dimension(name)
    if test in {"matches", "matches_not"} and ours in TRANSLATED:
        raise Invalid("filters", f"compare {name} with whole values; patterns are not answered")
    meant = [_value_meant(ours, value) for value in values]
    if not is_sensitive and test in INSENSITIVE and None not in meant:
        pattern = INSENSITIVE[test].format("|".join(re.escape(str(value)) for value in meant))
        told: list[Any] = ["matches", ours, [f"(?i){pattern}"]]
        return ["not", told] if test.endswith("_not") else told
    told = [TESTS[test], ours, meant]
    return ["not", told] if test == "matches_not" else told


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Invalid("filters", "compare with text")
    return value


def _goals(test: str, values: list[Any], site: Site) -> list[Any]:
    if test not in {"is", "is_not"}:
        raise Invalid("filters", "goals are told by `is` and `is_not` alone")
    told = ["or", [_goal(value, site) for value in values]]
    return ["not", told] if test == "is_not" else told


def _goal(name: object, site: Site) -> list[Any]:
    for goal in site.goals:
        if goal.name == name:
            return list(as_json(goal.when))
    if isinstance(name, str) and name.startswith(VISIT_TO):
        path = name.removeprefix(VISIT_TO).strip().replace("+", " ").strip()
        page: object = {"matches": f"^({_wildcard(path)})$"} if "*" in path else path
        return list(as_json(parse_condition({"page": page}, "filters")))
    raise Invalid("filters", "name a goal that is none of the site")


def _wildcard(text: str) -> str:
    """`*` is anything within a part of a path, `**` anything."""
    return re.escape(text).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")


def _metric(name: str) -> str:
    return "visitors" if name == PERCENTAGE else name


def _order(told: object, span: str | dict[str, Any]) -> list[str]:
    match told:
        case [str(name), "asc" | "desc" as way]:
            return [_metric(name) if name in METRICS else dimension(name, span), way]
    raise Invalid("order_by", 'must be like [["visitors", "desc"]]')


def _end(told: str, *, is_last: bool = False) -> str | int:
    """A day as it is; of a time the whole second that it names."""
    if len(told) == len("2026-11-20"):
        return told
    try:
        time = datetime.fromisoformat(told)
    except ValueError:
        raise Invalid("date_range", f"{told!r} is no date and no time") from None
    if time.tzinfo is None or not FIRST_YEAR < time.year <= LAST_YEAR:
        raise Invalid("date_range", f"{told!r} has no offset, or lies far off")
    return int(time.timestamp() * 1000) + (SECOND_MS if is_last else 0)


def _day(told: str) -> date:
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise Invalid("date", "must be like 2026-11-20") from None
    if not FIRST_YEAR < day.year <= LAST_YEAR:
        raise Invalid("date", f"must lie after {FIRST_YEAR} and before {LAST_YEAR}")
    return day


def _months_before(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
