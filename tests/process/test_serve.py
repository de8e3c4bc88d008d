"""The command as people and machines meet it: starting, failing clearly, a full disk, no traces."""

import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from liveinsight.domain.visitor import fingerprint
from served import AGENT, Served, command, environment, kept_ids, until

MARK = "Xq7Marked"
ADDRESS = "198.51.100.213"


def one_line(done, *parts):
    """It failed with exit code 1 and one line that says these."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
    assert done.returncode == 1, done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("liveinsight: ")
    for part in parts:
        assert part in lines[0]


def test_a_second_server_on_the_folder_is_refused(tmp_path):
    """The first goes on; the second says who is there and what to do."""
    with Served(tmp_path) as server:
        done = command("serve", "--data-dir", tmp_path, "--port", 0)
        one_line(done, "Another server already uses", str(tmp_path), "--data-dir")
        assert server.send("e1") == 200
        assert server.stop() == 0
    with Served(tmp_path) as server:
        assert server.send("e2") == 200


def test_a_port_in_use_is_named(tmp_path):
    """With what to do about it; the folder is left alone."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = command("serve", "--data-dir", tmp_path / "new", "--port", port)
    one_line(done, f"127.0.0.1:{port}", "--port")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("settings", "flags", "parts"),
    [
        ({"LIVEINSIGHT_PORTT": "1"}, (), ("LIVEINSIGHT_PORTT", "port")),
        ({"LIVEINSIGHT_PORT": "many"}, (), ("port", "the environment", "many")),
        ({"LIVEINSIGHT_LOG_FORMAT": "xml"}, (), ("log_format", "xml")),
        ({"LIVEINSIGHT_TRUSTED_PROXIES": "10.0.0.0/8,here"}, (), ("trusted_proxies", "here")),
        ({"LIVEINSIGHT_RATE_LIMIT_PER_MINUTE": "-1"}, (), ("rate_limit_per_minute", "-1")),
        ({}, ("--port", "70000"), ("port", "flags", "70000")),
    ],
)
def test_a_wrong_setting_stops_the_start_by_its_name(tmp_path, settings, flags, parts):
    """With where it was set and what was set."""
    one_line(command("serve", "--data-dir", tmp_path, *flags, **settings), *parts)


def test_a_wrong_file_of_settings_is_named(tmp_path):
    """Unknown names and broken TOML, each with the file."""
    file = tmp_path / "liveinsight.toml"
    file.write_text("colour = 'red'\n")
    one_line(command("serve", "--data-dir", tmp_path), "colour", str(file))
    file.write_text("port = \n")
    one_line(command("serve", "--data-dir", tmp_path), str(file), "cannot be read")
    file.write_text("port = 'x'\n")
    one_line(command("serve", "--data-dir", tmp_path), "port", str(file))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    """A folder where a file stands, and one that is read-only."""
    (tmp_path / "file").write_text("")
    one_line(command("serve", "--data-dir", tmp_path / "file"), str(tmp_path / "file"))
    shut = tmp_path / "shut"
    shut.mkdir()
    shut.chmod(0o500)
    if os.access(shut, os.W_OK):  # root writes anywhere but where nothing can be written
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "ro", "none", str(shut)],
            capture_output=True,
            check=False,
        )
        if mounted.returncode:
            pytest.skip("root, and nothing can be mounted read-only")
    try:
        done = command("serve", "--data-dir", shut / "data", "--port", 0)
        one_line(done, str(shut / "data"), "cannot be")
        one_line(command("serve", "--data-dir", shut, "--port", 0), str(shut), "cannot be")
    finally:
        if os.path.ismount(shut):
            subprocess.run(["umount", str(shut)], check=True)


