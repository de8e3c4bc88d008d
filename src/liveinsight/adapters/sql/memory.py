"""DuckDB in memory: an engine without a database, within limits."""

from pathlib import Path

import duckdb


def connect(spill: Path, *, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """A fresh engine; what does not fit into memory goes to `spill` meanwhile."""
    db = duckdb.connect(
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    db.execute("SET GLOBAL parquet_metadata_cache = true")  # cursors have settings of their own
    return db
