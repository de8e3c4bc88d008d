"""Heads that are known again: whatever comes in whatever packets, it is heard as without them."""

import asyncio
from itertools import cycle

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from connection import Memory, turns
from liveinsight.entrypoints.heads import LONGEST, Heads
from liveinsight.entrypoints.protocol import protocol_for
from liveinsight.http.exchange import Response


def posted(body, head=b"Host: x\r\nContent-Length: %d"):
    """A request's bytes."""
    return b"POST /api/events HTTP/1.1\r\n" + head % len(body) + b"\r\n\r\n" + body


class Listener:
    """A connection that notes what it hears, whichever way it comes."""

    def __init__(self, *, forgets=False):
        self.heard = []
        self.short = 0

        def take(request, tell):
            self.short += 1
            self.heard.append((request.method, request.path, request.headers, request.body))
            tell(Response(200, (), b"{}"))

        async def app(scope, receive, send):
            body = b""
            if (b"x-early", b"1") in scope["headers"]:
                await send({"type": "http.response.start", "status": 413, "headers": []})
                await send({"type": "http.response.body", "body": b"{}"})
                return
            while (message := await receive())["type"] == "http.request":
                body += message["body"]
                if not message["more_body"]:
                    headers = dict(scope["headers"])
                    headers.pop(b"content-length", None)
                    self.heard.append((scope["method"], scope["path"], headers, body))
                    await send({"type": "http.response.start", "status": 200, "headers": []})
                    await send({"type": "http.response.body", "body": b"{}"})
                    return

        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        config.load()
        kind = protocol_for(take)
        if forgets:
            kind.heads.read = lambda _packet: None
        self.protocol = kind(config, ServerState(), {})
        self.transport = Memory()
        self.protocol.connection_made(self.transport)

    async def hear(self, packets, *, waits=(True,)):
        """Each when the ones before were answered, as far as they can be, or at once."""
        for packet, wait in zip(packets, cycle(waits)):
            if self.transport.closed:
                break
            self.protocol.data_received(packet)
            await turns(20 if wait else 0)
        await turns(50)


def heard(packets, waits=(True,), **about):
    async def listening():
        listener = Listener(**about)
        await listener.hear(packets, waits=waits)
        return listener

    return asyncio.run(listening())


SMALL = b"Host: x\r\ncontent-length: %d\r\nUser-Agent: y"
BODIES = (
    b"",
    b"{}",
    b'{"a": 1}',
    b"x" * 12,
    posted(b"{}"),
    b"\r\n\r\n",
    b"Content-Length: 9\r\n\r\n",
)
HEADS = (
    b"Host: x\r\nContent-Length: %d",
    SMALL,
    b"Content-Length: %d\r\nX-Forwarded-For: 203.0.113.7\r\nHost: x",
    b"X-Odd: Content-Length: 3\r\nHost: x\r\nContent-Length: %d",
    b"Host: x\r\nContent-Length: 00%d",
    b"Host: x\r\nContent-Length:%d",
    b"Host: x\r\nContent-Length: %d\r\nExpect: 100-continue",
    b"Host: x\r\nContent-Length: %d\r\nContent-Length: 2",
    b"Host: x\r\nContent-Length: %d\r\nConnection: close",
    b"Host: x\r\nContent-Length: %d\r\nConnection: Upgrade\r\nUpgrade: h2c",
)
OTHERS = (
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /api/query HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /api/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"POST /api/events HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{}",
    b"POST /api/events HTTP/1.1\r\nHost: x\r\nX-Early: 1\r\nContent-Length: 90\r\n\r\n{}",
    b"\r\n",
    b"{}",
)
MESSAGES = st.sampled_from(OTHERS) | st.builds(
    posted, st.sampled_from(BODIES), st.sampled_from(HEADS)
)