def limit_files(server, size):
    """No file of the server may be larger, which it meets as a disk that is full."""
    hard = resource.RLIM_INFINITY
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def test_a_full_disk_is_503_until_there_is_room_again(tmp_path):
    """With Retry-After, not ready, everything acknowledged kept, and going on without a restart."""
    acknowledged, number = [], 0
    settings = {"LIVEINSIGHT_RATE_LIMIT_PER_MINUTE": "0"}
    with Served(tmp_path, **settings) as server:
        limit_files(server, 2_000_000)
        while True:
            ids = [f"e{number + k}" for k in range(100)]
            views = [
                {"event_id": told, "page_url": f"https://shop.example/{told}", "title": "t" * 300}
                for told in ids
            ]
            status, _, headers = server.ask("POST", "/api/events", {"events": views})
            if status != 200:
                break
            number += 100
            acknowledged += ids
            assert number < 100_000, "the disk never was full"
        assert (status, headers["Retry-After"]) == (503, "5")
        status, told, _ = server.ask("GET", "/readyz")
        assert (status, told["checks"]["journal"] != "ok") == (503, True)
        limit_files(server, resource.RLIM_INFINITY)
        until(lambda: server.ask("GET", "/readyz")[0] == 200)
        assert server.send(*ids) == 200
        assert server.send(*acknowledged[:100]) == 200
        assert server.stop() == 0
    kept = kept_ids(tmp_path)
    assert len(kept) == len(set(kept))
    assert set(kept) == {fingerprint("default", told) for told in acknowledged + ids}


def test_a_restart_keeps_who_is_here_now(tmp_path):
    """The live view is rebuilt from the journal, and visits go on."""
    command("site", "add", "shop", "--public", "--data-dir", tmp_path)
    body = {"site": "shop", "page_url": "https://shop.example/a", "title": "A"}
    with Served(tmp_path) as server:
        server.ask("POST", "/api/events", body)
        before = server.ask("GET", "/api/realtime?site=shop")[1]["data"]
        assert server.stop() == 0
    with Served(tmp_path) as server:
        after = server.ask("GET", "/api/realtime?site=shop")[1]["data"]
        told = server.ask("POST", "/api/events", body)[1]["data"]
    assert before["active_users"] == 1
    assert before | {"timestamp": 0, "series": []} == after | {"timestamp": 0, "series": []}
    assert told["new_session"] is False


