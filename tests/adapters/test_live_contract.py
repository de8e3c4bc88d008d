"""The port `Watching`: both homes count the same figures from the same events."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from builders import NOON_MS, an_event
from liveinsight.adapters.aws.live import count
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.snapshot import Snapshots
from liveinsight.adapters.local.window import Window
from liveinsight.domain.filter import parse

MINUTE_MS = 60_000

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


@settings(max_examples=150, deadline=None)
@given(told_events, filters)
def test_both_homes_count_the_same(told, raw):
    """Events in order of time, one visit a visitor, any filter: the same figures in both homes.

    A visitor's second visit within the half hour takes the first one's source over in home 1.
    """
    events = [an_event(**fields) for fields in sorted(told, key=lambda told: told["time_ms"])]
    window = Window(FixedClock(NOON_MS))
    for event in events:
        window.touch(event)
    tree = parse(raw)
    assert asdict(count(events, tree, NOON_MS)) == asdict(
        Snapshots(window).look("shop", tree, NOON_MS)
    )
