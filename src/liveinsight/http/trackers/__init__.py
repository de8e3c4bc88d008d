"""The protocols of other trackers: who changes a host name goes on sending what they send.

Each is pure, from a request to sightings and from what came of them to an answer, and knows none of
the others. `door.py` has their paths.
"""
