"""An alert's word as it is written."""

import pytest

from liveinsight.adapters.mail.notice import written
from liveinsight.domain.alert import Alert, Notice, Sign
from liveinsight.domain.digest import Row
from liveinsight.domain.letter import Language
from liveinsight.domain.site import Site

SHOP = Site(id="shop", domains=("shop.example",), timezone="Asia/Seoul")
NOON_MS = 1_794_225_600_000  # 2026-11-09, by UTC


def a_notice(visitors, before=None, lists=None, **about):
    alert = Alert(**({"site": "shop", "to": "a@b.example", "visitors": 100} | about))
    return Notice(SHOP, alert, visitors, NOON_MS, before, lists or {})


def test_many():
    """How many, where they are, whence they came, and the way to the live view."""
    lists = {"page": [Row("/sale", 90)], "source": [Row("Direct", 80), Row(None, 2)], "country": []}
    subject, text, html = written(
        a_notice(1200, lists=lists, sign=Sign.MANY), "https://stats.example/"
    )
    assert subject == "shop.example: 1,200 visitors online"
    assert "1,200 visitors online, Nov 9, 2026, 21:00\n" in text
    assert "at least 100 are there at once" in text
    assert "     90  /sale" in text
    assert "     80  Direct" in text
    assert "Countries" not in text
    assert "https://stats.example/?site=shop&view=live\n" in text
    assert "?site=shop&amp;view=live" in html


@pytest.mark.parametrize(
    ("visitors", "before", "hours", "subject", "said"),
    [
        (3, 240, 12, "shop.example: 3 visitors in the last 12 hours", "there were 240 visitors"),
        (1, 1, 1, "shop.example: 1 visitor in the last hour", "it was 1 visitor."),
        (0, None, 2, "shop.example: 0 visitors in the last 2 hours", "If this is no quiet time"),
    ],
)
def test_few(visitors, before, hours, subject, said):
    """How few, how many there were a week before, and where to look."""
    told = written(a_notice(visitors, before, sign=Sign.FEW, hours=hours), "https://stats.example")
    assert told[0] == subject
    assert said in told[1]
    assert "fewer than 100" in told[1]
    assert ("A week before" in told[1]) is (before is not None)
    assert "script may be gone" in told[2]
    assert "?site=shop&view=settings&part=install" in told[1]


def test_in_korean():
    """In the words of who gets it."""
    many = a_notice(120, sign=Sign.MANY, language=Language.KOREAN, lists={"page": [Row("/", 1)]})
    subject, text, _ = written(many, "")
    assert subject == "shop.example: 현재 방문자 120명"
    assert "현재 방문자 120명, 2026년 11월 9일, 21:00\n" in text
    assert "100명 이상" in text
    assert "페이지:" in text
    few = a_notice(3, 240, sign=Sign.FEW, language=Language.KOREAN)
    subject, text, _ = written(few, "")
    assert subject == "shop.example: 지난 12시간 방문자 3명"
    assert "240명" in text
    assert "http" not in text
