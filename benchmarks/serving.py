"""Servers under measure: started on a core of their own, watched from outside, stopped by SIGTERM."""

import http.client
import mmap
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Self

SERVER_CORE, LOAD_CORE = "0", "1"
LIVEINSIGHT = (sys.executable, "-c", "from liveinsight.entrypoints.cli import app; app()", "serve")
REST_S, AT_REST_S = 1.0, 0.1
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def on_core(core: str, command: Sequence[str]) -> list[str]:
    """The command, kept on one core where the system can do that."""
    pinned = shutil.which("taskset") and (os.cpu_count() or 1) > 1
    return ["taskset", "-c", core, *command] if pinned else list(command)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def load_average() -> float:
    """Of the last minute: above the benchmark's own two, others were at work too."""
    return round(os.getloadavg()[0], 2)


def stolen_s() -> float:
    """Processor time that this machine's host gave to others, since the machine started."""
    try:
        told = Path("/proc/stat").read_text("ascii").split(maxsplit=9)
    except OSError:
        return 0.0
    return int(told[8]) / TICKS_PER_S


class Server:
    """A process that listens on `port`; ready when it answers `path`."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        path: str,
        env: Mapping[str, str] | None = None,
        *,
        pinned: bool = True,
    ) -> None:
        self.port = port
        started_s = time.perf_counter()
        self._process = subprocess.Popen(
            on_core(SERVER_CORE, command) if pinned else list(command),
            env={**os.environ, **(env or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self._answers(path):
            if self._process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended with {self._process.returncode}")
            time.sleep(0.01)
        self.ready_ms = round((time.perf_counter() - started_s) * 1000)

    @classmethod
    def liveinsight(
        cls, folder: Path, *, pinned: bool = True, settings: Mapping[str, str] | None = None
    ) -> Self:
        """Our server, for 5,000 visitors who all come through a proxy on this machine."""
        port = free_port()
        return cls(
            (*LIVEINSIGHT, "--data-dir", str(folder), "--port", str(port)),
            port,
            "/readyz",
            {
                "LIVEINSIGHT_TRUSTED_PROXIES": "127.0.0.1",
                "LIVEINSIGHT_RATE_LIMIT_PER_MINUTE": "0",
                "LIVEINSIGHT_LOG_LEVEL": "error",
                **(settings or {}),
            },
            pinned=pinned,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def cpu_s(self) -> float:
        """Processor time of the process so far, its threads included, its children not."""
        return _cpu_s(self._process.pid)

    def family_cpu_s(self) -> float:
        """The same, of its children too."""
        return sum(map(_cpu_s, (self._process.pid, *self._children())))

    def _children(self) -> list[int]:
        pid = self._process.pid
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]

    def memory_mb(self) -> dict[str, float]:
        """Resident memory of the process, and of the processes it started."""
        return self._memory_mb("VmRSS")

    def most_memory_mb(self) -> dict[str, float]:
        """The most that either ever had; where a child was started again, that of the last."""
        return self._memory_mb("VmHWM")

    def _memory_mb(self, which: str) -> dict[str, float]:
        children = (_memory_mb(child, which) for child in self._children())
        return {
            "collector": _memory_mb(self._process.pid, which),
            "its children": round(sum(children), 1),
        }

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _answers(self, path: str) -> bool:
        try:
            return self.get(path)[0] < 300
        except OSError:
            return False


def touch_memory(megabytes: int) -> None:
    """Have the host of a virtual machine give so much memory, before anything is measured: it gives
    each page when it is touched for the first time, and takes 10 to 20 microseconds for it.
    """
    with mmap.mmap(-1, megabytes << 20) as memory:
        for place in range(0, len(memory), mmap.PAGESIZE):
            memory[place] = 1


def rest(servers: Collection[Server]) -> None:
    """Return when neither they nor their children have anything left to do, so that what one round
    of load left behind is not counted against the next, nor against a neighbour.
    """
    busy_s = AT_REST_S
    while busy_s >= AT_REST_S:
        before_s = sum(server.family_cpu_s() for server in servers)
        time.sleep(REST_S)
        busy_s = sum(server.family_cpu_s() for server in servers) - before_s


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def _memory_mb(pid: int, which: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    kb = next((int(line.split()[1]) for line in lines if line.startswith(f"{which}:")), 0)
    return round(kb / 1024, 1)
