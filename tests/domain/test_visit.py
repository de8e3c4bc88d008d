"""The one rule of visits, as a property over any row of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveinsight.domain.event import PAGE_VIEW, SESSION_END, SILENT_TYPES
from liveinsight.domain.visit import GAP_MS, Step, ends, step

TYPES = st.sampled_from([PAGE_VIEW, "signup", *sorted(SILENT_TYPES)])


@pytest.mark.parametrize(
    ("event_type", "since_ms", "ended", "expected"),
    [
        (PAGE_VIEW, None, False, Step.STARTS),
        ("signup", None, False, Step.STARTS),
        ("engagement", None, False, Step.NO_VISIT),
        ("session_start", None, False, Step.NO_VISIT),
        ("session_end", None, False, Step.NO_VISIT),
        (PAGE_VIEW, GAP_MS, False, Step.GOES_ON),
        (PAGE_VIEW, GAP_MS + 1, False, Step.STARTS),
        ("engagement", GAP_MS, False, Step.GOES_ON),
        ("engagement", GAP_MS + 1, False, Step.NO_VISIT),
        (PAGE_VIEW, 0, True, Step.STARTS),
        ("engagement", 0, True, Step.NO_VISIT),
        (PAGE_VIEW, -5, False, Step.GOES_ON),
    ],
)
def test_one_step(event_type, since_ms, ended, expected):
    """Thirty minutes are still the visit, one millisecond more is not; an end is an end."""
    last_ms = None if since_ms is None else 1_000_000_000 - since_ms
    assert step(event_type, 1_000_000_000, last_ms, ended=ended) is expected


@given(st.lists(st.tuples(TYPES, st.integers(0, 2 * GAP_MS))))
def test_a_row_of_events(row):
    """Visits start with what may start one, no gap in them is longer, and none goes on past its end."""
    time_ms, last_ms, ended = 0, None, False
    for event_type, gap_ms in row:
        time_ms += gap_ms
        done = step(event_type, time_ms, last_ms, ended=ended)
        if done is Step.STARTS:
            assert event_type not in SILENT_TYPES
        if done is Step.GOES_ON:
            assert gap_ms <= GAP_MS or time_ms - last_ms <= GAP_MS
            assert not ended
        if done is not Step.NO_VISIT:
            last_ms, ended = time_ms, ends(event_type)
    assert ended is False or last_ms is not None


@given(TYPES)
def test_only_an_end_ends(event_type):
    """No event ends a visit but the one that says so."""
    assert ends(event_type) is (event_type == SESSION_END)
