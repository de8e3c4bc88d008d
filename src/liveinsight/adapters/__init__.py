"""The ports, fulfilled: each room is named by its engine."""
