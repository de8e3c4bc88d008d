"""A store that gets no more memory: its askers are told, collecting goes on, nothing is lost."""

import os
import resource
import signal
import sys
import time
from pathlib import Path

import pytest

from liveinsight.domain.visitor import fingerprint
from served import Served, command, kept_ids

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")

GREEDY = "SELECT count(DISTINCT a.page || b.event_id) FROM events a CROSS JOIN events b"


class Limited:
    """A server, its key for reading, and what was acknowledged."""

    def __init__(self, server, key):
        self.server = server
        self.acknowledged = []
        self._told = {"X_API_Key": key}

    def send(self, batches):
        for _ in range(batches):
            first = len(self.acknowledged)
            ids = [f"event-{n}" for n in range(first, first + 100)]
            assert self.server.send(*ids) == 200
            self.acknowledged += ids

    def ask(self, path, question):
        return self.server.ask("POST", path, {"site": "default"} | question, **self._told)[:2]

    def pageviews(self):
        status, told = self.ask("/api/query", {"metrics": ["pageviews"], "range": "7d"})
        return told["data"]["totals"][0] if status == 200 else told["message"]

    def store(self):
        """The number of the store's process, once there is one: it may just be started again."""
        number = self.server.process.pid
        children = Path(f"/proc/{number}/task/{number}/children")
        while not (numbers := children.read_text().split()):
            time.sleep(0.01)
        return int(numbers[0])


@pytest.fixture
def limited(tmp_path):
    made = command("key", "create", "--scope", "read", "--data-dir", tmp_path)
    with Served(tmp_path, LIVEINSIGHT_RATE_LIMIT_PER_MINUTE="0") as server:
        yield Limited(server, made.stdout.strip())


def data_bytes(number):
    """What the process has of what RLIMIT_DATA counts."""
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmData")) * 1024


def until_all_are_counted(limited):
    while limited.pageviews() != len(limited.acknowledged):
        time.sleep(0.05)


def kept_once(limited):
    return sorted(kept_ids(limited.server.folder)) == sorted(
        fingerprint("default", told) for told in limited.acknowledged
    )


def test_a_question_that_gets_no_memory_is_told_so(limited):
    """It is refused by a clear word, and no other is kept waiting; when there is memory again, all
    is answered rightly.
    """
    limited.send(50)
    until_all_are_counted(limited)
    store = limited.store()
    most = resource.prlimit(store, resource.RLIMIT_DATA)
    resource.prlimit(store, resource.RLIMIT_DATA, (data_bytes(store), most[1]))
    status, told = limited.ask("/api/sql", {"sql": GREEDY})
    assert status in {400, 503}
    assert "memory" in str(told).lower()
    limited.send(50)
    heard = limited.pageviews()
    assert isinstance(heard, int) or "memory" in heard or "started" in heard
    resource.prlimit(limited.store(), resource.RLIMIT_DATA, most)
    until_all_are_counted(limited)
    assert kept_once(limited)


def test_a_store_that_cannot_start_for_lack_of_memory_comes_back(limited):
    """As long as it dies of it events are kept, and once there is enough they are all counted."""
    limited.send(20)
    until_all_are_counted(limited)
    server, store = limited.server.process.pid, limited.store()
    most = resource.prlimit(server, resource.RLIMIT_DATA)
    resource.prlimit(server, resource.RLIMIT_DATA, (data_bytes(server) + 2**26, most[1]))
    os.kill(store, signal.SIGKILL)  # as the system does
    while "the store" not in limited.server.log:
        limited.send(1)
    status, told, _ = limited.server.ask("GET", "/readyz")
    assert status == 503
    assert "rebuilding" in told["checks"]["store"]
    limited.send(20)
    resource.prlimit(server, resource.RLIMIT_DATA, most)
    until_all_are_counted(limited)
    assert "the store was killed" in limited.server.log
    assert kept_once(limited)
