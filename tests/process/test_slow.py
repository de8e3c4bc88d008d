"""Those who hold connections and do not ask, or do not read: others are served meanwhile, and they
are let go.
"""

import asyncio
import resource
import socket
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl

from liveinsight.entrypoints import asgi, protocol, server
from liveinsight.http.exchange import Response, Stream
from served import Served

MANY = 2_000  # 10,000 were tried too
ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POSTED = b"POST /api/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
HALF = b"POST /api/events HTTP/1.1\r\nHost: shop.example\r\nContent-Le"


def test_thousands_of_slow_connections_hold_nobody_up(tmp_path):
    """Half a head each: the others are answered, events are kept, and stopping does not wait."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < MANY + 500:
        pytest.skip(f"this machine lets a process have {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    slow = []
    try:
        with Served(tmp_path) as running:
            for _ in range(MANY):
                slow.append(socket.create_connection(("127.0.0.1", running.port)))
                slow[-1].sendall(HALF)
            for number in range(20):
                assert running.send(f"e{number}") == 200
            assert running.ask("GET", "/healthz")[0] == 200
            assert running.stop() == 0
    finally:
        for connection in slow:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@asynccontextmanager
async def served(app, keep_alive_s=75):
    """The application on our server, which looks for slow ones often; its address."""
    listening = server._listen("127.0.0.1", 0)
    config = uvicorn.Config(
        app,
        http=protocol.protocol_for(lambda _, tell: tell(Response(200, ()))),
        lifespan="off",
        log_config=None,
        timeout_keep_alive=keep_alive_s,
    )
    serving = server._Server(config, lambda: None)
    running = asyncio.create_task(serving.serve(sockets=[listening]))
    looking = asyncio.create_task(server._let_go_of_slow(serving))
    yield listening.getsockname()
    serving.should_exit = True
    looking.cancel()
    await running
    listening.close()


@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half a head"])
def test_who_never_asks_is_let_go(monkeypatch, sent):
    """After the time for a head; who asked and keeps the connection is not."""
    monkeypatch.setattr(protocol, "SLOWEST_HEAD_S", 0.3)
    monkeypatch.setattr(server, "LOOK_EVERY_S", 0.05)

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def scene():
        async with served(app) as address:
            good_reader, good = await asyncio.open_connection(*address)
            reader, writer = await asyncio.open_connection(*address)
            good.write(ASKED)
            assert b"204" in await good_reader.readline()
            writer.write(sent)
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            good.write(ASKED)
            assert b"204" in (await good_reader.readuntil(b"204"))
            for one in (good, writer):
                one.close()

    asyncio.run(scene())


@pytest.mark.parametrize("asked", [ASKED, POSTED], ids=["a page", "events"])
def test_who_asks_no_more_is_let_go(monkeypatch, asked):
    """After the time for which a connection is kept, and not while something is asked."""
    monkeypatch.setattr(server, "LOOK_EVERY_S", 0.05)
    done = asyncio.Event()

    async def app(scope, receive, send):
        if scope["path"] == "/slow":
            await done.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def scene():
        async with served(app, keep_alive_s=0.3) as address:
            slow_reader, slow = await asyncio.open_connection(*address)
            reader, writer = await asyncio.open_connection(*address)
            slow.write(ASKED.replace(b"/", b"/slow", 1))
            writer.write(asked)
            assert b"200" in await reader.readline()
            with suppress(ConnectionResetError):
                await reader.read()  # to its end: it is closed
            done.set()
            assert b"200" in await slow_reader.readline()
            for one in (slow, writer):
                one.close()

    asyncio.run(scene())


def test_who_still_reads_an_answer_need_not_ask(monkeypatch):
    """One that takes longer than a connection is kept comes whole to who goes on reading it."""
    monkeypatch.setattr(server, "LOOK_EVERY_S", 0.05)
    long = b"x" * 8_000_000

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": long})

    async def scene():
        async with served(app, keep_alive_s=0.2) as address:
            reader, writer = await asyncio.open_connection(*address, limit=65_536)
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            writer.write_eof()
            read = 0
            while part := await reader.read(100_000):
                read += len(part)
                await asyncio.sleep(0.01)
            assert read > len(long)
            writer.close()

    asyncio.run(scene())


class Unread:
    """What is on its way to a reader, and a loop whose clock is turned by hand."""

    def __init__(self):
        self.now = self.left = 0
        self.is_gone = False

    def time(self):
        return self.now

    def get_write_buffer_size(self):
        return self.left

    def abort(self):
        self.is_gone = True

    def resume_reading(self):
        """Nothing was paused."""


def test_who_reads_slowly_gets_it_all():
    """An answer may take any time, as long as some of it is taken now and then."""
    unread = Unread()
    connection = protocol.LimitedProtocol.__new__(protocol.LimitedProtocol)
    connection.loop, connection.transport, connection.flow = unread, unread, FlowControl(unread)
    unread.left = 1000
    for unread.now in range(0, 1000, 20):
        unread.left -= 1
        connection.let_go_if_slow(unread.now)
    assert not unread.is_gone
    unread.left += 500  # more is sent, nothing is taken
    for unread.now in range(1000, 1030, 5):
        connection.let_go_if_slow(unread.now)
    assert unread.is_gone


def test_who_never_reads_is_let_go(monkeypatch):
    """What is sent to them would be gathered for ever; others are sent to meanwhile."""
    monkeypatch.setattr(protocol, "SLOWEST_READ_S", 0.3)
    monkeypatch.setattr(server, "LOOK_EVERY_S", 0.05)
    left = []

    async def app(scope, receive, send):
        async def chunks():
            while True:
                yield bytes(100_000)
                await asyncio.sleep(0.01)

        try:
            await asgi._send_stream(Stream(200, (), chunks()), receive, send)
        finally:
            left.append(scope["path"])

    async def scene():
        async with served(app) as address:
            good_reader, good = await asyncio.open_connection(*address)
            _, deaf = await asyncio.open_connection(*address, limit=1000)
            good.write(ASKED.replace(b"/", b"/good", 1))
            deaf.write(ASKED.replace(b"/", b"/deaf", 1))
            heard = 0
            while not left and heard < 10**9:
                heard += len(await good_reader.read(200_000))
            assert left == ["/deaf"]
            for one in (good, deaf):
                one.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 10\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 10\r\n",
        b"Content-Length: 10\r\nContent-Length: 20\r\n",
        b"Content-Length: +10\r\n",
        b"Content-Length: 1e1\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"X: a\rGET /b HTTP/1.1\r\n",
        b"Content-Length\x00: 10\r\n",
        b" Content-Length: 10\r\n",
    ],
)
def test_what_two_servers_could_read_differently_is_refused(running, head):
    """A proxy before us may see another end of the request: nothing after it is taken for a second
    one (RFC 9112, 6.3 and 11.2).
    """
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    said = b""
    with (
        socket.create_connection(("127.0.0.1", running.port), timeout=60) as sender,
        suppress(OSError),  # it may have let go before all was said
    ):
        sender.sendall(b"POST /api/events HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
        sender.sendall(b"0\r\n\r\n" + smuggled)
        sender.shutdown(socket.SHUT_WR)
        while part := sender.recv(65536):
            said += part
    assert b"200 OK" not in said
    assert said.count(b"HTTP/1.1 ") <= 1
    assert running.ask("GET", "/healthz")[0] == 200


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Served(tmp_path_factory.mktemp("smuggled")) as server:
        yield server
