"""Collecting over ports in memory: every sighting is an event or one counted drop."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from builders import NOON_MS
from liveinsight.domain.agent import Agent
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import SILENT_TYPES
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.location import NOWHERE, Location
from liveinsight.domain.period import DAY_MS, MINUTE_MS
from liveinsight.domain.sighting import Caller, Guest, Revenue, Sighting, check_whole, time_of
from liveinsight.domain.site import Site, SiteBook
from liveinsight.domain.source import Origin
from liveinsight.domain.visit import Step
from liveinsight.usecases.collect import Collect
from liveinsight.wiring.intake import paired

SHOP = Site(
    id="shop",
    domains=("shop.example",),
    honour_gpc=True,
    excluded_ips=("198.51.100.0/24",),
    excluded_pages=("/admin/*",),
)
BLOG = Site(id="blog", domains=("blog.example",), timezone="Asia/Seoul")
IMPORT = Key(id="k", hash=b"", scopes=frozenset({Scope.IMPORT}))
SERVER = Key(id="s", hash=b"", scopes=frozenset({Scope.SERVER}))
BLOG_SERVER = Key(id="b", hash=b"", scopes=frozenset({Scope.SERVER}), site="blog")


class Ports:
    """All that collecting asks, in memory."""

    def __init__(self):
        self.book = SiteBook((SHOP, BLOG))
        self.salted, self.ids, self.visitors = {}, set(), set()
        self.seen_ms = {}
        self.number = 0

    def sites(self):
        return self.book

    def secret(self, name):
        return name.encode()

    def of(self, *about):
        """The place of an address, or the salt of a site's day."""
        if len(about) == 1:
            return Location("KR") if about[0].startswith("203.") else NOWHERE
        site, day = about
        return self.salted.setdefault((site.id, day), f"{site.id}{day}".encode())

    def if_known(self, site, day):
        return self.salted.get((site.id, day))

    def add(self, event_ids):
        return [index for index, event_id in enumerate(event_ids) if not self._is_new(event_id)]

    def _is_new(self, event_id):
        if event_id in self.ids:
            return False
        self.ids.add(event_id)
        return True

    def touch(self, events):
        steps = {index: self._step(event) for index, event in enumerate(events)}
        return {index: step for index, step in steps.items() if step is not Step.GOES_ON}

    def latest(self, visitor, session):
        return self.seen_ms.get((visitor, session))

    def _step(self, event):
        self.seen_ms[event.visitor, event.session] = event.time_ms
        if event.visitor in self.visitors:
            return Step.GOES_ON
        if event.place.type in SILENT_TYPES:
            return Step.NO_VISIT
        self.visitors.add(event.visitor)
        return Step.STARTS

    def read(self, told, *about):
        """An agent, or where a visitor came from."""
        if about:
            return Origin("Direct", "Direct", None, is_spam=told == "https://spam.example/")
        return Agent("Firefox", is_bot="bot" in told)

    def new_id(self):
        self.number += 1
        return f"made-{self.number}"


def a_collect():
    ports = Ports()
    collect = Collect(
        control=ports,
        salts=ports,
        seen=ports,
        visits=ports,
        agents=ports,
        locations=ports,
        sources=ports,
        new_id=ports.new_id,
    )
    return collect, ports


def a_caller(**about):
    guest = {"address": "203.0.113.7", "user_agent": "x/1"}
    guest |= {name: about.pop(name) for name in Guest.__struct_fields__ if name in about}
    return Caller(**{"received_ms": NOON_MS, "guest": Guest(**guest)} | about)


def a_sighting(**about):
    return Sighting(**{"page_url": "https://shop.example/"} | about)


