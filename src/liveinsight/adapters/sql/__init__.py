"""DuckDB: the relations, the sealing and the asking, the same in both homes."""
