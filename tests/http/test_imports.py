"""Imports over HTTP: a file in pieces, brought in by a process of its own, told as it goes."""

import asyncio
import json

import pytest

from liveinsight.domain.key import Scope
from liveinsight.http.auth import CLI
from liveinsight.http.exchange import Request
from liveinsight.http.tokens import SignedTokens
from liveinsight.wiring.local import LocalHome
from liveinsight.wiring.settings import Settings

LINES = [
    {"page_url": f"https://shop.example/{n}", "timestamp": 1_760_000_000_000 + n, "session_id": "s"}
    for n in range(30)
]
FILE = "\n".join(json.dumps(line) for line in LINES).encode()


class Manager:
    """Who holds the installation's own key."""

    def __init__(self, home, front, loop):
        self.home = home
        self.front = front
        self.loop = loop
        self.key = SignedTokens(home.control.secret(CLI)).make(CLI, home.clock.now_ms())

    def ask(self, method, path, body=b""):
        """The status and the data of an answer."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        path, _, query = path.partition("?")
        headers = {b"x-api-key": self.key.encode()} if self.key else {}
        request = Request(method, path, query, headers, raw, peer="127.0.0.1")
        answer = self.loop.run_until_complete(self.front(request))
        told = json.loads(answer.body)
        return answer.status, told.get("data", told)

    def send(self, file, name="past.jsonl", piece=1000, **about):
        """A whole file in pieces; what was told last."""
        form = {"site": "default", "name": name, "size_bytes": len(file), **about}
        status, told = self.ask("POST", "/api/imports", form)
        assert status == 200, told
        for at in range(0, len(file), piece):
            path = f"/api/imports?id={told['id']}&offset={at}"
            status, told = self.ask("PUT", path, file[at : at + piece])
            assert (status, told["received_bytes"]) == (200, min(at + piece, len(file)))
        return told

    def ended(self, import_id):
        """The import when it is over."""

        while (now := self.home.imports.get(import_id)).phase not in {"done", "failed"}:
            self.loop.run_until_complete(asyncio.sleep(0.02))
        return now

    def pageviews(self, least):
        """How many the site has of all times, once the store has seen that there are some."""
        question = {"site": "default", "range": "all", "metrics": ["pageviews"]}
        while True:
            _, told = self.ask("POST", "/api/query", question)
            if told["totals"][0] >= least:
                return told["totals"][0]
            self.loop.run_until_complete(asyncio.sleep(0.02))


@pytest.fixture
def manager(tmp_path):
    """A running home and its manager."""
    with asyncio.Runner() as runner:
        home = LocalHome(Settings(data_dir=tmp_path))

        async def opened():
            front = home.open()
            await home.start()
            return front

        yield Manager(home, runner.run(opened()), runner.get_loop())
        runner.run(home.stop())
    assert not (tmp_path / "imports").exists()


def test_a_file_in_pieces_becomes_events_once(manager):
    """What was sent is in the figures; what is sent again, in whatever file, is not twice."""
    now = manager.ended(manager.send(FILE)["id"])
    assert (now.phase, now.events, now.dropped, now.error) == ("done", 30, {}, None)
    assert manager.pageviews(1) == 30
    again = manager.ended(manager.send(FILE, piece=700)["id"])
    more = manager.ended(manager.send(FILE.replace(b"/7", b"/07", 1))["id"])
    assert (again.phase, again.events, more.phase) == ("done", 0, "done")
    assert manager.pageviews(31) == 31
    told = manager.ask("GET", "/api/imports?site=default")[1]["imports"]
    assert [one["id"] for one in told] == [more.id, again.id, now.id]


def test_a_wrong_file_says_which_record(manager):
    """An import that cannot be read fails with the reason, and the server goes on."""
    wrong = manager.ended(manager.send(FILE + b'\n{"page_url": 7}')["id"])
    assert wrong.phase == "failed"
    assert "record 31" in wrong.error
    no_export = manager.ended(manager.send(b"a,b\n1,2\n", "x.csv", content="export")["id"])
    assert "cannot be read as an export" in no_export.error


def test_pieces_come_in_their_order(manager):
    """A piece sent again is harmless; a gap, or more than was told, is refused."""
    form = {"site": "default", "name": "past.csv", "size_bytes": 6}
    begun = manager.ask("POST", "/api/imports", form)[1]

    def put(offset, piece):
        status, told = manager.ask("PUT", f"/api/imports?id={begun['id']}&offset={offset}", piece)
        return status, told.get("received_bytes", told.get("details"))

    assert put(0, b"abc") == (200, 3)
    assert put(0, b"abc") == (200, 3)
    assert put(5, b"f")[0] == 400
    assert put(3, b"defg")[0] == 400
    assert put("x", b"def")[0] == 400
    assert put(3, b"")[0] == 400
    assert manager.ask("DELETE", f"/api/imports?id={begun['id']}") == (200, {"imports": []})
    assert put(3, b"def")[0] == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "past.exe"},
        {"name": ""},
        {"size_bytes": 0},
        {"size_bytes": 2**60},
        {"content": "x"},
    ],
)
def test_only_files_that_can_be_read_are_taken(manager, wrong):
    """The ending, the size and the kind are looked at before a byte is sent."""
    form = {"site": "default", "name": "past.csv", "size_bytes": 6}
    assert manager.ask("POST", "/api/imports", form | wrong)[0] == 400


def test_only_who_manages_the_site_imports(manager):
    """A reader's key and a key of another site are refused at every step."""
    form = {"site": "default", "name": "past.csv", "size_bytes": 6}
    begun = manager.ask("POST", "/api/imports", form)[1]
    manager.ask("POST", "/api/sites", {"id": "other"})
    steps = [
        ("GET", "/api/imports?site=default", b""),
        ("POST", "/api/imports", form),
        ("PUT", f"/api/imports?id={begun['id']}&offset=0", b"abc"),
        ("DELETE", f"/api/imports?id={begun['id']}", b""),
    ]
    keys = [
        {"label": "reads", "scopes": [Scope.READ, Scope.SERVER, Scope.IMPORT]},
        {"label": "other", "scopes": [Scope.ADMIN], "site": "other"},
    ]
    made = [manager.ask("POST", "/api/keys", key)[1]["key"] for key in keys]
    for manager.key in made:
        assert [manager.ask(*step)[0] for step in steps] == [403] * 4
    manager.key = ""
    assert [manager.ask(*step)[0] for step in steps] == [401] * 4