@pytest.mark.parametrize(
    ("reason", "told", "caller"),
    [
        (Drop.BOT, {}, {"user_agent": "bot/1"}),
        (Drop.SPAM_REFERRER, {"referrer": "https://spam.example/"}, {}),
        (Drop.UNKNOWN_SITE, {"site": "nobody"}, {}),
        (Drop.HOST_NOT_ALLOWED, {"site": "blog"}, {}),
        (Drop.EXCLUDED_IP, {}, {"address": "198.51.100.7"}),
        (Drop.EXCLUDED_PAGE, {"page_url": "https://shop.example/admin/x"}, {}),
        (Drop.OPTED_OUT, {}, {"gpc": True}),
        (Drop.DUPLICATE, {"event_id": "there"}, {}),
        (Drop.TOO_OLD, {"timestamp": NOON_MS - DAY_MS - 1}, {}),
        (Drop.TOO_NEW, {"timestamp": NOON_MS + 5 * MINUTE_MS + 1}, {}),
        (Drop.NO_VISIT, {"event_type": "engagement"}, {"address": "203.0.113.99"}),
    ],
)
def test_each_reason_drops_once(reason, told, caller):
    """One reason, told once, counted once; what is set aside or waits for its visit is kept."""
    collect, _ = a_collect()
    collect([a_sighting(event_id="there")], a_caller())
    outcome = collect([a_sighting(**told)], a_caller(**caller))
    assert outcome.dropped == {reason: 1}
    assert outcome.processed == 0
    is_kept = reason in {Drop.BOT, Drop.SPAM_REFERRER, Drop.NO_VISIT}
    assert len(outcome.events) == is_kept
    site = "" if reason is Drop.UNKNOWN_SITE else told.get("site", "shop")
    assert outcome.lost == ({} if is_kept else {(site, reason): 1})


SIGHTINGS = st.builds(
    Sighting,
    site=st.sampled_from([None, None, None, "shop", "blog.example", "nobody"]),
    event_id=st.sampled_from([None, None, "a", "b", "c"]),
    session_id=st.sampled_from([None, "s1"]),
    user_id=st.sampled_from([None, "u1", "u2"]),
    timestamp=st.one_of(
        st.none(),
        st.integers(NOON_MS - DAY_MS, NOON_MS),
        st.integers(NOON_MS - 2 * DAY_MS, NOON_MS + DAY_MS),
        st.datetimes(),
    ),
    event_type=st.sampled_from(["page_view", "engagement", "session_end", "Signup"]),
    page_url=st.sampled_from(
        [
            "https://shop.example/",
            "https://shop.example/shoes",
            "https://blog.example/x?utm_source=y",
            "https://elsewhere.example/",
            "https://shop.example/admin/",
        ]
    ),
    referrer=st.sampled_from([None, None, "https://spam.example/"]),
    user_agent=st.sampled_from([None, "bot/2"]),
    ip=st.sampled_from([None, "198.51.100.1", "nonsense"]),
    screen=st.sampled_from([None, "390x844"]),
    language=st.sampled_from([None, "ko"]),
)
CALLERS = st.builds(
    a_caller,
    key=st.sampled_from([None, IMPORT]),
    gpc=st.sampled_from([False, False, True]),
    user_agent=st.sampled_from(["x/1", "bot/1", ""]),
    skew_ms=st.sampled_from([0, 0, 0, DAY_MS, -DAY_MS, 2**53]),
)


def judged(sightings, caller):
    """What is made of each, but for when it was and which it is; which were refused, and as what."""
    collect, _ = a_collect()
    try:
        outcome = collect.judge(sightings, caller)
    except Invalid as wrong:
        return wrong.field, wrong.index
    events = [asdict(event.row()) | {"event_id": 0, "time_ms": 0} for event in outcome.events]
    return events, outcome.refused, outcome.lost


def is_wrong(told):
    try:
        check_whole(told)
    except Invalid:
        return True
    return False


WELL_OR_NOT = st.one_of(
    SIGHTINGS,
    SIGHTINGS,
    SIGHTINGS,
    st.builds(
        replace,
        SIGHTINGS,
        site=st.just("shop"),
        event_type=st.just("page_view"),
        screen=st.sampled_from(["390x844", "big"]),
        page_url=st.sampled_from(["https://shop.example/", "https://shop.example/admin/", None]),
        revenue=st.sampled_from([None, Revenue(Decimal("1e30"), "EUR")]),
    ),
)


