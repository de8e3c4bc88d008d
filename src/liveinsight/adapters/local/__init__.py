"""Home 1: one machine, one SQLite file, one folder."""
