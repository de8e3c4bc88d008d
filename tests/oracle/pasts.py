"""A few pasts, made once: traffic in each zone, partly settled, partly hot."""

from functools import cache
from tempfile import mkdtemp

from oracle import tables, traffic


@cache
def the_past(seed):
    """(zone, events, now, reading); which of the days are settled depends on the seed."""
    zone = traffic.ZONES[seed % len(traffic.ZONES)]
    events, now = traffic.traffic(seed, zone)

    def settled(day):
        return (day.toordinal() + seed) % 3 > 0

    return zone, events, now, tables.a_reading(events, zone, now, mkdtemp(), settled)
