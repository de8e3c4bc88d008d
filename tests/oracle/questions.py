"""Questions at random: ranges, comparisons, dimensions, metrics, filters and goals combined."""

from datetime import timedelta

from oracle import naive
from oracle.traffic import COUNTRIES, PAGES, SOURCES

METRICS = (
    *("visitors", "visits", "pageviews", "events", "views_per_visit", "bounce_rate"),
    *("visit_duration", "time_on_page", "scroll_depth", "revenue"),
)
OF_EVENTS = ["visitors", "pageviews", "events"]  # what most panels ask, in ways of its own
OF_GOALS = ("conversions", "conversion_rate")
OF_EVENT = ("page", "hostname", "event", "title", "prop:plan", "prop:a/b~\"c'")
OF_VISIT = (
    *("source", "channel", "referrer", "utm_source", "utm_campaign", "country", "city", "browser"),
    *("browser_version", "os", "device", "language", "entry_page", "exit_page", "screen"),
)
OF_TIME = ("time:hour", "time:day", "time:week", "time:month")
RANGES = (
    *("realtime", "today", "yesterday", "24h", "7d", "28d", "30d", "91d", "month", "last_month"),
    *("year", "12mo", "all"),
)
SHORT = ("realtime", "today", "yesterday", "24h")
VALUES = {
    "page": PAGES,
    "entry_page": PAGES,
    "exit_page": PAGES,
    "source": SOURCES,
    "country": COUNTRIES,
    "event": ("page_view", "engagement", "Signup", "Buy"),
    "prop:plan": ("pro", "true", "7", "2.5", None),
    "device": ("mobile", "desktop"),
    "utm_campaign": ("spring", "Spring", None),
}
CUSTOM = ["is_not", "event", ["page_view", "engagement", "session_start", "session_end"]]


def random_question(random, now, zone):
    """A question that can be asked."""
    metrics = random.sample(METRICS, random.randrange(1, 5))
    if random.random() < 0.4:
        metrics = random.sample(OF_EVENTS, random.randrange(1, 4))
    question = {
        "range": random_range(random, now, zone),
        "dimensions": random_dimensions(random),
        "metrics": metrics,
    }
    if question["range"] in SHORT and random.random() < 0.15:
        kept = [name for name in question["dimensions"] if name not in OF_TIME]
        question["dimensions"] = ["time:minute", *kept]
    if random.random() < 0.2:
        metrics.append(random.choice(OF_GOALS))
        question["goal"] = random.choice(
            (
                {"event": "Signup"},
                {"page": "/pricing"},
                {"page": {"contains": "blog"}},
                {"event": "Buy", "props": {"plan": "pro"}},
                {"event": {"matches": "^[SB]"}},
            )
        )
    if random.random() < 0.6:
        question["filters"] = CUSTOM if random.random() < 0.1 else random_filter(random)
    if random.random() < 0.4:
        compare = random.choice(("previous_period", "previous_year", None))
        day = naive.local(now, zone).date() - timedelta(days=random.randrange(1, 4))
        one_day = {"from": day.isoformat(), "to": day.isoformat()}
        question["compare"] = one_day if compare is None else compare
    if random.random() < 0.4:
        names = [name for name in metrics + question["dimensions"] if name != "revenue"]
        if names:
            question["order_by"] = [[random.choice(names), random.choice(("asc", "desc"))]]
    if random.random() < 0.3:
        question |= {"limit": random.randrange(1, 5), "offset": random.randrange(0, 3)}
    else:
        question["limit"] = 10_000
    return question


def random_range(random, now, zone):
    """By name mostly; else days or moments around the traffic."""
    if random.random() < 0.6:
        return random.choice(RANGES)
    if random.random() < 0.5:
        last = naive.local(now, zone).date() - timedelta(days=random.randrange(0, 3))
        first = last - timedelta(days=random.randrange(0, 4))
        return {"from": first.isoformat(), "to": last.isoformat()}
    end = now - random.randrange(0, 2 * 86_400_000)
    return {"from": end - random.randrange(1, 3 * 86_400_000), "to": end}


def random_dimensions(random):
    """None, one of any kind, or time with another."""
    names = []
    if random.random() < 0.5:
        names.append(random.choice(OF_TIME))
    if random.random() < 0.6:
        names.append(random.choice(OF_EVENT + OF_VISIT))
    if random.random() < 0.1:
        names.append(random.choice([name for name in OF_VISIT if name not in names]))
    return names


def random_filter(random, depth=0):
    """A tree of at most three floors."""
    if depth < 2 and random.random() < 0.3:
        word = random.choice(("and", "or", "not"))
        if word == "not":
            return ["not", random_filter(random, depth + 1)]
        return [word, [random_filter(random, depth + 1) for _ in range(random.randrange(1, 4))]]
    dimension = random.choice(OF_EVENT + OF_VISIT)
    op = random.choice(("is", "is", "is_not", "contains", "contains_not", "matches"))
    known = VALUES.get(dimension, ("x", None))
    values = [random.choice(known) for _ in range(random.randrange(1, 3))]
    if op not in {"is", "is_not"}:
        values = [(value or "o")[:3] for value in values]
    return [op, dimension, values]
