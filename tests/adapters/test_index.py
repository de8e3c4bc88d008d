"""The index of rows by their keys: whatever is done to it, it is a plain dict."""

from array import array

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from liveinsight.adapters.local.index import NOBODY, Index

# Some that lie side by side, some that are far apart.
keys = st.integers(0, 60) | st.integers(0, 60).map(lambda n: n * 0x9E3779B97F4A7C15 % 2**64)
deeds = st.one_of(
    st.tuples(st.just("put"), st.lists(keys, max_size=12)),
    st.tuples(st.just("remove"), st.lists(keys, max_size=4)),
    st.tuples(st.just("remove all"), st.lists(keys, max_size=12)),
)


def rows_of(index, asked):
    return index.find_all(np.array(asked, np.uint64)).tolist()


@given(st.lists(deeds, max_size=20))
def test_an_index_is_a_dict(done):
    column = array("Q", [0, 0])  # as of rows that are free: there are some more than are used
    index, plain = Index(column, least=8), {}
    for deed, told in done:
        if deed == "put":
            for key in told:
                if key not in plain:
                    plain[key] = len(column)
                    column.append(key)
                    index.put(plain[key])
        elif deed == "remove":
            for key in told:
                if key in plain:
                    index.remove(plain.pop(key))
        else:
            gone = [plain.pop(key) for key in dict.fromkeys(told) if key in plain]
            index.remove_all(np.array(gone, np.int64))
        asked = [*told, *plain]
        expected = [plain.get(key, NOBODY) for key in asked]
        assert len(index) == len(plain)
        assert rows_of(index, asked) == expected
        assert [index.find(key) for key in asked] == expected


def test_what_is_gone_makes_room():
    """As many come and go as there are, and places are no more than for those that are there."""
    column = array("Q", range(100_000))
    index = Index(column, least=16)
    for row in range(100_000):
        index.put(row)
        if row >= 100:
            index.remove(row - 100)
    assert len(index) == 100
    assert len(index._places) < 2500
    assert rows_of(index, [99_899, 99_900, 99_999]) == [NOBODY, 99_900, 99_999]
