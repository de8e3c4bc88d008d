"""When a word is said, and when it is not said again."""

import pytest

from liveinsight.domain.alert import REST_MS, Alert, Sign

NOW_MS = 1_794_182_400_000


def an_alert(**about):
    return Alert(
        **({"site": "shop", "to": "a@b.example", "sign": Sign.MANY, "visitors": 10} | about)
    )


@pytest.mark.parametrize(
    ("sign", "visitors", "given"),
    [
        (Sign.MANY, 9, False),
        (Sign.MANY, 10, True),
        (Sign.FEW, 10, False),
        (Sign.FEW, 9, True),
        (Sign.FEW, 0, True),
    ],
)
def test_what_it_is_about(sign, visitors, given):
    """Many are at least so many, few are fewer."""
    assert an_alert(sign=sign).is_given(visitors) is given


@pytest.mark.parametrize(
    ("is_armed", "sent_ms", "may"),
    [
        (False, None, False),
        (True, None, True),
        (True, NOW_MS - REST_MS, True),
        (True, NOW_MS - REST_MS + 1, False),
        (False, NOW_MS - 10 * REST_MS, False),
    ],
)
def test_when_it_may_be_told(is_armed, sent_ms, may):
    """Not before it was once over, nor soon after the last time."""
    assert an_alert(is_armed=is_armed, sent_ms=sent_ms).may_tell(NOW_MS) is may
