"""The trail of events that the live window keeps: whatever is done to it, it is a plain list."""

import hypothesis.strategies as st
from hypothesis import given

from liveinsight.adapters.local.arrays import SETTLED_AT_ONCE, Trail

Entry = tuple[int, int, int]

times = st.integers(0, 40)
deeds = st.one_of(
    st.tuples(st.just("add"), st.lists(times, max_size=12)),
    st.tuples(st.just("drop"), times),
    st.tuples(st.just("keep"), st.integers(1, 4)),
)


def added(trail: Trail, entries: list[Entry]) -> None:
    for late, values in zip(trail.late, zip(*entries, strict=True), strict=False):
        late.extend(values)
    trail.settle_many()


def told(trail: Trail) -> list[Entry]:
    return list(zip(*(column.tolist() for column in trail.columns()), strict=True))


@given(st.lists(deeds, max_size=30), st.integers(1, 7))
def test_a_trail_is_a_list(done, block):
    trail, plain, number = Trail(block), [], 0
    for deed, told_of in done:
        if deed == "add":
            entries = [(time, number + n, -n) for n, time in enumerate(told_of)]
            number += len(entries)
            added(trail, entries)
            plain += entries
        elif deed == "drop":
            trail.drop_before(told_of)
            while plain and plain[0][0] < told_of:
                del plain[0]
        else:
            times = trail.columns()[0]
            trail.keep(times % told_of == 0)
            plain = [entry for entry in plain if entry[0] % told_of == 0]
        assert len(trail) == len(plain)
        assert told(trail) == plain


def test_many_are_put_into_blocks_at_once():
    """They wait as they came until they are many, and none is told twice or missed."""
    trail = Trail()
    for begin in range(0, 3 * SETTLED_AT_ONCE, 300):
        added(trail, [(n, n, n) for n in range(begin, begin + 300)])
        assert len(trail.late[0]) < SETTLED_AT_ONCE
        assert len(trail) == begin + 300
    assert told(trail) == [(n, n, n) for n in range(3 * SETTLED_AT_ONCE)]
    trail.clear()
    assert len(trail) == 0
    assert told(trail) == []