def test_a_head_without_an_end_is_let_go(tmp_path):
    """A header or an address of many megabytes closes the connection; the server goes on."""
    with Served(tmp_path) as server:
        for head in (b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ", b"GET /"):
            with socket.create_connection(("127.0.0.1", server.port)) as sender:
                sender.sendall(head)
                with pytest.raises(ConnectionError):
                    sender.sendall(b"a" * 64_000_000)
        assert server.ask("GET", "/healthz", X_Long="a" * 30_000)[0] == 200


def test_nobody_is_found_in_files_or_logs(tmp_path):
    """After events with a marked agent, address and user id, and errors: neither the folder's bytes
    nor the logs know them, and logs are lines of JSON.
    """
    data = tmp_path / "data"
    settings = {
        "LIVEINSIGHT_TRUSTED_PROXIES": "127.0.0.1",
        "LIVEINSIGHT_LOG_FORMAT": "json",
        "LIVEINSIGHT_LOG_LEVEL": "debug",
    }
    who = {"User_Agent": f"{AGENT} {MARK}", "X_Forwarded_For": ADDRESS}
    with Served(data, **settings) as server:
        for path, body in (
            ("/api/events", {"page_url": "https://shop.example/", "user_id": f"{MARK}-user"}),
            ("/api/events", {"page_url": "https://shop.example/", "session_id": f"{MARK}-visit"}),
            ("/api/events", {"page_url": "nowhere"}),
            ("/api/csrf-token", {"session_id": "s"}),
            ("/api/session", {"email": "nobody@shop.example", "password": f"{MARK}-password"}),
        ):
            server.ask("POST", path, body, **who)
        server.ask("GET", "/api/pixel.gif?url=https://shop.example/", **who)
        server.ask("GET", "/nothing", **who)
        in_life = list(b"".join(file.read_bytes() for file in files_of(data)).split(b"\n"))
        assert server.stop() == 0
        said = server.lines
    assert len(kept_ids(data)) == 3
    for blob in (b"\n".join(in_life), *(file.read_bytes() for file in files_of(data))):
        assert MARK.encode() not in blob
        assert ADDRESS.encode() not in blob
    for line in said:
        assert MARK not in line
        assert ADDRESS not in line
        if not line.startswith(("LiveInsight ", "Make the owner's account")):
            assert {"time", "level", "logger", "message"} <= set(json.loads(line))


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_shell_manages_and_sends(tmp_path):
    """Sites and keys while the server runs, events from the shell, and the live view as JSON."""
    about = ("--data-dir", tmp_path)
    with Served(tmp_path) as server:
        url = f"http://127.0.0.1:{server.port}"
        added = command("site", "add", "shop", "--domain", "shop.example", *about)
        assert (added.returncode, added.stdout) == (0, "")
        (_, shop) = json.loads(command("site", "list", "--json", *about).stdout)
        assert (shop["id"], shop["domains"]) == ("shop", ["shop.example"])
        key = command("key", "create", "--scope", "read", "--site", "shop", *about)
        assert key.stdout.strip().startswith("li_")
        path = "/api/realtime?site=shop"
        headers = {"X_API_Key": key.stdout.strip()}
        assert server.ask("GET", path, **headers)[0] == 200  # at once, the first time it is used
        page = ("--page", "https://shop.example/x", "--count", "3", "--site", "shop")
        sent = command("send", *page, "--prop", "plan=pro", *about, LIVEINSIGHT_URL=url)
        assert json.loads(sent.stdout) == {"processed_events": 3, "dropped": {}}
        seen = command(
            "live", "shop", "--json", LIVEINSIGHT_URL=url, LIVEINSIGHT_KEY=headers["X_API_Key"]
        )
        assert json.loads(seen.stdout)["data"]["pageviews_last_30min"] == 3
        (listed,) = json.loads(command("key", "list", "--json", *about).stdout)
        assert listed["scopes"] == ["read"]
        command("key", "revoke", listed["id"], *about)
        until(lambda: server.ask("GET", path, **headers)[0] == 401)
        assert command("site", "remove", "shop", "--yes", *about).returncode == 0
    one_line(command("send", *about, LIVEINSIGHT_URL=url), "No server answers", url)
    one_line(command("site", "show", "shop", *about), "There is no site shop")
    assert command("site", "add", "Bad Id", *about).returncode == 1
    assert command("key", "create", "--scope", "all", *about).returncode == 2
    assert command("nothing").returncode == 2


def test_commands_find_the_server_of_their_folder(tmp_path):
    """Whatever port it has; into a pipe the live view is told page by page, and nothing is cut."""
    about = ("--data-dir", tmp_path)
    page = f"https://shop.example/{'long/' * 40}"
    with Served(tmp_path) as server:
        sent = command("send", "--page", page, *about)
        assert json.loads(sent.stdout)["processed_events"] == 1
        words = [sys.executable, "-m", "liveinsight", "live", "default", *map(str, about)]
        with subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True) as live:
            assert "1 online" in live.stdout.readline()
            live.terminate()
        command("site", "add", "blog", *about)
        checks = json.loads(command("doctor", "--json", *about).stdout)
        # The first start's site need not be used beside others.
        assert [check["about"] for check in checks if not check["ok"]] == ["site blog"]
        until(lambda: server.ask("GET", "/readyz")[0] == 200)
        told = command("sql", "SELECT page, visit FROM events", "--site", "default", *about)
        *_, row = told.stdout.strip().splitlines()
        assert row.split()[0] == page.removeprefix("https://shop.example").rstrip("/")
        assert row.split()[1].isdecimal()
        assert server.stop() == 0
    assert (tmp_path / "serve.lock").read_text() == ""


