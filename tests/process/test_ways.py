"""The short way of posted events and the ordinary one: what arrives whole and what arrives in
pieces gets the same answers, byte for byte, in the order in which it was asked.
"""

import json
import re
import signal
import socket
from contextlib import ExitStack, suppress

import pytest

from liveinsight.domain.visitor import fingerprint
from served import AGENT, Served, kept_ids

VIEW = {"page_url": "https://shop.example/"}
FAR_TOO_MUCH = 100_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the server keeps what it was told."""
    return tmp_path_factory.mktemp("ways")


@pytest.fixture(scope="module")
def server(folder):
    """A server for all of these."""
    with Served(folder, LIVEINSIGHT_RATE_LIMIT_PER_MINUTE="0") as running:
        yield running


def posted(body, *headers, version="1.1"):
    """A request's head and body."""
    lines = (
        f"POST /api/events HTTP/{version}",
        "Host: shop.example",
        f"User-Agent: {AGENT}",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n", body


def view(event_id):
    """The body of a page view."""
    return json.dumps(VIEW | {"event_id": event_id}).encode()


def answers(reader, number):
    """So many answers, each its head without the date and its body."""
    told = []
    for _ in range(number):
        head = b"".join(iter(reader.readline, b"\r\n"))
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        told.append((re.sub(rb"date: .*\r\n", b"", head), reader.read(length)))
    return told


def ask(server, *parts, number=1):
    """The answers to what is sent in these parts, with a word from the server between them."""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender,
        sender.makefile("rb") as reader,
    ):
        sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            sender.sendall(part)
            assert server.ask("GET", "/healthz")[0] == 200  # by now the part was read
        return answers(reader, number)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (view("same"), ("Content-Type: application/json",), 200),
        (view("same"), (), 200),
        (b'{"events": []}', (), 400),
        (b"{not json", (), 400),
        (b"\xff", (), 400),
        (b"", (), 400),
        (view("same"), ("Content-Type: text/html",), 415),
        (view("same"), ("X-API-Key: unknown",), 401),
        (view("same"), ("Content-Encoding: gzip",), 400),
        (b" " * 1_000_001, (), 413),
    ],
)
def test_whole_or_in_pieces_the_answer_is_the_same(server, body, headers, status):
    """Good or bad, and its headers too; also when its head is known."""
    assert server.send("same") == 200
    head, body = posted(body, *headers)
    whole = ask(server, head + body)
    assert ask(server, head + body) == whole
    # A request with an end that comes later takes the ordinary way.
    pieces = ask(server, head, body) if body else ask(server, head[:-2], head[-2:])
    assert whole == pieces
    assert whole[0][0].startswith(b"HTTP/1.1 %d " % status)


def test_an_answer_tells_when_it_was_made_and_who_may_read_it(server):
    """Any page may, without credentials."""
    told = server.ask("POST", "/api/events", VIEW)[2]
    assert told["Date"].endswith("GMT")
    assert told["Access-Control-Allow-Origin"] == "*"
    assert told["X-Content-Type-Options"] == "nosniff"


def test_answers_come_in_the_order_of_the_questions(server):
    """Requests that were sent without waiting, events and others, whole and in pieces."""
    asked = [b"".join(posted(view(f"in order {n}"))) for n in range(6)]
    between = b"GET /api/nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    sent = asked[0] + asked[1] + between + asked[2] + asked[3] + between + asked[4] + asked[5]
    for parts in ((sent,), (sent[:700], sent[700:]), (sent[:1], sent[1:1500], sent[1500:])):
        told = [body for _, body in ask(server, *parts, number=8)]
        assert ["nothing" in text.decode() for text in told] == [n in {2, 5} for n in range(8)], (
            told
        )
        ids = [json.loads(text)["data"]["event_ids"] for text in told if b"event_ids" in text]
        assert ids == [[f"in order {n}"] for n in range(6)]


