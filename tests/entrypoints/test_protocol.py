"""Which way a request goes, on a transport in memory."""

import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from connection import Memory, turns
from liveinsight.entrypoints.protocol import protocol_for
from liveinsight.http.exchange import Response

POSTED = b"POST /api/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


class Reader:
    """A connection whose short way answers at once and whose ordinary way is noted."""

    def __init__(self):
        self.short = self.ordinary = 0

        def take(_request, tell):
            self.short += 1
            tell(Response(200, (), b"{}"))

        async def app(_scope, receive, send):
            self.ordinary += 1
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})

        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        config.load()
        self.protocol = protocol_for(take)(config, ServerState(), {})
        self.transport = Memory()
        self.protocol.connection_made(self.transport)


def test_who_reads_no_answers_is_waited_for():
    """No answers are heaped up for them: the ordinary way waits until they read again."""
    asyncio.run(unread())


async def unread():
    """A connection whose other end stops reading, and begins again."""
    reader = Reader()
    reader.protocol.data_received(POSTED)
    assert (reader.short, reader.ordinary) == (1, 0)
    heard = len(reader.transport.written)
    reader.protocol.pause_writing()
    reader.protocol.data_received(POSTED * 3)
    await turns()
    assert (reader.short, reader.ordinary) == (1, 1)
    assert len(reader.transport.written) == heard
    reader.protocol.resume_writing()
    await turns(50)
    assert reader.transport.written.count(b"HTTP/1.1 200") == 4
    assert (reader.short, reader.ordinary) == (1, 3)


@pytest.mark.parametrize(
    "request_bytes",
    [
        POSTED.replace(b"POST", b"GET"),
        POSTED.replace(b"/api/events", b"/api/events?x=1"),
        POSTED.replace(b"/api/events", b"/api/other"),
        POSTED.replace(b"Host", b"Connection: close\r\nHost"),
        POSTED.replace(b"Host", b"Expect: 100-continue\r\nHost"),
        POSTED.replace(b"HTTP/1.1", b"HTTP/1.0"),
        POSTED[:-1],
    ],
)
def test_all_but_whole_events_go_the_ordinary_way(request_bytes):
    """Other methods, paths, connections that end, bodies that are still coming."""

    async def sent():
        reader = Reader()
        reader.protocol.data_received(request_bytes)
        await turns()
        return reader.short, reader.ordinary

    assert asyncio.run(sent()) == (0, 1)
