"""Bytes to domain values and back; knows no server, so that both homes use the same doors."""
