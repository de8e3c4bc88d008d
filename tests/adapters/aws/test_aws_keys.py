"""Keys follow from the event alone and keep every digit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import an_event
from liveinsight.adapters.aws import keys


@given(st.integers(0, 2**42), st.integers(0, 2**64 - 1))
def test_a_sort_key_holds_the_whole_time(time_ms, event_id):
    """The key's whole part is the time in ms, whatever the event's id."""
    key = keys.sort_key(an_event(time_ms=time_ms, event_id=event_id))
    assert int(Decimal(key)) == time_ms
    assert len(key.replace(".", "")) <= 38, "DynamoDB keeps 38 digits"


def test_events_of_one_millisecond_stay_apart():
    """Two events of a session in one millisecond have two keys, the same event sent again has one."""
    first, second = an_event(event_id=1), an_event(event_id=2)
    assert keys.sort_key(first) != keys.sort_key(second)
    assert keys.sort_key(first) == keys.sort_key(an_event(event_id=1))


@pytest.mark.parametrize(
    ("event_type", "name"),
    [("page_view", "page_view"), ("session_end", "session_end"), ("Signup", "custom")],
)
def test_custom_names_share_a_class(event_type, name):
    """Names of the site's own are found under `custom`; plain names where there is one shard."""
    assert keys.type_key(an_event(type=event_type), shards=1) == name


def test_shards_are_all_read():
    """Wherever a sharded event lies, the reader looks there."""
    for event_id in range(50):
        assert keys.type_key(an_event(event_id=event_id), 7) in keys.type_keys(7)
        assert keys.active_key(event_id, 7) in keys.active_keys(7)


@pytest.mark.parametrize(("before", "after"), [(1, 4), (4, 8)])
def test_nothing_is_lost_by_raising_shards(before, after):
    """What was written before `gsi_shards` was raised is still read, sessions too."""
    for event_id in range(50):
        event = an_event(event_id=event_id)
        assert keys.type_key(event, before) in keys.type_keys(after)
        assert keys.active_key(event_id, before) in keys.active_keys(after)


def test_a_session_without_an_id_is_its_visitors():
    """The sender's session id is the key; without one the visitor stands for it."""
    assert keys.session_key(an_event(), "s-1") == "s-1"
    assert keys.session_key(an_event(visitor=255), None) == "visitor-00000000000000ff"
