"""The store: a process of its own that keeps the hot tables, seals them, and answers questions."""
