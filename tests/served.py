"""A real server: the command in a process of its own, on a free port, over a folder."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.journal import SqliteHotReader

SRC = Path(__file__).parent.parent / "src"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
READY = re.compile(r"is running on http://127\.0\.0\.1:(\d+)")


def until(condition):
    """Wait until it is so."""
    for _ in range(3000):
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it never became so")


def environment(**settings):
    """That of a child, without settings of whoever runs the tests."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("LIVEINSIGHT_")}
    return kept | {"PYTHONPATH": str(SRC), "PYTHONUNBUFFERED": "1"} | settings


def command(*words, **settings):
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "liveinsight", *map(str, words)],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Served:
    """A server that is ready, or has ended (`code` is not None)."""

    def __init__(self, folder, *flags, **settings):
        self.folder = folder
        self.lines = []
        self.port = 0
        self._ready = threading.Event()
        words = [sys.executable, "-m", "liveinsight", "serve", "--data-dir", folder, "--port", 0]
        self.process = subprocess.Popen(
            [*map(str, words), *map(str, flags)],
            env=environment(**settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.wait(60)

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            if found := READY.search(line):
                self.port = int(found[1])
                self._ready.set()
        self._ready.set()

    def __enter__(self):
        assert self.port, self.lines
        return self

    def __exit__(self, *_):
        self.kill()

    @property
    def log(self):
        return "\n".join(self.lines)

    def kill(self):
        """As a power cut would, as far as a process can feel one."""
        self.process.kill()
        self._wait()

    def stop(self):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def _wait(self):
        code = self.process.wait(60)
        self._reader.join(60)
        self.process.stderr.close()
        return code

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method, path, body=None, connection=None, **headers):
        """The status, what is told, and the headers of an answer."""
        own = connection or self.connect()
        told = {"User-Agent": AGENT} | {k.replace("_", "-"): v for k, v in headers.items()}
        raw = None if body is None else json.dumps(body)
        if raw is not None:
            told["Content-Type"] = "application/json"
        own.request(method, path, raw, told)
        answer = own.getresponse()
        text = answer.read()
        if connection is None:
            own.close()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(text) if is_json else text, answer.headers

    def send(self, *event_ids, connection=None):
        """The status of sending page views with these ids, one alone or many as a batch."""
        views = [{"event_id": one, "page_url": "https://shop.example/"} for one in event_ids]
        body = views[0] if len(views) == 1 else {"events": views}
        return self.ask("POST", "/api/events", body, connection)[0]


def kept_ids(folder):
    """The ids in the journal, each as often as it is there."""
    reader = SqliteHotReader(Folder(folder))
    ids = [event.event_id for events in reader.of_late(2**40, 0) for event in events]
    reader.close()
    return ids