def test_a_backup_goes_elsewhere(tmp_path):
    """Not among the data that are in use."""
    with Served(tmp_path / "data"):
        for place in ("data", "data/lake/backups"):
            done = command("backup", tmp_path / place, "--data-dir", tmp_path / "data")
            assert done.returncode == 1
            assert "holds the data themselves" in done.stderr


@pytest.fixture
def web_page():
    """A page that can be set, its policy too, at an address on loopback."""
    told = {"html": "", "policy": "default-src *"}

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", told["policy"])
            self.end_headers()
            self.wfile.write(told["html"].encode())

        def log_message(self, *_):
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told["url"] = f"http://127.0.0.1:{server.server_port}/"
        yield told
        server.shutdown()


def test_the_doctor_looks_at_server_and_page(tmp_path, web_page):
    """All well is exit code 0; each thing that is not is a line of its own, and exit code 1."""
    with Served(tmp_path) as server:
        url = f"http://127.0.0.1:{server.port}"

        def looked():
            done = command(
                "doctor", web_page["url"], "--json", "--data-dir", tmp_path, "--url", url
            )
            checks = json.loads(done.stdout)
            assert done.returncode == int(not all(check["ok"] for check in checks))
            return {check["about"]: check["told"] for check in checks if not check["ok"]}

        until(lambda: server.ask("GET", "/readyz")[0] == 200)
        bad = looked()
        assert bad.keys() == {"site default", "page"}
        assert "no browser has sent" in bad["site default"]
        assert "no script" in bad["page"]
        script = f'<script defer src="{url}/js/li.js"></script>'
        web_page["html"] = script
        view = {"page_url": web_page["url"]}
        sent = {"events": [view], "sent_at": int(time.time() * 1000)}
        assert server.ask("POST", "/api/events", sent)[0] == 200
        assert looked() == {}
        web_page["html"], web_page["policy"] = script * 2, "script-src 'self'"
        bad = looked()
        assert "2 times" in bad["page"]
        assert f"{url}/js/li.js" in bad["policy"]
        web_page["html"] = '<script src="/missing" data-site="default"></script>'
        assert "text/html" in looked()["script"]
        command("site", "set", "default", "--domain", "shop.example", "--data-dir", tmp_path)
        bad = looked()
        assert "from 127.0.0.1, not among" in bad["site default"]
        assert "site set default --domain" in bad["site default"]
        gone = command("doctor", "http://127.0.0.1:1/", "--data-dir", tmp_path, "--url", url)
        one_line(gone, "http://127.0.0.1:1/ cannot be fetched: Connection refused.")
    one_line(
        command("doctor", "--url", url, "--data-dir", tmp_path), "No server answers", url, "--url"
    )


def test_the_owner_can_be_told_by_settings(tmp_path):
    """At a start without people; later starts change nothing, and no set-up link is printed."""
    who = {"LIVEINSIGHT_ADMIN_EMAIL": "me@shop.example", "LIVEINSIGHT_ADMIN_PASSWORD": "a long one"}
    one_line(
        command("serve", "--data-dir", tmp_path, LIVEINSIGHT_ADMIN_EMAIL="me@shop.example"),
        "admin_email and admin_password",
    )
    wrong = who | {"LIVEINSIGHT_ADMIN_PASSWORD": "short"}
    one_line(command("serve", "--data-dir", tmp_path, **wrong), "password")
    for password in ("a long one", "another long one"):
        with Served(tmp_path, **who | {"LIVEINSIGHT_ADMIN_PASSWORD": password}) as server:
            body = {"email": "me@shop.example", "password": "a long one"}
            assert server.ask("POST", "/api/session", body)[0] == 200
            assert "#setup=" not in server.log
            assert "a long one" not in server.log
