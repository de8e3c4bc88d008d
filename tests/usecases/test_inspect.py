"""What is seen in a page: the tracker's tags, and policies that would stop it."""

import pytest

from liveinsight.usecases.inspect import Script, hindered, trackers_in

PAGE = "https://shop.example/de/"
OURS = Script("https://stats.example/js/li.js", "shop", "https://stats.example/api/events")


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<script defer src="https://stats.example/js/li.js" data-site="shop"></script>', OURS),
        ("<SCRIPT SRC='//stats.example/js/li.js' DATA-SITE=shop async>", OURS),
        (
            '<base href="https://stats.example/"><script src="js/li.js" data-site="shop">',
            OURS,
        ),
        (
            '<script src="/a.js" data-site="shop" data-api="/in"></script>',
            Script("https://shop.example/a.js", "shop", "https://shop.example/in"),
        ),
        (
            '<script src="/js/li.plus.js">',
            Script("https://shop.example/js/li.plus.js", None, "https://shop.example/api/events"),
        ),
    ],
)
def test_the_tag_is_found_however_it_is_written(html, found):
    """By its name or by its attributes, in any case, with or without quotes."""
    assert trackers_in(f"<!doctype html><p>1 < 2 {html}", PAGE)[0] == [found]


@pytest.mark.parametrize(
    "html",
    ["", "<p>/js/li.js", '<script>"/js/li.js"</script>', '<script src="/js/other.js">', "<!-- <"],
)
def test_what_is_no_tag_is_not_found(html):
    """Text, inline scripts, others' scripts."""
    assert trackers_in(html, PAGE) == ([], [])


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "img-src 'none'",
        "default-src https:",
        "default-src *",
        "default-src 'self' stats.example",
        "default-src 'none'; script-src https://stats.example; connect-src *.example",
        "default-src 'none'; script-src https://stats.example/js/; connect-src http://stats.example",
        "script-src 'nonce-abc'; CONNECT-SRC https://stats.example/api/events",
    ],
)
def test_a_policy_that_lets_it_through(policy):
    """Nothing is said of it."""
    assert hindered([policy], OURS, PAGE) == {}


@pytest.mark.parametrize(
    ("policy", "directives"),
    [
        ("default-src 'self'", {"script-src", "connect-src"}),
        ("default-src 'none'", {"script-src", "connect-src"}),
        ("script-src 'self'", {"script-src"}),
        ("default-src *; connect-src 'self'", {"connect-src"}),
        ("script-src *.stats.example https://other.example:8443", {"script-src"}),
        ("script-src https://stats.example/js/other.js", {"script-src"}),
    ],
)
def test_a_policy_that_stops_it(policy, directives):
    """The directive is named."""
    assert hindered(["", policy], OURS, PAGE).keys() == directives


def test_a_page_states_policies_itself():
    """In a meta element."""
    html = "<meta http-equiv=Content-Security-Policy content=\"script-src 'self'\">"
    assert trackers_in(html, PAGE)[1] == ["script-src 'self'"]