@st.composite
def packets(draw):
    """Requests, mostly as they are sent: some cut, some together."""
    found = []
    for message in draw(st.lists(MESSAGES, min_size=1, max_size=12)):
        way = draw(st.sampled_from(("whole", "whole", "whole", "cut", "joined")))
        if way == "joined" and found:
            found[-1] += message
        elif way == "cut":
            place = draw(st.integers(0, len(message)))
            found += [part for part in (message[:place], message[place:]) if part]
        else:
            found.append(message)
    return found


@given(packets(), st.lists(st.booleans(), min_size=1, max_size=5))
def test_it_is_heard_as_without(told, waits):
    """The same requests, bodies and answers, in the same order."""
    told = told * 2
    with_heads, without = heard(told, waits), heard(told, waits, forgets=True)
    assert with_heads.heard == without.heard
    assert with_heads.transport.written == without.transport.written


@pytest.mark.parametrize("head", HEADS[:4])
def test_a_head_is_known_by_all_but_the_length(head, monkeypatch):
    """It is parsed once; one that differs by a byte is another."""
    parsed, parse = [], HttpToolsProtocol.data_received

    def noted(protocol, data):
        parsed.append(data)
        parse(protocol, data)

    monkeypatch.setattr(HttpToolsProtocol, "data_received", noted)
    first, second = posted(b"{}", head), posted(b'{"a": 1}', head)
    other = first.replace(b"Host: x", b"Host: z")
    listener = heard([first, second, other, second])
    assert parsed == [first, other]
    assert [body for *_, body in listener.heard] == [b"{}", b'{"a": 1}', b"{}", b'{"a": 1}']
    assert listener.short == 4


def test_a_body_that_was_answered_before_its_end_is_no_request():
    """Though what comes of it then looks like one whose head is known."""
    known = posted(b"{}")
    early = b"POST /api/events HTTP/1.1\r\nHost: x\r\nX-Early: 1\r\nContent-Length: %d\r\n\r\n"
    told = [known, early % (2 * len(known)), known, known, known]
    listener = heard(told)
    assert [body for *_, body in listener.heard] == [b"{}", b"{}"]
    assert listener.transport.written.count(b"HTTP/1.1") == 3


def test_of_two_in_a_packet_none_is_remembered():
    """The headers of one would be taken for the other's."""
    first, second = posted(b"{}"), posted(b"{}", b"Host: z\r\nContent-Length: %d")
    told = heard([first + second, first, first, second]).heard
    assert [headers[b"host"] for _, _, headers, _ in told] == [b"x", b"z", b"x", b"x", b"z"]


def test_whose_turn_has_not_come_waits():
    """While another is under way, or answers are not read, a known head goes the ordinary way."""
    known, other = posted(b"{}"), OTHERS[0]
    told = heard([known, other, known], [True, False])
    assert [path for _, path, *_ in told.heard] == ["/api/events", "/healthz", "/api/events"]
    assert told.short == 1

    async def unread():
        listener = Listener()
        await listener.hear([known])
        listener.protocol.pause_writing()
        await listener.hear([known])
        short, answers = listener.short, listener.transport.written.count(b"HTTP/1.1")
        listener.protocol.resume_writing()
        await turns(50)
        return short, answers, listener.transport.written.count(b"HTTP/1.1")

    assert asyncio.run(unread()) == (1, 1, 2)


def test_no_more_is_remembered_than_has_room():
    """Neither a long head nor many."""
    heads = Heads(most_bytes=200)
    for number in range(10):
        packet = posted(b"{}", b"Host: %d\r\nContent-Length: %%d" % number)
        heads.remember(packet, {b"host": b"%d" % number}, b"{}")
        assert heads.read(packet) == ({b"host": b"%d" % number}, b"{}")
        assert len(heads._known) <= 4
    long = posted(b"{}", b"Host: x\r\nX-Long: " + b"x" * LONGEST + b"\r\nContent-Length: %d")
    heads.remember(long, {}, b"{}")
    assert heads.read(long) is None
