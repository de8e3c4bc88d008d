"""The port `Watching`: memory and both homes count the same figures from the same events."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from aws_events import Index
from builders import NOON_MS, an_event
from liveinsight.adapters.aws.live import DynamoLive
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.snapshot import Snapshots
from liveinsight.adapters.local.window import Window
from liveinsight.domain.errors import Invalid
from liveinsight.domain.filter import EVERYTHING, parse
from oracle.live import MemoryWatching

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


class Memory:
    """The definitions."""

    def __init__(self) -> None:
        self.watching = MemoryWatching()

    def tell(self, event):
        self.watching.events.append(event)


class Local:
    """Home 1: told as it happens."""

    def __init__(self) -> None:
        self._window = Window(FixedClock(NOON_MS))
        self.watching = Snapshots(self._window)

    def tell(self, event):
        self._window.touch([event])


class Aws:
    """Home 2: read from the table."""

    def __init__(self) -> None:
        self._index = Index()
        self.watching = DynamoLive(self._index.reader(), lambda: NOON_MS, lambda: 0, memory_mb=256)

    def tell(self, event):
        self._index.keep(event, NOON_MS)


@pytest.fixture(params=[Memory, Local, Aws])
def home(request):
    return request.param


def look(home, events, raw=(), now_ms=NOON_MS):
    made = home()
    for event in events:
        made.tell(event)
    return made.watching.look("shop", parse(list(raw)), now_ms)


told_events = st.lists(
    st.fixed_dictionaries(
        {
            "time_ms": st.integers(NOON_MS - 25 * MINUTE_MS, NOON_MS),
            # Spread as hashes are: home 1 keeps a visitor's sessions by their difference.
            "visitor": st.integers(1, 5).map(lambda n: n * 0x9E3779B97F4A7C15 % 2**64),
            "session": st.sampled_from([None, None, 4]),
            "type": st.sampled_from(["page_view", "page_view", "engagement", "Signup"]),
            "page": st.sampled_from(["/", "/a", "/b"]),
            "source": st.sampled_from(["Direct", "Google"]),
            "country": st.sampled_from([None, "KR", "US"]),
            "props": st.sampled_from([None, {"plan": "pro"}, {"plan": 3}]),
        }
    ),
    max_size=30,
    unique_by=lambda told: told["time_ms"],
)
filters = st.sampled_from(
    [
        [],
        ["is", "page", ["/a"]],
        ["is_not", "country", ["kr"]],
        ["matches", "source", ["^Goo"]],
        ["is", "entry_page", ["/"]],
        ["contains", "exit_page", ["b"]],
        ["is", "prop:plan", ["3"]],
        ["not", ["or", [["is", "event", ["Signup"]], ["is", "country", [None]]]]],
    ]
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told_events, filters)
def test_all_count_the_same(home, told, raw):
    """Events in order of time, one visit a visitor, any filter: the same figures everywhere.

    A visitor's second visit within the half hour takes the first one's source over in home 1.
    """
    events = [an_event(**fields) for fields in sorted(told, key=lambda told: told["time_ms"])]
    assert asdict(look(home, events, raw)) == asdict(look(Memory, events, raw))


def test_nobody_is_there(home):
    """Without events there are thirty empty bars and no names."""
    live = look(home, [])
    assert (live.active_users, live.current_pages, live.feed) == (0, {}, [])
    assert [(bar.pageviews, bar.visitors) for bar in live.series] == [(0, 0)] * 30


def test_a_visit_goes_on_past_midnight(home):
    """After midnight a visitor has another id, and the visit the source it began with."""
    events = [
        an_event(time_ms=NOON_MS - 2000, visitor=7, source="Google"),
        an_event(time_ms=NOON_MS - 1000, visitor=8, prior=7, source="Direct"),
    ]
    assert look(home, events).top_sources[0].name == "Google"
    assert look(home, events, ["is", "source", ["google"]]).pageviews_last_30min == 2


def test_other_sites_are_not_told(home):
    """A site's figures are of its own events."""
    events = [an_event(site="blog"), an_event(visitor=8)]
    assert look(home, events).active_users == 1


def test_what_is_too_old_is_not_live(home):
    """Five minutes later nobody is here any more, half an hour later nobody was."""
    events = [an_event()]
    last_ms = NOON_MS + 5 * MINUTE_MS - 1
    assert look(home, events, now_ms=last_ms).active_users == 1
    assert look(home, events, now_ms=last_ms + 1).active_users == 0
    last_ms = NOON_MS + 30 * MINUTE_MS - 1
    assert look(home, events, now_ms=last_ms).visitors_last_30min == 1
    assert look(home, events, now_ms=last_ms + 1).visitors_last_30min == 0


def test_what_is_no_pattern_is_refused(home):
    """A filter that can't be answered is refused by name, before anything is counted."""
    watching = home().watching
    watching.check(EVERYTHING)
    with pytest.raises(Invalid):
        watching.check(parse(["matches", "page", ["("]]))