@pytest.mark.parametrize(
    ("version", "headers"),
    [("1.0", ()), ("1.0", ("Connection: keep-alive",)), ("1.1", ("Connection: close",))],
)
def test_who_wants_the_connection_closed_gets_that(server, version, headers):
    """After the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender:
        sender.sendall(b"".join(posted(view("close"), *headers, version=version)))
        with sender.makefile("rb") as reader:
            assert len(answers(reader, 1)) == 1
            assert reader.read() == b""


def test_one_who_sends_rubbish_costs_no_other_their_answer(tmp_path):
    """Events, a question and rubbish in one packet: the connection ends before the events are down.
    All others of their group are answered, and the server stops at once.
    """
    with Served(tmp_path, LIVEINSIGHT_RATE_LIMIT_PER_MINUTE="0") as own:
        address = ("127.0.0.1", own.port)
        with ExitStack() as stack:
            bad, *good = (
                stack.enter_context(socket.create_connection(address, timeout=60)) for _ in range(6)
            )
            assert own.ask("GET", "/healthz")[0] == 200
            own.process.send_signal(signal.SIGSTOP)  # so that all lie there in one turn
            asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
            bad.sendall(b"".join(posted(view("bad"))) + asked + b"\0rubbish\r\n\r\n")
            for number, sender in enumerate(good):
                sender.sendall(b"".join(posted(view(f"good {number}"))))
            own.process.send_signal(signal.SIGCONT)
            for sender in good:
                ((told, _),) = answers(stack.enter_context(sender.makefile("rb")), 1)
                assert told.startswith(b"HTTP/1.1 200 ")
            assert b" 400 " in bad.recv(1000)
        assert own.stop() == 0
        assert "Traceback" not in own.log
        assert "exceeded" not in own.log


def test_who_waits_to_be_asked_for_the_body_is_asked(server):
    """`Expect: 100-continue`, as curl says it before a large body."""
    head, body = posted(view("expected"), "Expect: 100-continue")
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender,
        sender.makefile("rb") as reader,
    ):
        sender.sendall(head)
        assert reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert reader.readline() == b"\r\n"
        sender.sendall(body)
        ((told, _),) = answers(reader, 1)
        assert told.startswith(b"HTTP/1.1 200 ")


def test_after_a_body_that_was_too_large_the_connection_goes_on(server):
    """It is refused before it is here, and read to its end."""
    head, body = posted(b" " * 1_000_001)
    told = ask(server, head, body, b"".join(posted(view("smaller"))), number=2)
    assert [answer.split()[1] for answer, _ in told] == [b"413", b"200"]


def test_a_batch_before_the_next_head_is_no_part_of_it(server):
    """However large: what is limited is a head."""
    events = [VIEW | {"props": {"a": "x" * 450, "b": "y" * 450}} for _ in range(99)]
    head, body = posted(json.dumps({"events": events}).encode())
    assert len(body) > 65_536
    next_head, next_body = posted(view("next"))
    told = ask(server, head + body + next_head[:20], next_head[20:] + next_body, number=2)
    assert [answer.startswith(b"HTTP/1.1 200 ") for answer, _ in told] == [True, True]


@pytest.mark.parametrize("in_pieces", [False, True])
def test_what_follows_a_body_is_no_header(server, in_pieces):
    """Trailers would come after what a proxy wrote, and count for more."""
    body = view("trailed")
    head = (
        b"POST /api/events HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: %s\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" % AGENT.encode()
    )
    chunks = b"%x\r\n%s\r\n" % (len(body), body)
    end = b"0\r\nX-API-Key: unknown\r\n\r\n"
    parts = (head, chunks, end) if in_pieces else (head + chunks + end,)
    ((told, _),) = ask(server, *parts)
    assert told.startswith(b"HTTP/1.1 200 ")


def test_what_follows_a_body_has_an_end(server):
    """Trailers without one are not gathered, nor is one that is too long."""
    head = b"POST /api/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender:
        sender.sendall(head + b"0\r\nX-Long: ")
        sent = 0
        with suppress(ConnectionError):
            while sent < FAR_TOO_MUCH:
                sent += sender.send(b"x" * 10_000)
        assert sent < FAR_TOO_MUCH


def test_who_offers_another_protocol_is_heard(server):
    """Java's client and `curl --http2` offer HTTP/2 with each request, and mind no refusal."""
    head, body = posted(
        view("offered"),
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMA",
    )
    for parts in ((head + body,), (head, body)):
        ((told, text),) = ask(server, *parts)
        assert told.startswith(b"HTTP/1.1 200 ")
        assert b"offered" in text


def test_what_follows_a_changed_protocol_is_not_read(server):
    """It may be of that one: a body is never taken for a request."""
    head, _ = posted(b"x" * 40, "Connection: Upgrade", "Upgrade: other")
    hidden = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender:
        sender.sendall(head)
        assert server.ask("GET", "/healthz")[0] == 200
        with suppress(OSError):
            sender.sendall(hidden)
        told = b""
        with suppress(ConnectionResetError):
            while part := sender.recv(10_000):
                told += part
    assert told.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in told


def test_who_hangs_up_has_been_heard(server, folder):
    """The event is kept, and the server goes on."""
    for n in range(50):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender:
            sender.sendall(b"".join(posted(view(f"gone {n}"))))
            assert sender.recv(1)
    assert server.send("after") == 200
    kept = set(kept_ids(folder))
    assert {fingerprint("default", f"gone {n}") for n in range(50)} <= kept


def test_events_that_are_under_way_at_the_end_are_answered(tmp_path):
    """SIGTERM between a request and its answer: it is answered, and the connection closed."""
    with Served(tmp_path) as own:
        with socket.create_connection(("127.0.0.1", own.port), timeout=60) as sender:
            head, body = posted(view("last"))
            sender.sendall(head + body[:5])
            assert own.ask("GET", "/healthz")[0] == 200
            own.process.terminate()
            sender.sendall(body[5:])
            with sender.makefile("rb") as reader:
                ((told, _),) = answers(reader, 1)
                assert told.startswith(b"HTTP/1.1 200 ")
                assert reader.read() == b""
        assert own.process.wait(60) == 0
    assert kept_ids(tmp_path) == [fingerprint("default", "last")]
