"""The only rooms where parts meet."""
