"""What a question is answered from: a cursor of its own and the relations of one moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from duckdb import DuckDBPyConnection, InterruptException

from liveinsight.adapters.sql.relations import Relations


@dataclass(frozen=True, slots=True)
class Reading:
    """Consistent for as long as it is held: no file of `relations` goes away meanwhile.

    Events of commit groups up to `hot_seq` are in: all that were acknowledged until `fresh_ms`.
    """

    cursor: DuckDBPyConnection
    relations: Relations
    hot_seq: int
    now_ms: int
    fresh_ms: int
    _running: list[DuckDBPyConnection] = field(default_factory=list)
    _halted: list[bool] = field(default_factory=list)

    def halt(self) -> None:
        """Stop what runs for it, from any thread; nothing is begun for it any more."""
        self._halted.append(True)
        for connection in (self.cursor, *self._running):
            connection.interrupt()

    def check(self) -> None:
        """Raise if it was halted: between two statements an interruption is not heard."""
        if self._halted:
            raise InterruptException("halted")

    @contextmanager
    def running(self, connection: DuckDBPyConnection) -> Iterator[None]:
        """Have another connection halted, too."""
        self._running.append(connection)
        try:
            self.check()
            yield
        finally:
            self._running.remove(connection)
