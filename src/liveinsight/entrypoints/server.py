"""`liveinsight serve` as a process: it listens, starts the home, and stops without losing a thing.

On SIGTERM or Ctrl-C new connections are refused, open streams end, requests that are under way
get their answers, the journal writes what waits; then the process ends.
"""

import asyncio
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn
import uvloop

from liveinsight.domain.errors import Misconfigured
from liveinsight.entrypoints.asgi import App
from liveinsight.entrypoints.protocol import LimitedProtocol, protocol_for
from liveinsight.wiring.local import LocalHome
from liveinsight.wiring.settings import Settings

log = logging.getLogger(__name__)

# The journal's thread waits for the GIL after each commit; the default of 5 ms would be its floor.
SWITCH_INTERVAL_S = 0.0005
STOP_WITHIN_S = 20
BACKLOG = 2048
LOOK_EVERY_S = 5.0  # for connections that hold on without asking or reading
MOST_FILES = 65_536

Told = Callable[[LocalHome, str], Awaitable[None] | None]


class _Server(uvicorn.Server):
    """Tells when it is asked to stop: streams would never end by themselves."""

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn would raise the signal again when it has stopped, and so end the process before
        the journal has written what waits. Here the signal only begins the end.
        """
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sig, self.handle_exit, sig, None)
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The signal came."""
        self._on_exit()
        super().handle_exit(sig, frame)


def serve(settings: Settings, when_ready: Told) -> None:
    """Run until a signal ends it."""
    _allow_connections()
    listening = _listen(settings.host, settings.port)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, listening, when_ready))
    finally:
        listening.close()


async def _serve(settings: Settings, listening: socket.socket, when_ready: Told) -> None:
    home = LocalHome(settings)
    front = home.open()
    config = uvicorn.Config(
        App(front),
        http=protocol_for(home.turns.take),
        ws="none",
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    server = _Server(config, home.live.close)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await home.start()
        home.run_beside(_let_go_of_slow(server))
        _settle_memory()
        home.folder.tell_address(url_of(listening))
        told = when_ready(home, url_of(listening))
        if told is not None:
            await told
        await serving
    except BaseException:
        server.handle_exit(signal.SIGTERM, None)
        await serving
        raise
    finally:
        await home.stop()


def url_of(listening: socket.socket) -> str:
    """Where it can be reached; from this machine, if it listens on all addresses: a browser opens
    no 0.0.0.0.
    """
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)  # who is told that it runs may come before the loop looks
    except OSError as error:
        listening.close()
        raise Misconfigured(
            f"{host}:{port} cannot be listened on ({error.strerror}). "
            "Choose another with --host and --port."
        ) from None
    # From here on who connects waits, also while memory is rebuilt; it is told when all is ready.
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening


async def _let_go_of_slow(server: uvicorn.Server) -> None:
    """Close connections on which no request comes to its end, or nothing is read."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        for connection in tuple(server.server_state.connections):
            if isinstance(connection, LimitedProtocol):
                connection.let_go_if_slow(loop.time())


def _allow_connections() -> None:
    """As many open files as the system lets a process have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # a sandbox may forbid it
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _settle_memory() -> None:
    """What was made at start stays: the garbage collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
