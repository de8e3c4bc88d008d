"""Killed at any moment, stopped under load: what was acknowledged is there, once."""

import http.client
import random
import threading
import time

import pytest

from liveinsight.domain.visitor import fingerprint
from served import Served, command, kept_ids

KILLS = 20
SENDERS = 4


class Senders:
    """Several connections that send single events and batches, and some of them again."""

    def __init__(self):
        self.acknowledged = set()
        self.given = set()
        self.wrong = []
        self._number = 0
        self._lock = threading.Lock()

    def load(self, server):
        """Send until the server is gone."""
        self.threads = [
            threading.Thread(target=self._send, args=(server, seed)) for seed in range(SENDERS)
        ]
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join(60)

    def _send(self, server, seed):
        draw = random.Random(seed)
        connection = server.connect()
        doubtful = []  # sent, and perhaps kept
        try:
            while True:
                ids = doubtful or [self._new() for _ in range(draw.choice((1, 1, 1, 20)))]
                doubtful = ids
                status = server.send(*ids, connection=connection)
                if status == 503:
                    continue
                if status != 200:
                    self.wrong.append(status)
                    return
                self.acknowledged.update(ids)
                doubtful = list(ids) if draw.random() < 0.2 else []
        except (OSError, http.client.HTTPException):
            connection.close()

    def _new(self):
        with self._lock:
            self._number += 1
            told = f"event-{self._number}"
            self.given.add(told)
            return told

    def resend_all_doubtful(self, server):
        """As senders do that got no answer: after this every event was acknowledged."""
        doubtful = sorted(self.given - self.acknowledged)
        for first in range(0, len(doubtful), 100):
            ids = doubtful[first : first + 100]
            assert server.send(*ids) == 200
            self.acknowledged.update(ids)


def be_public(folder):
    """So that everybody may watch its only site."""
    assert command("site", "add", "default", "--public", "--data-dir", folder).returncode == 0


def fingerprints(ids):
    return {fingerprint("default", told) for told in ids}


def test_killed_in_a_loop_nothing_is_lost_or_doubled(tmp_path):
    """Twenty times kill -9 while events come in: all acknowledged are kept, each once, and sending
    again what got no answer counts it exactly once.
    """
    be_public(tmp_path)
    senders, draw = Senders(), random.Random(20)
    for _ in range(KILLS):
        before = len(senders.acknowledged)
        with Served(tmp_path, LIVEINSIGHT_RATE_LIMIT_PER_MINUTE="0") as server:
            senders.load(server)
            while len(senders.acknowledged) < before + 20 and not senders.wrong:
                time.sleep(0.001)
            time.sleep(draw.random() * 0.05)  # at any moment of a group's way to the disk
        senders.join()
        assert senders.wrong == []
        ids = kept_ids(tmp_path)
        assert len(ids) == len(set(ids))
        assert fingerprints(senders.acknowledged) <= set(ids)
        assert set(ids) <= fingerprints(senders.given)
    with Served(tmp_path) as server:
        senders.resend_all_doubtful(server)
        ids = kept_ids(tmp_path)
        assert len(ids) == len(set(ids)) == len(senders.given)
        assert set(ids) == fingerprints(senders.given)
        figures = server.ask("GET", "/api/realtime")[1]["data"]
        assert figures["pageviews_last_30min"] == len(senders.given)


@pytest.mark.parametrize("number", [1, 2])
def test_stopped_under_load_nothing_is_lost(tmp_path, number):
    """SIGTERM with open streams and busy senders: exit code 0, streams ended, all acknowledged kept."""
    be_public(tmp_path)
    senders = Senders()
    server = Served(tmp_path, LIVEINSIGHT_RATE_LIMIT_PER_MINUTE="0")
    streams = []
    for _ in range(5):
        connection = server.connect()
        connection.request("GET", "/api/realtime", headers={"Accept": "text/event-stream"})
        answer = connection.getresponse()
        assert answer.readline().startswith(b"id: ")
        streams.append((connection, answer))
    senders.load(server)
    while len(senders.acknowledged) < 200 * number and not senders.wrong:
        time.sleep(0.001)
    assert server.stop() == 0, server.log
    senders.join()
    for connection, answer in streams:
        answer.read()  # to its end, which came
        connection.close()
    assert senders.wrong == []
    ids = kept_ids(tmp_path)
    assert len(ids) == len(set(ids))
    assert fingerprints(senders.acknowledged) <= set(ids)
    assert "Traceback" not in server.log
