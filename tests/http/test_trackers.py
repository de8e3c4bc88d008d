"""Other trackers' clients send what they always sent: requests in the shapes that were seen of them,
with values of our own.
"""

import json
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON_MS
from front_house import BOT, CHROME, House
from liveinsight.domain.site import Site
from liveinsight.http.trackers.door import PATHS
from liveinsight.http.wire import GIF

UUID = "8d0f2f3e-6c63-4a1c-9d0e-0f7c5f0a7a11"
SHOP = Site(id="shop", domains=("shop.example",), aliases=(UUID, "7", "G-SHOP", "stats.example"))
BLOG = Site(id="blog", domains=("blog.example",))


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path, SHOP, BLOG)
    yield made
    made.close()


@pytest.fixture(scope="module")
def any_house(tmp_path_factory):
    """For tests that leave nothing to another."""
    made = House(tmp_path_factory.mktemp("any"), SHOP, BLOG)
    yield made
    made.close()


def told(answer):
    return answer.status, dict(answer.headers), answer.body


def the_event(house):
    (event,) = house.hot.events
    return event


# Plausible


def plausible(house, body, **headers):
    headers = {"content_type": "text/plain"} | headers
    return told(house.ask("POST", "/api/event", json.dumps(body).encode(), **headers))


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


# Umami


def umami(house, payload, kind="event", **headers):
    body = {"payload": payload, "type": kind}
    status, _, answer = told(house.ask("POST", "/api/send", body, **headers))
    return status, json.loads(answer)


VIEW = {
    "website": UUID,
    "hostname": "shop.example",
    "url": "https://shop.example/shoes",
    "title": "Shoes",
    "referrer": "",
    "screen": "1280x720",
    "language": "en-US@posix",
}


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


# GoatCounter


def goatcounter(house, method="POST", referer="https://shop.example/", **params):
    path = f"/count?{urlencode(params)}"
    return told(house.ask(method, path, content_type=b"", referer=referer))


def test_goatcounter_page_view(house):
    """A beacon without a body; the path still has its query, which is told beside it too."""
    status, headers, body = goatcounter(
        house,
        p="/shoes?utm_source=news",
        q="?utm_source=news",
        t="Shoes",
        s="1280,720,2",
        b="0",
        rnd="x",
    )
    assert (status, body, headers[b"content-type"]) == (200, GIF, b"image/gif")
    assert headers[b"cross-origin-resource-policy"] == b"cross-origin"
    event = the_event(house)
    assert (event.site, event.hostname, event.page) == ("shop", "shop.example", "/shoes")
    assert (event.title, event.screen, event.source) == ("Shoes", "1280x720", "news")


def test_goatcounter_event(house):
    """Its name is where the path is."""
    goatcounter(house, p="signup", e="true", t="")
    assert (the_event(house).type, the_event(house).site) == ("signup", "shop")


def test_goatcounter_pages_of_several_sites(tmp_path):
    """The page says whose it is, not the name under which the server is asked."""
    names = {"shop": "shop.example", "blog": "blog.example", "both": "blog.shop.example"}
    house = House(tmp_path, *(Site(id=name, domains=(host,)) for name, host in names.items()))
    for host in names.values():
        house.ask("GET", "/count?p=/a", host="stats.shop.example", referer=f"https://{host}/")
    assert [event.site for event in house.hot.events] == ["shop", "blog", "both"]
    house.close()


def test_goatcounter_events_are_on_no_page(house):
    """A page that they are counted on would have visitors who never saw it; campaigns are in `q`."""
    goatcounter(house, p="signup", e="true")
    assert (the_event(house).page, the_event(house).site) == (None, "shop")
    house.hot.events.clear()
    goatcounter(house, p="/a?id=3", q="?id=3&utm_source=news")
    assert (the_event(house).page, the_event(house).source) == ("/a", "news")


def test_what_only_looks_is_not_counted(house):
    """A browser that fetches ahead, and a HEAD."""
    told(house.ask("GET", "/count?p=/", referer="https://shop.example/", sec_purpose="prefetch"))
    assert house.ask("HEAD", "/count?p=/", referer="https://shop.example/").status == 200
    assert house.hot.events == []


def test_goatcounter_without_referer(house):
    """The site is told by the name under which the server is asked, as there."""
    goatcounter(house, method="GET", referer="", p="/plain")
    assert (the_event(house).site, the_event(house).page) == ("shop", "/plain")


