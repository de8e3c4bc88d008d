"""What holds for all other trackers' clients."""

import json
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from front_house import House
from liveinsight.domain.site import Site
from liveinsight.http.trackers.door import PATHS
from trackers_house import VIEW, goatcounter, matomo, plausible, the_event, told, umami


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
