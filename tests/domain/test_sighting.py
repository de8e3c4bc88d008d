import pytest

from builders import NOON_MS
from liveinsight.domain.sighting import skew_of

AN_HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("sent_ms", "expected"),
    [
        (None, 0),
        (NOON_MS, 0),
        (NOON_MS - 30_000, 0),
        (NOON_MS + AN_HOUR_MS, AN_HOUR_MS),
        (NOON_MS - AN_HOUR_MS, -AN_HOUR_MS),
    ],
)
def test_a_clock_is_wrong_by_what_it_says_at_sending(sent_ms, expected):
    """Small differences are the network's; larger ones are the sender's clock."""
    assert skew_of(sent_ms, NOON_MS) == expected
