"""Traffic that is hard to count: visits over midnight and changes of clocks, gaps of exactly half
an hour, sessions, events sent twice, out of order and late, goals, properties and money.

Deterministic by seed, so that a failing example can be looked at again.
"""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from liveinsight.domain.event import Row

ZONES = ("Asia/Seoul", "America/New_York", "UTC", "Asia/Kathmandu")
# Days around which something happens to the clocks somewhere, or to the calendar.
DAYS = ((2026, 3, 7), (2026, 10, 31), (2025, 12, 30), (2024, 2, 28), (2026, 6, 12))
GAPS_S = (0, 1, 5, 40, 200, 900, 1799, 1800, 1801, 2400)
PAGES = ("/", "/pricing", "/blog/1", "/blog/2", "/가격", '/O\'Neil "x" % _')
SOURCES = ("Google", "google", "Naver", "Direct", None)
COUNTRIES = ("KR", "US", "kr", None)
CURRENCIES = {"EUR": "12.90", "USD": "0.10", "KRW": "1200"}


def traffic(seed, zone, *, people=12, days=3, site="shop"):
    """Events of one site in order of arrival, and the moment just after the last of them."""
    random = Random(seed)
    first = datetime(*random.choice(DAYS), tzinfo=ZoneInfo(zone))
    start = int(first.timestamp() * 1000)
    events = []
    for person in range(people):
        identified = random.random() < 0.2
        at = start + random.randrange(0, days * 24 * 4) * 900_000
        if random.random() < 0.5:  # shortly before a midnight, so that visits go over it
            night = first + timedelta(days=random.randrange(1, days + 1))
            at = int(night.timestamp() * 1000) - random.randrange(0, 50) * 60_000
        for _ in range(random.randrange(1, 4)):
            about = _visit_of(random)
            session = random.choice((None, None, None, 5, 6))
            for _ in range(random.randrange(1, 9)):
                events.append(_event(random, person, identified, at, zone, about, session, site))
                at += random.choice(GAPS_S) * 1000 + random.choice((0, 0, 1))
            at += random.choice((0, 0, 3_600_000, 86_400_000))
    end = max(event.time_ms for event in events) + random.choice((0, 1, 60_000))
    return _as_it_arrives(random, events), end


def _visit_of(random):
    return {
        "source": random.choice(SOURCES),
        "channel": random.choice(("Direct", "Organic Search")),
        "referrer": random.choice(("google.com/search", None)),
        "utm_source": random.choice(("news", None)),
        "utm_campaign": random.choice(("spring", "Spring", None)),
        "country": random.choice(COUNTRIES),
        "city": random.choice(("Seoul", "New York", None)),
        "browser": random.choice(("Chrome", "Safari")),
        "browser_version": random.choice(("156", "99", None)),
        "os": random.choice(("macOS", "Android")),
        "device": random.choice(("desktop", "mobile")),
        "language": random.choice(("ko", "en", None)),
    }


def _event(random, person, identified, at, zone, about, session, site):
    there = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    today = there.date().toordinal()
    prior = None
    if identified:
        visitor = 10**18 + person
    else:
        visitor = 2**63 + today * 1000 + person
        if there.hour == 0 and there.minute < 30:
            prior = visitor - 1000
    kind = random.choice(
        ("page_view",) * 6 + ("engagement",) * 3 + ("session_start", "session_end", "Signup", "Buy")
    )
    told = about if random.random() < 0.9 else _visit_of(random)
    fields = dict.fromkeys(Row.__struct_fields__) | told
    fields |= {
        "event_id": random.getrandbits(64),
        "time_ms": at,
        "site": site,
        "type": kind,
        "visitor": visitor,
        "prior": prior,
        "session": session,
        "hostname": random.choice(("shop.example", "shop.example", "www.shop.example")),
        "page": random.choice(PAGES),
        "title": random.choice(("Hello", "Hello", None)),
    }
    if kind == "engagement":
        fields["engaged_ms"] = random.choice((None, 0, 1_500, 12_345))
        fields["scroll_depth"] = random.choice((None, 0, 33, 100))
    if kind in {"Signup", "Buy"}:
        plan = random.choice(("pro", "free", True, 7, 2.5))
        fields["props"] = random.choice((None, {"plan": plan}, {"a/b~\"c'": "x", "plan": plan}))
    if kind == "Buy":
        currency = random.choice(tuple(CURRENCIES))
        fields |= {"revenue_amount": CURRENCIES[currency], "revenue_currency": currency}
    if random.random() < 0.05:
        fields["aside"] = "bot"
    return Row(**fields).event()


def _as_it_arrives(random, events):
    """Some late, some twice."""
    arriving = sorted(events, key=lambda event: event.time_ms + random.choice((0, 0, 0, 7_200_000)))
    for _ in range(len(events) // 10):
        again = random.choice(arriving)
        arriving.insert(random.randrange(arriving.index(again) + 1, len(arriving) + 1), again)
    return arriving
