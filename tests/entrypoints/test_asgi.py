"""The server's skin: bodies within their limit and time, and HEAD."""

import asyncio
import json

import pytest

from front_house import House, a_view
from liveinsight.domain.site import Site
from liveinsight.entrypoints import asgi
from liveinsight.http.wire import MAX_BODY_BYTES


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path, Site(id="shop", public=True))
    yield made
    made.close()


def asked(house, method, path, *parts, headers=()):
    """What the server sends; `None` at the end of the parts is silence."""
    sent = []
    last = len(parts) - 1
    messages = [
        {"type": "http.request", "body": part, "more_body": number < last or part is None}
        for number, part in enumerate(parts)
        if part is not None
    ]

    async def receive():
        if messages:
            return messages.pop(0)
        if parts[-1] is None:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"user-agent", b"Mozilla/5.0 Firefox/148.0"), *headers],
        "client": ("203.0.113.7", 4711),
    }
    asyncio.run(asgi.App(house.front)(scope, receive, send))
    return sent


def test_a_body_in_pieces_is_one_body(house):
    """However it arrives."""
    body = json.dumps(a_view()).encode()
    start, whole = asked(house, "POST", "/api/events", body[:5], body[5:20], body[20:])
    assert start["status"] == 200
    assert json.loads(whole["body"])["data"]["processed_events"] == 1
    assert (b"content-length", b"%d" % len(whole["body"])) in start["headers"]


@pytest.mark.parametrize("headers", [(), ((b"content-length", b"%d" % (MAX_BODY_BYTES + 1)),)])
def test_a_body_over_the_limit_is_413(house, headers):
    """By what it says it has, or by what came."""
    half = b" " * (MAX_BODY_BYTES // 2 + 1)
    start, _ = asked(house, "POST", "/api/events", half, half, headers=headers)
    assert start["status"] == 413
    assert not house.hot.events


def test_a_body_that_never_ends_is_408(house, monkeypatch):
    """Nobody holds a connection for ever, and it is no failure of the server."""
    monkeypatch.setattr(asgi, "SLOWEST_BODY_S", 0.01)
    start, told = asked(house, "POST", "/api/events", b"{", b"", None)
    assert start["status"] == 408
    assert json.loads(told["body"])["status"] == "error"


def test_head_tells_no_body_and_never_streams(house):
    """The headers are those of GET; a stream asked for by HEAD ends at once."""
    for accept in (b"application/json", b"text/event-stream"):
        start, end = asked(house, "HEAD", "/api/realtime", b"", headers=((b"accept", accept),))
        assert (start["status"], end["body"], end.get("more_body")) == (200, b"", None)
        assert dict(start["headers"])[b"content-type"].startswith(accept)
    assert house.live.streams == 0