def test_goatcounter_refusals_are_pictures(any_house):
    """With the reason in a header."""
    status, headers, body = goatcounter(any_house, t="no path")
    assert (status, body) == (400, GIF)
    assert headers[b"x-goatcounter"] == b"p is required"


def test_goatcounter_bots_are_not_counted(house):
    """The script found a driver: answered, and no event."""
    assert goatcounter(house, p="/", b="153")[0] == 200
    assert house.hot.events == []


# Matomo

MATOMO = {"idsite": "7", "rec": "1", "url": "https://shop.example/shoes", "rand": "1", "apiv": "1"}


def matomo(house, method="POST", path="/matomo.php", body=b"", headers=None, **params):
    url = f"{path}?{urlencode(MATOMO | params)}"
    form = {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}
    return told(house.ask(method, url, body, **(form | (headers or {}))))


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


# Google Analytics 4


def test_ga4_events(house):
    """From a server: a client id makes the visitor, all else is a property."""
    params = {
        "page_location": "https://shop.example/cart?x=1",
        "page_title": "Cart",
        "session_id": 1234,
        "engagement_time_msec": 0,
        "value": 9.5,
        "currency": "EUR",
        "items": [{"item_id": "A"}],
    }
    sent = {
        "client_id": "1.2",
        "events": [
            {"name": "page_view", "params": {"page_location": "https://shop.example/"}},
            {"name": "purchase", "params": params},
            {"name": "user_engagement", "params": {"engagement_time_msec": "1500"}},
        ],
    }
    answer = house.ask("POST", "/mp/collect?measurement_id=G-SHOP&api_secret=x", sent)
    assert (answer.status, answer.body) == (204, b"")
    view, purchase, engagement = house.hot.events
    assert len({event.visitor for event in house.hot.events}) == 1
    assert (view.type, purchase.type, purchase.page) == ("page_view", "purchase", "/cart")
    assert (purchase.revenue_amount, purchase.props) == ("9.5", {"items": '[{"item_id":"A"}]'})
    assert (engagement.type, engagement.engaged_ms, engagement.site) == ("engagement", 1500, "shop")


def test_ga4_money_is_counted_when_it_is_paid(house):
    """Not at each step towards it; what is given back is less."""
    paid = {"value": 50, "currency": "EUR", "page_location": "https://shop.example/"}
    names = ("view_item", "add_to_cart", "purchase", "refund")
    sent = {"client_id": "1", "events": [*({"name": name, "params": paid} for name in names), {}]}
    house.ask("POST", "/mp/collect?measurement_id=G-SHOP", sent)
    assert [event.revenue_amount for event in house.hot.events] == [None, None, "50", "-50"]
    assert house.hot.events[0].props == {"value": 50, "currency": "EUR"}


def test_ga4_rubbish_is_answered_alike(any_house):
    """Nobody looks at the answer there; what is no JSON object is an error all the same."""
    for body in (b"{}", b'{"client_id": "1", "events": [{"params": {}}]}'):
        assert any_house.ask("POST", "/mp/collect", body).status == 204
    for body in (b"", b"[]", b"["):
        assert any_house.ask("POST", "/mp/collect", body).status == 400


# All of them


def test_a_newcomers_only_site_takes_any(tmp_path):
    """Who changes only the host name has a site that is called something else here."""
    house = House(tmp_path, Site(id="default"))
    page = "https://anything.example/"
    plausible(house, {"n": "pageview", "u": page, "d": "anything.example"})
    umami(house, {"website": "c0ffee00-0000-4000-8000-000000000000", "url": page})
    goatcounter(house, p="/", referer=page)
    matomo(house, idsite="1", url=page)
    assert [(event.site, event.hostname) for event in house.hot.events] == [
        ("default", "anything.example")
    ] * 4
    house.close()


@pytest.mark.parametrize(("method", "path"), [row[:2] for row in PATHS])
def test_preflights_are_answered(any_house, method, path):
    """Umami's script asks before each; what it sends is allowed."""
    status, headers, _ = told(any_house.ask("OPTIONS", path))
    assert status == 204
    assert method.encode() in headers[b"access-control-allow-methods"]
    assert b"X-Umami-Cache" in headers[b"access-control-allow-headers"]


def test_a_site_that_demands_tokens_has_them_of_nobody_else(tmp_path):
    """Other trackers cannot send one."""
    house = House(tmp_path, Site(id="shop", csrf_required=True))
    assert plausible(house, {"n": "pageview", "u": "https://shop.example/"})[0] == 403
    assert house.hot.events == []
    house.close()


