"""The files of the dashboard, and what is said where there is none."""

import asyncio

import pytest

from liveinsight.http.assets import Assets
from liveinsight.http.exchange import Request, Response
from liveinsight.http.routes import Front


@pytest.fixture
def front(tmp_path):
    for name in ("dashboard.html", "missing.html"):
        (tmp_path / name).write_text(f"<title>{name}</title>")
    return Front(Assets(tmp_path).routes())


def ask(front, path, accept=b"*/*"):
    answer = asyncio.run(front(Request("GET", path, "", {b"accept": accept})))
    assert isinstance(answer, Response)
    return answer.status, dict(answer.headers), answer.body


BROWSER = b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def test_a_mistyped_address_is_told_on_a_page(front):
    """To who comes for a page; a program has the error that it knows."""
    status, headers, body = ask(front, "/setings", BROWSER)
    assert (status, headers[b"content-type"]) == (404, b"text/html; charset=utf-8")
    assert b"missing.html" in body
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    status, headers, body = ask(front, "/setings")
    assert (status, headers[b"content-type"]) == (404, b"application/json")
    assert b"nothing at this path" in body


def test_what_is_no_file_is_not_there_for_any_method(front):
    """A mistyped path of the interface isn't told to answer GET."""
    answer = asyncio.run(front(Request("POST", "/api/nope", "", {})))
    assert (answer.status, b"allow" in dict(answer.headers)) == (404, False)
    assert asyncio.run(front(Request("POST", "/", "", {}))).status == 405


def test_without_that_page_the_error_is_told(tmp_path):
    """As where the dashboard was not built."""
    status, headers, _ = ask(Front(Assets(tmp_path).routes()), "/", BROWSER)
    assert (status, headers[b"content-type"]) == (404, b"application/json")
    assert ask(Front(Assets(tmp_path).routes()), "/x", BROWSER)[0] == 404


@pytest.mark.parametrize("path", ["/../secret.html", "/a/../../x.js", "/.hidden/x.js", "/x\\y.js"])
def test_nothing_outside_of_the_folder_is_told(front, path):
    """Whatever a path looks like."""
    assert ask(front, path)[0] == 404