@given(
    st.lists(WELL_OR_NOT, min_size=1, max_size=6),
    CALLERS | st.builds(a_caller, key=st.just(SERVER)),
)
def test_a_request_is_judged_as_each_of_its_events(sightings, caller):
    """What is known of one event is never taken for another's: neither who, nor where, nor that it
    is well formed.
    """
    together = judged([replace(told) for told in sightings], caller)
    events, refused, lost = [], [], Counter()
    for index, told in enumerate(sightings):
        alone = judged([replace(told)], caller)
        assert (len(alone) == 2) == is_wrong(told)
        if is_wrong(told):
            assert together == (alone[0], index)
            return
        for event in alone[0]:
            assert (event["screen"], event["language"]) == (told.screen, told.language)
        events += alone[0]
        refused += [index] * len(alone[1])
        lost.update(alone[2])
    assert together == (events, tuple(refused), lost)


@given(st.lists(st.tuples(st.lists(SIGHTINGS, min_size=1, max_size=8), CALLERS), max_size=5))
def test_every_sighting_is_an_event_or_one_drop(requests):
    """Nothing vanishes and nothing is counted twice, whatever comes; refused requests leave no
    trace at all.
    """
    collect, ports = a_collect()
    for sightings, caller in requests:
        before = set(ports.ids), set(ports.visitors)
        try:
            outcome = collect(sightings, caller)
        except Invalid:
            assert before == (ports.ids, ports.visitors)
            continue
        assert len(outcome.event_ids) == len(sightings)
        assert outcome.processed + sum(outcome.dropped.values()) == len(sightings)
        assert len(outcome.events) + sum(outcome.lost.values()) == len(sightings)
        new = {event.event_id for event in outcome.events}
        assert len(new) == len(outcome.events)
        assert ports.ids == before[0] | new
        assert not before[0] & new


@given(st.lists(st.tuples(st.lists(SIGHTINGS, min_size=1, max_size=4), CALLERS), max_size=8))
def test_requests_are_taken_together_as_alone(requests):
    """What came of one is told of that one, wherever its events stand among those of all."""
    (together, shared), (alone, own) = a_collect(), a_collect()
    outcomes, ones = [], []
    for sightings, caller in requests:
        for collect, done in ((together.judge, outcomes), (alone, ones)):
            with suppress(Invalid):
                done.append(collect([replace(sighting) for sighting in sightings], caller))
    together.take(outcomes)
    for told in (*outcomes, *ones):  # of one visitor at once, what is taken is known, and no more
        told.events = by_now(told.events)
    assert outcomes == ones
    assert (shared.ids, shared.visitors) == (own.ids, own.visitors)


SEOUL_MIDNIGHT_MS = NOON_MS // DAY_MS * DAY_MS - 9 * 3_600_000
AROUND_MIDNIGHT = st.sampled_from([-1, 0, MINUTE_MS, 30 * MINUTE_MS, 30 * MINUTE_MS + 1]).map(
    lambda ms: SEOUL_MIDNIGHT_MS + ms
)


@given(
    st.lists(st.tuples(SIGHTINGS, st.none() | AROUND_MIDNIGHT), min_size=1, max_size=12),
    CALLERS,
    st.sampled_from([None, IMPORT, SERVER, BLOG_SERVER]),
)
def test_events_are_judged_together_as_alone(told, caller, key):
    """What is found of one event is used for the next only where it is the same."""
    caller = replace(caller, key=key, skew_ms=0)
    assert_alike(
        [
            replace(sighting, timestamp=None if ms is None else ms, country="NO" if ms else None)
            for sighting, ms in told
        ],
        caller,
    )


