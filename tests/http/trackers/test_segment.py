"""Segment's sources: messages in the shapes that were seen of them, with values of our own."""

import base64
import gzip
import json

import pytest

from builders import NOON_MS
from front_house import CHROME
from liveinsight.domain.key import Scope
from trackers_house import told

NOW, SOON = "2026-01-15T12:00:00.000Z", "2026-01-15T13:00:00.500Z"
BROWSER = {
    "ip": "203.0.113.9",
    "userAgent": CHROME,
    "locale": "ko-KR",
    "page": {
        "path": "/shoes",
        "referrer": "https://news.example/",
        "search": "?utm_source=z",
        "title": "Shoes",
        "url": "https://shop.example/shoes?utm_source=z",
    },
    "campaign": {"name": "spring", "source": "z"},
    "screen": {"width": 1280, "height": 720, "density": 2},
    "library": {"name": "analytics.js", "version": "npm:next-1.84.3"},
}


def basic(key="WRITEKEY"):
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def segment(house, path, body, key="WRITEKEY", **headers):
    headers = {"content_type": "text/plain", "authorization": basic(key)} | headers
    body = json.dumps(body).encode() if isinstance(body, dict) else body
    return told(house.ask("POST", f"/v1/{path}", body, **headers))


def test_a_page_of_its_script_in_browsers(house):
    """One message at `/v1/p`, as text."""
    properties = BROWSER["page"] | {"plan": "pro"}
    message = {
        "type": "page",
        "anonymousId": "a1",
        "userId": "u1",
        "messageId": "ajs-next-" + "0" * 60,
        "timestamp": "",
        "writeKey": "WRITEKEY",
        "properties": properties,
        "context": BROWSER,
        "category": "Goods",
    }
    status, headers, body = segment(house, "p", message)
    assert (status, body) == (200, b'{"success":true}')
    assert headers[b"access-control-allow-origin"] == b"*"
    (event,) = house.hot.events
    assert (event.site, event.type, event.page, event.title) == (
        "shop",
        "page_view",
        "/shoes",
        "Shoes",
    )
    assert (event.utm_source, event.utm_campaign, event.screen) == ("z", "spring", "1280x720")
    assert (event.language, event.props) == ("ko-KR", {"category": "Goods", "plan": "pro"})


def test_a_batch_of_a_server(house):
    """Packed, under a key of the site: its users, at the time and with the agent that it tells."""
    key = house.key(Scope.SERVER, site="shop")
    messages = [
        {
            "type": "page",
            "name": "Home",
            "anonymousId": None,
            "userId": "u1",
            "timestamp": "2026-01-15T11:00:00.500+00:00",
            "messageId": "m1",
            "properties": {"url": "https://shop.example/y"},
            "context": {"ip": "168.126.63.1", "userAgent": CHROME},
        },
        {"type": "track", "event": "Signed Up", "userId": "u1", "properties": {"plan": "pro"}},
        {"type": "identify", "userId": "u1", "traits": {"email": "x@y.example"}},
        {"type": "screen", "name": "Welcome", "userId": "u1"},
        {"type": "track", "userId": "u1"},
        "rubbish",
    ]
    sent = {"batch": messages, "writeKey": key, "sentAt": NOW, "context": {"locale": "de"}}
    packed = gzip.compress(json.dumps(sent).encode())
    answer = segment(
        house, "batch", packed, key, content_encoding="gzip", user_agent="analytics-python/2.4.0"
    )
    assert answer[0] == 200
    page, track, screen = house.hot.events
    assert (page.title, page.browser, page.country) == ("Home", "Chrome", "KR")
    assert (track.type, track.props, track.aside) == ("Signed Up", {"plan": "pro"}, None)
    assert (screen.type, screen.title, screen.page) == ("page_view", "Welcome", "/Welcome")
    assert len({event.visitor for event in house.hot.events}) == 1
    assert {event.language for event in house.hot.events} == {"de"}


def test_a_screen_of_an_app_is_a_page_by_its_name(house):
    """On the host of the site that the write key names."""
    message = {"type": "screen", "name": "Welcome", "anonymousId": "a", "writeKey": "WRITEKEY"}
    segment(house, "screen", message, user_agent=CHROME)
    (event,) = house.hot.events
    assert (event.type, event.hostname, event.page) == ("page_view", "shop.example", "/Welcome")


def test_a_message_that_is_sent_again_is_one_event(house):
    """By its id; clients send again what was not answered."""
    message = {"type": "track", "event": "Buy", "anonymousId": "a", "messageId": "m-1"}
    for _ in range(2):
        segment(house, "t", message | {"context": BROWSER})
    assert len(house.hot.events) == 1


