"""What a question is answered from: a cursor of its own and the relations of one moment."""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from liveinsight.adapters.sql.relations import Relations


@dataclass(frozen=True, slots=True)
class Reading:
    """Consistent for as long as it is held: no file of `relations` goes away meanwhile.

    Events of commit groups up to `hot_seq` are in.
    """

    cursor: DuckDBPyConnection
    relations: Relations
    hot_seq: int
    now_ms: int
