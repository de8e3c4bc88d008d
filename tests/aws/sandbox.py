"""A function's sandbox on this machine: the deployed zip under Lambda's own runtime client.

One process a sandbox, with the declared handler, environment, memory and time limit and nothing
else; its Runtime API is a loopback server of ours. What a sandbox prints is kept as its log.
"""

import json
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

MEGABYTE = 1 << 20
VERSION = "/2018-06-01/runtime/"


@dataclass(frozen=True)
class Function:
    """What was deployed."""

    name: str
    folder: Path  # the unpacked zip
    handler: str
    memory_mb: int
    timeout_s: int
    environment: dict[str, str] = field(default_factory=dict)


class FunctionFailedError(Exception):
    """It raised, ran out of time or memory, or could not start."""


class Sandbox:
    """Runs one event at a time."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._events: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._api())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.log: list[str] = []
        # On Lambda each sandbox has a /tmp of its own.
        self._folder = TemporaryDirectory(prefix="liveinsight-sandbox-")
        self._process = self._start()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    @property
    def is_alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    def run(self, event: dict[str, Any]) -> dict[str, Any]:
        """The function's answer."""
        self._events.put((str(uuid4()), json.dumps(event).encode()))
        deadline = time.monotonic() + self._function.timeout_s
        while time.monotonic() < deadline:
            try:
                kind, body = self._answers.get(timeout=0.2)
            except queue.Empty:
                if not self.is_alive:
                    raise FunctionFailedError("the process ended") from None
                continue
            if kind != "response":
                raise FunctionFailedError(body.decode())
            answer: dict[str, Any] = json.loads(body)
            return answer
        self.stop()
        raise FunctionFailedError(f"Task timed out after {self._function.timeout_s} seconds")

    def stop(self) -> None:
        """End it, with whatever it started."""
        if self.is_alive:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    def _start(self) -> "subprocess.Popen[bytes]":
        function = self._function
        environment = {
            **function.environment,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_DEFAULT_REGION": function.environment.get("AWS_REGION", "us-east-1"),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "LAMBDA_TASK_ROOT": str(function.folder),
            "_HANDLER": function.handler,
            "PATH": "/usr/bin:/bin",
            "TMPDIR": self._folder.name,
            "TZ": ":UTC",
        }
        most = function.memory_mb * MEGABYTE
        process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "awslambdaric", function.handler],
            cwd=function.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (most, most))
        return process

    def _read_log(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.log.append(line.decode("utf-8", "replace").rstrip())

    def _api(self) -> type[BaseHTTPRequestHandler]:
        sandbox = self

        class Api(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                request_id, event = sandbox._events.get()
                deadline_ms = int(time.time() * 1000) + sandbox._function.timeout_s * 1000
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", request_id)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline_ms))
                self.send_header(
                    "Lambda-Runtime-Invoked-Function-Arn",
                    f"arn:aws:lambda:us-east-1:123456789012:function:{sandbox._function.name}",
                )
                # The client's native part reads these without asking whether they are there.
                self.send_header("Lambda-Runtime-Trace-Id", f"Root=1-{request_id[:8]}")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                sandbox._answers.put((self.path.rpartition("/")[2], body))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *told: object) -> None:
                """Nothing."""

        return Api


# What a new account may run at once; here a process each, on a few processors.
MOST_SANDBOXES = 10


class Fleet:
    """The sandboxes of one function: as many as run at once; who comes beyond that waits."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self._idle: list[Sandbox] = []
        self._all: list[Sandbox] = []
        self._lock = threading.Lock()
        self._room = threading.Semaphore(MOST_SANDBOXES)

    @property
    def log(self) -> list[str]:
        """What all of them printed."""
        return [line for sandbox in self._all for line in sandbox.log]

    def run(self, event: dict[str, Any]) -> dict[str, Any]:
        """In an idle sandbox, else in a new one."""
        with self._room:
            return self._run(event)

    def _run(self, event: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            sandbox = self._idle.pop() if self._idle else None
        if sandbox is None or not sandbox.is_alive:
            sandbox = Sandbox(self.function)
            with self._lock:
                self._all.append(sandbox)
        answer = sandbox.run(event)
        with self._lock:
            self._idle.append(sandbox)
        return answer

    def stop(self) -> None:
        """End them all."""
        for sandbox in self._all:
            sandbox.stop()
