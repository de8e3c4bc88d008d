"""Umami's clients: requests in the shapes that were seen of them, with values of our own."""

import json

import pytest

from builders import NOON_MS
from front_house import BOT, CHROME
from trackers_house import UUID, VIEW, plausible, the_event, told, umami


def test_umami_page_view(house):
    """Its script sends back what it was given, and wants a text."""
    status, answer = umami(house, VIEW, x_umami_cache="whatever")
    assert status == 200
    assert isinstance(answer["cache"], str)
    assert answer["cache"]
    assert {"sessionId", "visitId"} < answer.keys()
    event = the_event(house)
    assert (event.site, event.type, event.page, event.title) == (
        "shop",
        "page_view",
        "/shoes",
        "Shoes",
    )
    assert (event.screen, event.language, event.source) == ("1280x720", "en-US", "Direct")


def test_umami_custom_event_of_a_server(house):
    """Without address, host and title: the website alone tells whose it is."""
    sent = {
        "website": UUID,
        "name": "Buy",
        "data": {"revenue": 19.99, "currency": "USD", "cart": {"items": 2}},
    }
    assert umami(house, sent, authorization="Bearer of.another.kind")[0] == 200
    event = the_event(house)
    assert (event.site, event.type, event.props["cart.items"]) == ("shop", "Buy", 2)
    assert (event.revenue_amount, event.revenue_currency) == ("19.99", "USD")


def test_umami_path_and_time(house):
    """Servers tell a path beside the host, and seconds."""
    umami(house, VIEW | {"url": "/a?x=1", "timestamp": NOON_MS // 1000 - 60, "referrer": "/before"})
    event = the_event(house)
    assert (event.hostname, event.page, event.time_ms) == ("shop.example", "/a", NOON_MS - 60_000)


@pytest.mark.parametrize(("has_key", "country"), [(True, "KR"), (False, None)])
def test_umami_tells_of_others_only_with_a_key(house, has_key, country):
    """An address in the body can be anybody's; a key of scope `server` is wanted."""
    sent = VIEW | {"ip": "168.126.63.1", "userAgent": CHROME}
    umami(house, sent, **({"x_api_key": house.key("server")} if has_key else {}))
    event = the_event(house)
    assert (event.browser, event.country) == ("Chrome" if has_key else "Firefox", country)


def test_umami_vitals_and_identify(house):
    """Vitals ride on an engagement; who somebody is, is no event, and no vital at all neither."""
    umami(house, VIEW)
    assert (
        umami(house, VIEW | {"lcp": 812, "cls": 0.02, "duration": 12}, kind="performance")[0] == 200
    )
    assert umami(house, VIEW | {"duration": 12}, kind="performance")[0] == 200
    assert umami(house, {"website": UUID, "data": {"plan": "pro"}}, kind="identify")[0] == 200
    view, vitals = house.hot.events
    assert (view.type, vitals.type, vitals.props) == (
        "page_view",
        "engagement",
        {"lcp": 812.0, "cls": 0.02},
    )


def test_umami_bots_beep(any_house):
    """As its servers answer them."""
    assert umami(any_house, VIEW, user_agent=BOT) == (200, {"beep": "boop"})


def test_names_that_mean_something_here_stay_events_of_their_own(house):
    """Somebody's event of that name is no end of a visit, and no page view."""
    umami(house, VIEW | {"name": "engagement"})
    plausible(house, {"n": "page_view", "u": "https://shop.example/", "d": "shop.example"})
    assert [event.type for event in house.hot.events] == ["custom engagement", "custom page_view"]


def test_umami_hash_routes_are_pages(house):
    """Others are places within a page."""
    umami(house, VIEW | {"url": "https://shop.example/app#/cart"})
    umami(house, VIEW | {"url": "https://shop.example/app#prices"})
    assert [event.page for event in house.hot.events] == ["/app#/cart", "/app"]


def test_umami_batch_takes_what_is_good(house):
    """One bad item costs itself."""
    bad = {"type": "event", "payload": VIEW | {"url": ""}}
    sent = [{"type": "event", "payload": VIEW}, bad, {}]
    body = json.loads(house.ask("POST", "/api/batch", json.dumps(sent).encode()).body)
    assert (body["processed"], body["errors"], body["details"][0]["index"]) == (2, 1, 2)
    assert len(house.hot.events) == 1


def test_umami_batch(house):
    """A list of what is sent one by one."""
    sent = [{"type": "event", "payload": VIEW}, {"type": "identify", "payload": {"website": UUID}}]
    status, _, body = told(house.ask("POST", "/api/batch", json.dumps(sent).encode()))
    answer = json.loads(body)
    assert (status, answer["size"], answer["processed"], answer["errors"]) == (200, 2, 2, 0)
    assert len(house.hot.events) == 1


@pytest.mark.parametrize("sent", [{}, {"type": "event"}, {"type": "other", "payload": {}}, []])
def test_umami_refusals(any_house, sent):
    """In its shape."""
    answer = any_house.ask("POST", "/api/send", json.dumps(sent).encode())
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["code"] == "bad-request"