def test_a_clock_that_is_wrong_is_told_by_when_it_sent(house):
    """True time is now, less what lies between the message and its sending."""
    message = {"type": "track", "event": "Buy", "anonymousId": "a", "context": BROWSER}
    times = {"timestamp": "2031-05-05T10:00:00.000Z", "sentAt": "2031-05-05T10:01:00Z"}
    segment(house, "t", message | times)
    assert house.hot.events[0].time_ms == NOON_MS - 60_000


@pytest.mark.parametrize(
    ("name", "properties", "amount"),
    [
        ("Order Completed", {"revenue": 25.0, "total": 27.5}, "25"),
        ("Order Completed", {"total": "27.50"}, "27.5"),
        ("Order Refunded", {"total": 30}, "-30"),
        ("Checkout Started", {"revenue": 25.0}, None),
        ("Upgraded", {"revenue": 9}, "9"),
        ("Cart Viewed", {"total": 9}, None),
    ],
)
def test_money_is_counted_when_it_is_paid(house, name, properties, amount):
    """Not at each step towards it; what is given back is less."""
    properties = properties | {"currency": "EUR"}
    message = {"type": "track", "event": name, "anonymousId": "a", "context": BROWSER}
    segment(house, "track", message | {"properties": properties})
    (event,) = house.hot.events
    assert event.revenue_amount == amount
    assert ("currency" in (event.props or {})) == (amount is None)


def test_a_refund_is_exact(house):
    """Money is never a float on its way."""
    properties = {"total": "123456789012.123456", "currency": "EUR"}
    message = {"type": "track", "event": "Order Refunded", "anonymousId": "a", "context": BROWSER}
    segment(house, "track", message | {"properties": properties})
    assert house.hot.events[0].revenue_amount == "-123456789012.123456"


def test_a_write_key_names_the_site_however_it_comes(house):
    """By Basic, as bearer, or in the body."""
    message = {"type": "track", "event": "Buy", "anonymousId": "a"}
    for about, body in (
        ({"authorization": basic()}, message),
        ({"authorization": "Bearer WRITEKEY"}, message),
        ({"authorization": ""}, message | {"writeKey": "WRITEKEY"}),
    ):
        assert segment(house, "track", body, user_agent=CHROME, **about)[0] == 200
    assert [event.site for event in house.hot.events] == ["shop"] * 3
    key = house.key(Scope.SERVER, site="blog")
    segment(house, "track", message, authorization=f"Bearer {key}")
    assert house.hot.events[-1].site == "blog"


def test_where_a_servers_user_is_is_not_where_the_server_is(house):
    """Without an address nothing is known."""
    message = {"type": "page", "userId": "u", "properties": {"url": "https://shop.example/"}}
    segment(house, "page", message, house.key(Scope.SERVER), peer="168.126.63.1")
    assert house.hot.events[0].country is None


def test_what_is_shared_is_looked_at_once(house):
    """A context as large as a body may be, for as many messages as there may be."""
    shared = {"page": {f"k{n}": n for n in range(15_000)}} | {f"k{n}": n for n in range(15_000)}
    messages = [{"type": "track", "event": "x", "userId": "u"}] * 2500
    shared |= {"ip": "1" * 50_000, "userAgent": " " * 50_000, "locale": "x" * 50_000}
    shared["screen"] = {"width": [0] * 50_000, "height": "9" * 50_000}
    assert segment(house, "batch", {"batch": messages, "context": shared})[0] == 200
    assert house.hot.events[0].screen is None


def test_who_somebody_is_counts_nothing(any_house):
    """Answered as there; nor does what its script measures of itself."""
    for path, kind in (("i", "identify"), ("group", "group"), ("a", "alias"), ("m", None)):
        assert segment(any_house, path, {"type": kind, "userId": "u"})[0] == 200
    assert any_house.hot.events == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"batch": 1}', b'{"type": "track"}'])
def test_what_is_no_message_is_refused(any_house, body):
    """In words."""
    status, _, answer = segment(any_house, "batch", body)
    assert status == 400
    assert json.loads(answer)["success"] is False


def test_a_key_that_is_none_of_ours_names_a_site_at_most(house):
    """Another's write key is no secret and no error: the page's host decides."""
    message = {"type": "page", "anonymousId": "a", "context": BROWSER, "writeKey": "theirs"}
    assert segment(house, "page", message, "theirs", user_agent=CHROME)[0] == 200
    assert house.hot.events[0].site == "shop"
    assert segment(house, "page", message, "li_unknown")[0] == 401
    for strange in ("Basic %%%", "Basic \xe9", "Bearer x", "Basic"):
        assert segment(house, "page", message, authorization=strange)[0] == 200
