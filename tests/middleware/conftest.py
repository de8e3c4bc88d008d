"""A collector that records what it is sent, and answers what the test wants."""

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from liveinsight.middleware import Sender


class Collector:
    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], dict]] = []
        self.statuses: deque[int] = deque()  # of the next answers; then 200
        self.hold = threading.Event()  # answers wait for it
        self.hold.set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                collector.hold.wait(10)
                status = collector.statuses.popleft() if collector.statuses else 200
                headers = {name.lower(): value for name, value in self.headers.items()}
                if status == 200:
                    collector.requests.append((self.path, headers, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def events(self) -> list[dict]:
        return [event for _, _, body in self.requests for event in body["events"]]

    def close(self) -> None:
        self.hold.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture
def sender(collector):
    sender = Sender(collector.url, "key", site="shop")
    yield sender
    sender.close()
