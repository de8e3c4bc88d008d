"""The store process: `python -m liveinsight.entrypoints.store FOLDER MEMORY_MB RETENTION_DAYS SOCKET`.

Started by the server, never by hand; it ends when the server closes the socket.
"""

import logging
import os
import signal
import socket
import sys
from pathlib import Path

from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.store.duck import DuckStore
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.local.store.worker import Handlers, Worker
from liveinsight.wiring.replies import exported, replied

# Where processors are short, collecting goes before answering: what is not taken is lost, what is
# answered a moment later is not.
GIVES_WAY = 5


def main(folder: str, memory_mb: str, retention_days: str, descriptor: str) -> None:
    """Run until the other end of the socket is closed."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # Terminals and service managers signal the whole family: the end is the server's to tell, by
    # closing the socket.
    for sig in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sig, signal.SIG_IGN)
    os.nice(GIVES_WAY)
    limits = Limits(int(memory_mb), threads=max(2, min(4, os.cpu_count() or 2)))
    store = DuckStore(
        Folder(Path(folder)), SystemClock(), limits, retention_days=int(retention_days)
    )
    sock = socket.socket(fileno=int(descriptor))
    Worker(store, sock, Handlers(replied, exported)).run()
    store.close()
    os._exit(0)  # answers that nobody waits for any more may still be under way


if __name__ == "__main__":
    main(*sys.argv[1:])