NAMES = st.sampled_from(
    [
        "n",
        "u",
        "d",
        "r",
        "p",
        "sd",
        "e",
        "$",
        "revenue",
        "amount",
        "currency",
        "h",
        "website",
        "hostname",
        "url",
        "name",
        "data",
        "id",
        "timestamp",
        "type",
        "payload",
        "lcp",
        "screen",
        "language",
        "tag",
        "client_id",
        "events",
        "params",
        "page_location",
        "value",
        "requests",
    ]
) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=20,
)
QUERIES = st.dictionaries(
    st.sampled_from(
        [
            "p",
            "t",
            "r",
            "e",
            "s",
            "q",
            "b",
            "idsite",
            "rec",
            "url",
            "e_c",
            "e_a",
            "res",
            "cdt",
            "country",
            "lang",
            "link",
            "uid",
        ]
    ),
    st.text(max_size=12) | st.sampled_from(("1", "/", "https://shop.example/", "7")),
    max_size=10,
)


@settings(max_examples=150, deadline=None)
@given(body=JSON, query=QUERIES, row=st.sampled_from(PATHS))
def test_rubbish_is_no_error_of_ours(any_house, body, query, row):
    """Whatever comes, the answer is theirs to mend or to ignore."""
    method, path, *_ = row
    url = f"{path}?{urlencode(query)}"
    answer = any_house.ask(method, url, json.dumps(body).encode() if method == "POST" else b"")
    assert answer.status < 500, answer.body


@pytest.mark.parametrize("amount", ["1E+9999999", "1E-9999999", "9" * 16, "NaN", "-1E+15"])
def test_money_beyond_all_money_is_none(house, amount):
    """Nothing is computed of it; our own interface says so."""
    sent = {"n": "Buy", "u": "https://shop.example/", "$": {"amount": amount, "currency": "EUR"}}
    assert plausible(house, sent)[0] == 202
    assert the_event(house).revenue_amount is None
    ours = {"page_url": "https://shop.example/", "revenue": {"amount": amount, "currency": "EUR"}}
    assert house.ask("POST", "/api/events", ours).status == 400


def test_a_form_is_as_long_as_an_action(any_house):
    """It takes long to read."""
    assert matomo(any_house, body=b"a=%41" * 20_000)[0] == 400


def test_money_is_exact(house):
    """To six decimals, as it is kept."""
    sent = {
        "n": "Buy",
        "u": "https://shop.example/",
        "$": {"amount": 0.1234567891, "currency": "EUR"},
    }
    plausible(house, sent)
    assert Decimal(the_event(house).revenue_amount) == Decimal("0.123457")


DEEP = '{"a":' * 900 + "[" * 50 + "1" + "]" * 50 + "}" * 900


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/event", '{"n":"x","u":"https://shop.example/","p":%s,"$":%s}'),
        ("/api/event", '{"n":%s,"u":%s}'),
        (
            "/api/event",
            '{"n":"x","u":"https://shop.example/","$":{"amount":%s,"currency":"EUR"},"d":%s}',
        ),
        ("/api/send", '{"type":"event","payload":{"url":"/","data":{"revenue":%s,"currency":%s}}}'),
        (
            "/api/send",
            '{"type":"event","payload":{"url":"https://shop.example/","data":%s,"id":%s}}',
        ),
        ("/api/batch", '[{"type":"event","payload":{"url":%s,"name":%s}}]'),
        ("/matomo.php", '{"requests":[{"idsite":%s,"rec":1,"url":%s}]}'),
        ("/mp/collect", '{"client_id":%s,"events":[{"name":"x","params":%s}]}'),
        (
            "/mp/collect",
            '{"client_id":"1","events":[{"name":"x","params":{"session_id":%s,"b":[%s]}}]}',
        ),
    ],
)
def test_deep_values_are_no_error_of_ours(any_house, path, body):
    """As deep as JSON may be here, or as long as a number, at each place where a value is looked at."""
    for deep in (DEEP, "[" * 950 + "]" * 950, '{"":' * 600 + "1" + "}" * 600, "9" * 5000):
        assert any_house.ask("POST", path, (body % (deep, deep)).encode()).status < 500


def test_nested_properties_have_the_names_of_their_paths(house):
    """As far as a name is kept; what has no name is left out."""
    data = {"": 1, "a": {"b": {"c": 1}}, "l": [1, {"x": 2}], "e": "", "n": None, "big": 2**70}
    umami(house, VIEW | {"name": "Deep", "data": data})
    assert the_event(house).props == {"a.b.c": 1, "l": '[1,{"x":2}]', "big": str(2**70)}
