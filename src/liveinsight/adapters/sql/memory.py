"""DuckDB in memory: an engine without a database, within limits."""

from pathlib import Path

import duckdb

# Files are near, mostly in memory already: to fetch them by threads of their own, ahead of those
# that read them, costs more than it saves.
NEAR = {"async_threads": 0}


def connect(spill: Path, *, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """A fresh engine; what does not fit into memory goes to `spill` meanwhile."""
    db = duckdb.connect(
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            **NEAR,
        }
    )
    for setting in ("parquet_metadata_cache", "disable_parquet_prefetching"):
        db.execute(f"SET GLOBAL {setting} = true")  # cursors have settings of their own
    return db
