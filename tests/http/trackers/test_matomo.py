"""Matomo's clients: requests in the shapes that were seen of them, with values of our own."""

import json
from urllib.parse import urlencode

import pytest

from builders import NOON_MS
from front_house import CHROME
from liveinsight.http.wire import GIF
from trackers_house import MATOMO, matomo, the_event


def test_matomo_page_view(house):
    """Its script: a form without content, all in the query."""
    status, _, body = matomo(
        house,
        action_name="Shoes",
        urlref="https://www.google.com/",
        res="1280x720",
        _id="0123456789abcdef",
        _idn="1",
        cs="windows-1252",
        uadata="{}",
        pf_onl="0",
        pv_id="abc123",
    )
    assert (status, body) == (200, GIF)
    event = the_event(house)
    assert (event.site, event.type, event.page, event.title) == (
        "shop",
        "page_view",
        "/shoes",
        "Shoes",
    )
    assert (event.source, event.screen, event.props) == ("Google", "1280x720", None)


@pytest.mark.parametrize(
    ("params", "name", "props"),
    [
        (
            {"e_c": "Video", "e_a": "Play", "e_n": "Intro", "e_v": "2.5", "ca": "1"},
            "Play",
            {"category": "Video", "name": "Intro", "value": 2.5},
        ),
        (
            {"download": "https://shop.example/a.pdf"},
            "File Download",
            {"url": "https://shop.example/a.pdf"},
        ),
        ({"link": "https://b.example/"}, "Outbound Link: Click", {"url": "https://b.example/"}),
        ({"search": "red", "search_count": "4"}, "Site Search", {"term": "red", "results": 4.0}),
        (
            {"c_n": "Ad", "c_p": "a.jpg", "c_i": "click"},
            "Content: click",
            {"name": "Ad", "piece": "a.jpg"},
        ),
        ({"idgoal": "3", "revenue": "10"}, "Goal 3", {"revenue": 10.0}),
        (
            {"idgoal": "0", "revenue": "99.5", "ec_id": "A1"},
            "Order",
            {"revenue": 99.5, "order": "A1"},
        ),
        ({"idgoal": "0", "revenue": "50", "ec_items": "[]"}, "Cart", {"revenue": 50.0}),
        ({"e_c": "x", "e_a": "session_end"}, "custom session_end", {"category": "x"}),
    ],
)
def test_matomo_actions(house, params, name, props):
    """Each has a name of its own and what is told of it; downloads and links are called as ours."""
    matomo(house, method="GET", path="/piwik.php", **params)
    assert (the_event(house).type, the_event(house).props) == (name, props)


def test_matomo_link_told_as_the_page(house):
    """Servers tell where the link goes as the address too: that is no page of the site."""
    link = "https://b.example/"
    assert matomo(house, url=link, link=link)[0] == 200
    assert (the_event(house).site, the_event(house).hostname) == ("shop", None)


def test_matomo_ping_goes_on_with_the_visit(house):
    """It is no event of its own."""
    matomo(house)
    house.clock.advance(20 * 60_000)
    matomo(house, ping="1")
    assert [event.type for event in house.hot.events] == ["page_view", "engagement"]


def test_matomo_body_and_no_picture(house):
    """A long query comes as a form; 204 where no picture is wanted."""
    body = urlencode({"action_name": "From the body", "send_image": "0"}).encode()
    status, _, answer = matomo(house, body=body)
    assert (status, answer, the_event(house).title) == (204, b"", "From the body")


def test_matomo_bulk(house):
    """Queries in a list; those that are none are counted."""
    queries = [
        "?rec=1&idsite=7",
        "?rec=1&idsite=7&url=https%3A%2F%2F%20",
        f"?{urlencode(MATOMO)}&cdt=-5",
        f"?{urlencode(MATOMO)}",
        "?rec=1&idsite=7&download=https%3A%2F%2Fx.example%2Fa",
        "?rec=0",
        4,
    ]
    body = json.dumps({"requests": queries}).encode()
    answer = house.ask(
        "POST", "/matomo.php", body, content_type="application/x-www-form-urlencoded"
    )
    assert json.loads(answer.body) == {"status": "success", "tracked": 2, "invalid": 5}
    assert len(house.hot.events) == 2


def test_matomo_token_is_a_key(house):
    """With it an address, an agent, a country and a time of others are believed; a wrong one is told."""
    others = {"cip": "168.126.63.1", "ua": CHROME, "cdt": str(NOON_MS // 1000 - 60)}
    matomo(house, token_auth=house.key("server"), country="jp", **others)
    event = the_event(house)
    assert (event.browser, event.country, event.time_ms) == ("Chrome", "JP", NOON_MS - 60_000)
    assert matomo(house, token_auth="x" * 32)[0] == 401


@pytest.mark.parametrize("params", [{"rec": "0"}, {"idsite": ""}, {"url": ""}])
def test_matomo_refusals(any_house, params):
    """Nothing is tracked."""
    assert matomo(any_house, **params)[0] == 400