@pytest.mark.parametrize("key", [None, IMPORT])
def test_a_sender_holds_for_their_part_of_the_day_and_no_longer(key):
    """Three moments in any order, at the edges of all that is judged by time."""
    edges = [SEOUL_MIDNIGHT_MS + ms for ms in (-1, 0, 30 * MINUTE_MS, 30 * MINUTE_MS + 1)]
    edges += [NOON_MS + ms for ms in (-DAY_MS - 1, -DAY_MS, 5 * MINUTE_MS, 5 * MINUTE_MS + 1)]
    for moments in permutations(edges, 3):
        told = [
            Sighting(site="blog", page_url="https://blog.example/", timestamp=ms) for ms in moments
        ]
        assert_alike(told, a_caller(key=key))


def assert_alike(sightings, caller):
    """Sent at once they come to the same as one by one, at the moments that they have then."""
    together, alone = a_collect()[0], a_collect()[0]
    outcome = together([replace(sighting) for sighting in sightings], caller)
    times = moments(sightings, caller)
    timed = [replace(told, timestamp=ms) for told, ms in zip(sightings, times, strict=True)]
    ones = [alone([replace(sighting)], caller) for sighting in timed]
    assert by_now(outcome.events) == by_now(event for one in ones for event in one.events)
    assert outcome.event_ids == [given for one in ones for given in one.event_ids]
    assert outcome.processed == sum(one.processed for one in ones)
    assert outcome.starts_visit == any(one.starts_visit for one in ones)
    assert outcome.lost == sum((Counter(one.lost) for one in ones), Counter())
    assert outcome.dropped == sum((Counter(one.dropped) for one in ones), Counter())


def moments(sightings, caller):
    """When each of a request happened that tells it: none of somebody is as another."""
    times, runs = [], {}
    for told in sightings:
        if told.timestamp is None:
            times.append(None)
            continue
        ms = time_of(told.timestamp, caller)
        who = told.user_id, told.session_id, told.ip, told.user_agent
        asked, given = runs.get(who, (0, -1))
        runs[who] = ms, given + 1 if asked <= ms <= given else ms
        times.append(runs[who][1])
    return times


def by_now(events):
    """What tells no time is of now, however exactly."""
    rows = [event.row() for event in events]
    return [
        replace(row, time_ms=NOON_MS) if 0 <= NOON_MS - row.time_ms < 100 else row for row in rows
    ]


def test_events_without_a_time_follow_what_is_known_of_their_visitor():
    """However many come at once, they are after the request before, and not after now."""
    collect, _ = a_collect()

    def views(*of, at=NOON_MS, **about):
        page = {"site": "shop", "page_url": "https://shop.example/"}
        told = [Sighting(**page, **each) for each in of]
        return [
            event.time_ms - NOON_MS
            for event in collect(told, a_caller(received_ms=at, **about)).events
        ]

    assert views({}) == [0]
    assert views({}, {}, {}, {}, {}, at=NOON_MS + 3) == [1, 2, 3, 3, 3]
    others = [{"user_id": name} for name in ("a", "b", "a")]
    assert views(*others, at=NOON_MS + 50, key=SERVER) == [48, 48, 49]
    assert views({"session_id": "s"}, {"session_id": "t"}, at=NOON_MS + 60) == [60, 60]
    assert views({"timestamp": NOON_MS + 70}, {}, {}, at=NOON_MS + 72) == [70, 71, 72]


def test_events_of_one_moment_follow_one_another():
    """In the order in which they are told, so that the first page is where the visit began."""
    page = "https://shop.example/"
    for told, expected in (
        ((None, None, None), (NOON_MS - 2, NOON_MS - 1, NOON_MS)),
        ((5, 5, 5), (5, 6, 7)),
        ((5, 5, 6, 9, 5), (5, 6, 7, 9, 5)),
        ((5, None, 5), (5, NOON_MS - 2, 6)),
        ((7, 5), (7, 5)),
    ):
        collect, _ = a_collect()
        sightings = [Sighting(site="shop", page_url=page, timestamp=ms) for ms in told]
        outcome = collect(sightings, a_caller(key=IMPORT))
        assert tuple(event.time_ms for event in outcome.events) == expected


