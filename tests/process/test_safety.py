"""What a stranger tries against a running server: paths, cookies, depth, keys, and where it calls."""

import json
import re
import socket
import subprocess
import sys
import time

import pytest

from served import Served, command, environment

PASSWORD = "a sentence is best"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("safety") / "data"


@pytest.fixture(scope="module")
def server(folder):
    with Served(folder, LIVEINSIGHT_RATE_LIMIT_PER_MINUTE="0") as running:
        yield running


def raw(server, target):
    """The answer to a path that no client would write like that."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender:
        sender.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = b""
        while part := sender.recv(65536):
            said += part
    return said


@pytest.mark.parametrize(
    "target",
    [
        b"/../liveinsight.db",
        b"/../../../../../../etc/passwd",
        b"/%2e%2e/%2e%2e/etc/passwd",
        b"/..%2f..%2fetc/passwd",
        b"/..%5c..%5cetc/passwd",
        b"/js/../../__init__.py",
        b"/js/%2e%2e/%2e%2e/__init__.py",
        b"//etc/passwd",
        b"/dashboard.html%00.js",
        b"/./dashboard.html/../../__init__.py",
        b"/data/countries.mmdb",
        b"/__init__.py",
    ],
)
def test_no_path_leads_out(server, target):
    """Only what was built for the web is given; not the package, the data or the system."""
    said = raw(server, target)
    assert re.match(rb"HTTP/1.1 40[04] ", said), said[:200]
    assert b"root:" not in said
    assert b"import " not in said


def test_signing_in_makes_a_new_session(server):
    """A session that somebody else chose before (fixation) is not the one that is signed in."""
    token = re.search(r"#setup=(\S+)", server.log)[1]
    form = {"token": token, "email": "owner@shop.example", "password": PASSWORD}
    chosen = "liveinsight=chosenbysomebodyelse"
    status, _, headers = server.ask("POST", "/api/setup", form, Cookie=chosen)
    given = headers["Set-Cookie"].partition(";")[0]
    assert (status, given == chosen) == (200, False)
    name = given.partition("=")[0]
    for cookie in (f"{name}=chosenbysomebodyelse", chosen):
        assert server.ask("GET", "/api/session", Cookie=cookie)[1]["data"]["person"] is None
    form = {"email": "owner@shop.example", "password": PASSWORD}
    _, _, headers = server.ask("POST", "/api/session", form, Cookie=given)
    assert headers["Set-Cookie"].partition(";")[0] not in {given, chosen}


def test_deep_json_is_no_failure_at_any_door(server):
    """A hundred thousand brackets: an error of the asker's, at each path that reads a body."""
    told = server.ask("GET", "/api/openapi.json")[1]
    paths = [path for path, methods in told["paths"].items() if "post" in methods]
    assert len(paths) > 8
    for path in paths:
        for body in ("[" * 100_000, '{"a":' * 100_000, '{"events":' + "[" * 100_000):
            connection = server.connect()
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            assert 400 <= answer.status < 500, (path, answer.status)
            connection.close()


def test_every_page_forbids_what_it_does_not_need(server):
    """A policy without inline scripts, no sniffing; on errors too no type is guessed."""
    status, _, headers = server.ask("GET", "/")
    if status == 200:
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
    for path in ("/", "/nothing", "/api/openapi.json", "/api/realtime?site=x"):
        assert server.ask("GET", path)[2]["X-Content-Type-Options"] == "nosniff"


def test_the_server_calls_nobody():
    """No HTTP client is even loaded: nothing a stranger sends can make it ask another machine."""
    clients = "urllib.request http.client smtplib ftplib httpx requests aiohttp botocore"
    program = (
        "import sys, liveinsight.entrypoints.serving, liveinsight.entrypoints.store\n"
        f"print([name for name in '{clients}'.split() if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_keys_are_hashes_that_tell_when_they_were_used(tmp_path):
    """What is on the disk is no key; the list says when each was used last."""
    about = ("--data-dir", tmp_path)
    with Served(tmp_path) as server:
        key = command("key", "create", "--scope", "read", *about).stdout.strip()
        command("key", "create", "--scope", "read", *about)
        tries = 600  # a running server looks for new keys once a second
        while server.ask("GET", "/api/realtime", X_API_Key=key)[0] != 200:
            time.sleep(0.1)
            tries -= 1
            assert tries
        assert server.stop() == 0
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert key.encode() not in files
    assert key.removeprefix("li_").encode() not in files
    used, unused = json.loads(command("key", "list", "--json", *about).stdout)
    assert (used["last_used"] is not None, unused["last_used"]) == (True, None)
