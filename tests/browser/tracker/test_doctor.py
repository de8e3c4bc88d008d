"""The install doctor, asked of the real server after a real browser and the site's server came."""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from liveinsight.domain.event import PAGE_VIEW
from liveinsight.middleware import Sender, View


def test_the_doctor_tells_what_it_saw(home, site, page, server_key):
    """Script, hosts, clock, and who got a page but never ran the script."""
    site.pages["/"] = home.page()
    page.goto(site.url())
    home.wait(page, PAGE_VIEW)
    agent = page.evaluate("navigator.userAgent")
    sender = Sender(home.url, server_key, site="default", beside_script=True)
    sender.view(View(site.url(), ip="127.0.0.1", user_agent=agent))
    sender.view(View(site.url(), ip="203.0.113.9", user_agent=agent))
    sender.close()
    assert sender.dropped == 0

    asked = Request(f"{home.url}/api/doctor?site=default", headers={"X-API-Key": server_key})
    with urlopen(asked) as answer:
        told = json.load(answer)["data"]
    assert told["script"]["seen"]
    assert {"host": "shop.example", "allowed": True}.items() <= told["script"]["hosts"][0].items()
    assert abs(told["clock"]["median_skew_ms"]) < 10_000
    assert (told["middleware"]["visitors"], told["middleware"]["blocked"]) == (2, 1)
    assert told["findings"] == []
    home.wait(page, PAGE_VIEW)


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}])
def test_the_doctor_tells_nobody_else(home, headers):
    """How a site is installed is its owner's business."""
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{home.url}/api/doctor", headers=headers))
    with refused.value as error:
        assert error.code == 401
