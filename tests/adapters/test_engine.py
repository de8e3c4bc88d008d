"""The engine that answers: how it reads files, for every cursor of it."""

from liveinsight.adapters.sql.memory import connect


def test_files_are_read_by_whoever_needs_them(tmp_path):
    """No threads of their own, nothing ahead of time, and of a file's end one copy for all."""
    with connect(tmp_path, memory_mb=128, threads=1) as db:
        told = dict(db.cursor().execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert told["async_threads"] == "0"
    assert told["disable_parquet_prefetching"] == "true"
    assert told["parquet_metadata_cache"] == "true"
