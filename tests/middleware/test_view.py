import pytest

from liveinsight.middleware.view import is_page, view_of


def a_view(path="/", query="", peer="203.0.113.7", proxies=0, params=(), **headers):
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return view_of(
        lambda name: told.get(name, ""),
        origin="https://shop.example",
        path=path,
        query=query,
        peer=peer,
        proxies=proxies,
        params=frozenset(params),
    )


def test_only_campaign_tags_and_allowed_parameters_leave_the_site():
    """Query strings hold secrets."""
    view = a_view("/find", "token=secret&utm_source=News&q=a+b&gclid=x", params=("q",))
    assert view.page_url == "https://shop.example/find?utm_source=News&q=a+b&gclid=x"
    assert a_view("/find", "token=secret").page_url == "https://shop.example/find"


def test_a_referrer_loses_its_query():
    """It is another page's address, with secrets of its own."""
    assert a_view(referer="https://a.example/x?q=secret").referrer == "https://a.example/x"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.1", "203.0.113.7"),
        (1, "forged, 198.51.100.1", "198.51.100.1"),
        (2, "198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", "198.51.100.1"),
        (1, "", "203.0.113.7"),
    ],
)
def test_only_trusted_proxies_are_believed(proxies, forwarded, expected):
    """What stands further left a visitor may have written."""
    assert a_view(proxies=proxies, x_forwarded_for=forwarded).ip == expected


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({}, True),
        ({"method": "POST"}, False),
        ({"status": 404}, False),
        ({"status": 302}, False),
        ({"content_type": "application/json"}, False),
        ({"sec-purpose": "prefetch;prerender"}, False),
        ({"purpose": "prefetch"}, False),
        ({"sec-fetch-dest": "document"}, True),
        ({"sec-fetch-dest": "empty"}, False),
    ],
)
def test_a_page_is_what_a_person_was_shown(about, expected):
    """No data, no errors, no parts of pages, nothing that is fetched ahead."""
    facts = {"method": "GET", "status": 200, "content_type": "text/html; charset=utf-8"}
    headers = {name: value for name, value in about.items() if name not in facts}
    facts |= {name: value for name, value in about.items() if name in facts}
    assert is_page(lambda name: headers.get(name, ""), **facts) is expected
