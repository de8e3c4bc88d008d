"""How events, sessions and their indexes are named in DynamoDB; the only place that knows.

Every key follows from the event alone, so that the same event sent again is the same item.
Numbers travel as text: a float would round the 22 digits of a sort key.
"""

from liveinsight.domain.event import BUILT_IN_TYPES, Event
from liveinsight.domain.period import MINUTE_MS

Item = dict[str, dict[str, str | bytes]]

TYPE_INDEX = "EventTypeIndex"
ACTIVITY_INDEX = "ActivityIndex"
CUSTOM = "custom"
TYPE_CLASSES = (*sorted(BUILT_IN_TYPES), CUSTOM)
ACTIVE = "1"

_DIGITS = 10**9
# Most updates of a session then leave ActivityIndex alone: a move there costs two write units more.
ACTIVITY_STEP_MS = 10 * MINUTE_MS


def sort_key(event: Event) -> str:
    """`<ms>.<9 digits of the event's id>`: two events of one millisecond stay two."""
    return f"{event.time_ms}.{event.event_id % _DIGITS:09d}"


def session_key(event: Event, session_id: str | None) -> str:
    """The sender's own session id; without one the visitor's."""
    return session_id or f"visitor-{event.visitor:016x}"


def type_key(event: Event, shards: int) -> str:
    """Where EventTypeIndex keeps the event."""
    name = event.place.type if event.place.type in BUILT_IN_TYPES else CUSTOM
    return _sharded(name, event.event_id % shards, shards)


def type_keys(shards: int) -> tuple[str, ...]:
    """All places where EventTypeIndex keeps events."""
    return tuple(key for name in TYPE_CLASSES for key in _places(name, shards))


def active_key(visitor: int, shards: int) -> str:
    """Where ActivityIndex keeps a session that goes on."""
    return _sharded(ACTIVE, visitor % shards, shards)


def active_keys(shards: int) -> tuple[str, ...]:
    """All places where ActivityIndex keeps sessions."""
    return tuple(_places(ACTIVE, shards))


def _sharded(name: str, shard: int, shards: int) -> str:
    return name if shards == 1 else f"{name}#{shard}"


def _places(name: str, shards: int) -> list[str]:
    """Also the plain name where there are shards: what was written before they were raised."""
    spread = [_sharded(name, shard, shards) for shard in range(shards)]
    return spread if shards == 1 else [name, *spread]
