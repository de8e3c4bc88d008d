"""Cost: what so much traffic would cost on AWS in a month.

The prices are those of us-east-1 as AWS publishes them (docs/cost.md names each), without free
tiers. What the functions do for an event is counted by our own tests: calls, write units, files.
"""

from msgspec import Struct

MILLION = 1_000_000
MONTH_MINUTES = 30 * 24 * 60
SEAL_EVERY_MINUTES = 5

# US dollars.
API_REQUEST = 3.50 / MILLION
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000166667
WRITE_UNIT = 0.625 / MILLION
READ_UNIT = 0.125 / MILLION
LOG_GB = 0.50
S3_PUT = 0.005 / 1000
S3_GB_MONTH = 0.023
ALARM_MONTH = 0.10
DASHBOARD_MONTH = 3.00

COLLECTOR_GB = 0.25
COLLECTOR_FIRST_S = 0.015  # a request's own part
COLLECTOR_EVENT_S = 0.0025
SEALER_GB = 1.0
SEALER_RUN_S = 2.0
SEALER_EVENT_S = 0.0001
WRITE_UNITS_PER_EVENT = 2.0  # the item and its place in EventTypeIndex
WRITE_UNITS_PER_REQUEST = 1.3  # the session, and now and then its place in ActivityIndex
# Each event is read by the run that seals it and by a day's hourly sweeps; half a KB, half units.
READ_UNITS_PER_EVENT = 0.07 * 49
LOG_BYTES_PER_REQUEST = 600
LAKE_BYTES_PER_EVENT = 40
FILES_PER_SEAL = 5
ALARMS = 18


class Traffic(Struct, frozen=True):
    """What is expected of a month."""

    events: int
    events_per_request: float = 1.0
    sites: int = 1


class Cost(Struct, frozen=True):
    """A line of the bill, in US dollars a month."""

    part: str
    usd: float


def cost(traffic: Traffic) -> list[Cost]:
    """The bill's lines; their sum is the month's."""
    requests = traffic.events / traffic.events_per_request
    seals = MONTH_MINUTES / SEAL_EVERY_MINUTES
    collecting_s = requests * COLLECTOR_FIRST_S + traffic.events * COLLECTOR_EVENT_S
    sealing_s = seals * SEALER_RUN_S + traffic.events * SEALER_EVENT_S * 25
    runs = requests + seals
    gb_seconds = collecting_s * COLLECTOR_GB + sealing_s * SEALER_GB
    # A site without visitors has nothing to seal.
    sealed = min(seals * traffic.sites, traffic.events)
    lines = {
        "API Gateway": requests * API_REQUEST,
        "Lambda": runs * LAMBDA_REQUEST + gb_seconds * LAMBDA_GB_SECOND,
        "DynamoDB events": traffic.events
        * (WRITE_UNITS_PER_EVENT * WRITE_UNIT + READ_UNITS_PER_EVENT * READ_UNIT),
        "DynamoDB sessions": requests * WRITE_UNITS_PER_REQUEST * WRITE_UNIT,
        "Logs": requests * LOG_BYTES_PER_REQUEST / 1e9 * LOG_GB,
        "S3": sealed * FILES_PER_SEAL * S3_PUT
        + traffic.events * LAKE_BYTES_PER_EVENT / 1e9 * S3_GB_MONTH,
        "Alarms and dashboard": ALARMS * ALARM_MONTH + DASHBOARD_MONTH,
    }
    return [Cost(part, round(usd, 2)) for part, usd in lines.items()]
