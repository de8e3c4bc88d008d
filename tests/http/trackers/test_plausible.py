"""Plausible's clients: requests in the shapes that were seen of them, with values of our own."""

import json

import pytest

from front_house import BOT
from trackers_house import plausible, the_event


def test_plausible_page_view(house):
    """Its script: text/plain, a referrer that is null, the domain always."""
    sent = {"n": "pageview", "v": 36, "u": "https://www.shop.example/shoes?utm_source=news"}
    status, headers, body = plausible(house, sent | {"d": "shop.example", "r": None})
    assert (status, body) == (202, b"ok")
    assert headers[b"access-control-allow-origin"] == b"*"
    assert b"x-plausible-dropped" not in headers
    event = the_event(house)
    assert (event.site, event.type, event.hostname, event.page, event.source) == (
        "shop",
        "page_view",
        "www.shop.example",
        "/shoes",
        "news",
    )


@pytest.mark.parametrize(
    ("sent", "props"),
    [
        ({"p": {"plan": "pro", "seats": 3, "trial": True}}, ("pro", "3", "true")),
        (
            {"p": '{"plan": "pro", "seats": 3, "trial": true}', "w": 1280, "h": 0},
            ("pro", "3", "true"),
        ),
        ({"props": {"plan": "pro", "seats": 3, "trial": True}, "w": 0}, ("pro", "3", "true")),
    ],
)
def test_plausible_custom_event(house, sent, props):
    """Properties as an object or as JSON in JSON; all are texts."""
    sent = {"n": "Signup", "u": "https://shop.example/#plan", "d": "shop.example"} | sent
    assert plausible(house, sent)[0] == 202
    event = the_event(house)
    assert (event.type, event.page) == ("Signup", "/")
    assert tuple(event.props[name] for name in ("plan", "seats", "trial")) == props


@pytest.mark.parametrize(
    ("revenue", "kept"),
    [
        ({"$": {"amount": 9.5, "currency": "EUR"}}, ("9.5", "EUR")),
        ({"revenue": '{"amount": "1200", "currency": "krw"}'}, ("1200", "KRW")),
        ({"$": {"amount": "much", "currency": "EUR"}}, (None, None)),
        ({"$": {"amount": 9.5, "currency": "euro"}}, (None, None)),
        ({"$": "no json"}, (None, None)),
    ],
)
def test_plausible_revenue(house, revenue, kept):
    """Bad money costs the money, not the event."""
    sent = {"n": "Buy", "u": "https://shop.example/", "d": "shop.example"} | revenue
    assert plausible(house, sent)[0] == 202
    event = the_event(house)
    assert (event.revenue_amount, event.revenue_currency) == kept


def test_plausible_engagement(house):
    """Of a page that was seen; null beside a number is no error."""
    page = {"u": "https://shop.example/a", "d": "shop.example"}
    plausible(house, {"n": "pageview"} | page)
    assert (
        plausible(house, {"n": "engagement", "sd": 70, "e": 2500, "v": 36, "p": {}} | page)[0]
        == 202
    )
    assert plausible(house, {"n": "engagement", "sd": None, "e": 712} | page)[0] == 202
    assert [(e.engaged_ms, e.scroll_depth) for e in house.hot.events[1:]] == [
        (2500, 70),
        (712, None),
    ]


def test_plausible_names_several_sites(house):
    """Each once; those that are none here are left out, and where all are the page's host decides."""
    sent = {"n": "pageview", "u": "https://shop.example/"}
    plausible(house, sent | {"d": "www.shop.example,rollup.example, shop.example"})
    assert [event.site for event in house.hot.events] == ["shop"]
    plausible(house, sent | {"d": "one.example,two.example"})
    assert [event.site for event in house.hot.events] == ["shop"] * 2


def test_plausible_asks_how_it_would_be_counted(house):
    """And nothing is."""
    sent = {"n": "pageview", "u": "https://shop.example/", "d": "shop.example"}
    assert plausible(house, sent, x_debug_request="true")[0] == 200
    assert house.hot.events == []


def test_plausible_hash_routes_are_pages(house):
    """With `h` the fragment is a part of the path."""
    plausible(house, {"n": "pageview", "u": "https://shop.example/app?x=1#/cart", "h": 1})
    assert the_event(house).page == "/app#/cart"


def test_plausible_hears_what_was_dropped(house):
    """It is `ok` all the same, with the number beside it: a bot, and a site that is none here."""
    sent = {"n": "pageview", "u": "https://elsewhere.example/", "d": "elsewhere.example"}
    status, headers, body = plausible(house, sent)
    assert (status, body, headers[b"x-plausible-dropped"]) == (202, b"ok", b"1")
    sent = {"n": "pageview", "u": "https://shop.example/", "d": "shop.example"}
    assert plausible(house, sent, user_agent=BOT)[1][b"x-plausible-dropped"] == b"1"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ([], "request"),
        ({"u": "https://shop.example/"}, "event_name"),
        ({"n": "x" * 121, "u": "https://shop.example/"}, "event_name"),
        ({"n": "pageview"}, "url"),
        ({"n": "pageview", "u": "data:text/html,x"}, "url"),
        ({"n": "pageview", "u": "https://shop.example/", "d": ""}, "domain"),
        ({"n": "engagement", "u": "https://shop.example/"}, "engagement"),
        ({"n": "engagement", "u": "https://shop.example/", "sd": -1, "e": "x"}, "engagement"),
    ],
)
def test_plausible_refusals_name_the_field(any_house, sent, field):
    """As its servers do."""
    status, _, body = plausible(any_house, sent)
    assert (status, list(json.loads(body)["errors"])) == (400, [field])


def test_plausible_of_an_app(house):
    """From a server for an app: JSON, a scheme of its own, an address told by a proxy."""
    sent = {"name": "pageview", "url": "app://localhost/home?utm_source=app", "domain": "shop"}
    assert plausible(house, sent, content_type="application/json")[0] == 202
    assert (the_event(house).page, the_event(house).source) == ("/home", "app")


@pytest.mark.parametrize(("has_key", "country"), [(True, "KR"), (False, None)])
def test_plausible_servers_tell_of_others_with_a_key(house, has_key, country):
    """By headers; without a key nobody believes them."""
    sent = {"n": "pageview", "u": "https://shop.example/", "d": "shop.example"}
    key = {"authorization": f"Bearer {house.key('server')}"} if has_key else {}
    plausible(house, sent, x_forwarded_for="168.126.63.1, 10.0.0.1", **key)
    assert the_event(house).country == country