def test_others_of_one_moment_stay_in_it():
    """What somebody does moves nobody else."""
    collect, _ = a_collect()
    told = [
        Sighting(site="shop", page_url="https://shop.example/", timestamp=5, user_id=name)
        for name in ("a", "b", "a", "c")
    ]
    events = collect(told, a_caller(key=IMPORT)).events
    assert [event.time_ms for event in events] == [5, 5, 6, 5]


def test_over_midnight_the_day_before_is_known():
    """In the first half hour of a local day an event tells its visitor of the day before too."""
    collect, ports = a_collect()
    midnight_in_seoul = NOON_MS // DAY_MS * DAY_MS - 9 * 3_600_000 + DAY_MS
    told = {"page_url": "https://blog.example/"}
    late = a_caller(received_ms=midnight_in_seoul - MINUTE_MS)
    (before,) = collect([Sighting(**told)], late).events
    for after_ms, expected in ((MINUTE_MS, before.visitor), (31 * MINUTE_MS, None)):
        caller = a_caller(received_ms=midnight_in_seoul + after_ms)
        (event,) = collect([Sighting(**told)], caller).events
        assert event.visitor != before.visitor
        assert event.prior == expected
    days = {day for _, day in ports.salted}
    assert max(days) - min(days) == timedelta(days=1)


@pytest.mark.parametrize("is_made_here", [True, False])
def test_a_salt_that_is_not_there_is_looked_for_once_a_minute(is_made_here):
    """In a site's first half hour not each event asks for the day before; made here, it is known."""
    collect, ports = a_collect()
    asked, known = [], ports.if_known
    ports.if_known = lambda site, day: asked.append(day) or known(site, day)

    def at(ms):
        caller = a_caller(received_ms=SEOUL_MIDNIGHT_MS + ms)
        return collect([Sighting(page_url="https://blog.example/")], caller).events[0]

    assert [at(ms).prior for ms in (0, 1, MINUTE_MS - 1)] == [None] * 3
    (day,) = asked
    if is_made_here:
        before = at(-1).visitor
        assert at(MINUTE_MS - 1).prior == before
    else:
        ports.salted["blog", day] = b"made elsewhere"
        assert at(MINUTE_MS - 1).prior is None
    assert at(MINUTE_MS).prior is not None


def test_what_was_told_of_an_event_is_found_by_its_id():
    """Its own, or the one that it is given; as the AWS home does, which keeps both."""
    collect, _ = a_collect()
    told = [
        a_sighting(event_id="mine", title="1"),
        a_sighting(site="nobody", title="2"),
        a_sighting(title="3"),
    ]
    outcome = collect(told, a_caller())
    assert outcome.event_ids == ["mine", "made-1", "made-2"]
    pairs = paired(outcome.events, told, a_caller())
    assert [(event.place.title, sighting.page_url) for event, sighting in pairs] == [
        ("1", "https://shop.example/"),
        ("3", "https://shop.example/"),
    ]


def test_who_is_named_by_the_site_stays_the_same():
    """A given user id is the same visitor from any address, on any day; nameless ones are not."""
    collect, _ = a_collect()
    visitors = [
        collect([a_sighting(user_id="u1")], a_caller(address=address, received_ms=at)).events[0]
        for address, at in (("203.0.113.1", NOON_MS), ("203.0.113.2", NOON_MS + DAY_MS))
    ]
    assert visitors[0].visitor == visitors[1].visitor
    named, nameless = collect([a_sighting(user_id="u2"), a_sighting()], a_caller()).events
    assert named.visitor != nameless.visitor


def test_salts_decide_how_long_a_visitor_is_known():
    """With another salt the same address and agent are somebody else, at once."""
    collect, ports = a_collect()
    (first,) = collect([a_sighting()], a_caller()).events
    ports.salted[next(iter(ports.salted))] = b"another"
    (second,) = collect([a_sighting()], a_caller()).events
    assert first.visitor != second.visitor
