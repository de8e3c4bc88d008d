"""An import as it is told: a file of the past on its way in, from the first byte to the last event."""

from enum import StrEnum

from msgspec import Struct

from liveinsight.domain.errors import Invalid


class Content(StrEnum):
    """What a file holds."""

    EVENTS = "events"  # CSV or JSON lines in the fields of `POST /api/events`
    EXPORT = "export"  # what `liveinsight export` wrote


class Phase(StrEnum):
    """How far it is."""

    RECEIVING = "receiving"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


ENDINGS = {
    Content.EVENTS: tuple(
        f".{form}{packed}"
        for form in ("csv", "jsonl", "ndjson", "json", "log")
        for packed in ("", ".gz")
    ),
    Content.EXPORT: (".parquet", ".csv"),
}
MAX_NAME = 200


class Bringing(Struct, frozen=True):
    """One import. `total` is known only of exports; `error` says what stopped it."""

    id: str
    site: str
    name: str
    content: Content
    size_bytes: int
    began_ms: int
    received_bytes: int = 0
    phase: Phase = Phase.RECEIVING
    done: int = 0
    total: int = 0
    events: int = 0
    dropped: dict[str, int] = {}
    error: str | None = None


def ending_of(name: str, content: Content) -> str:
    """The file's ending, by which it is read; `Invalid` where it is none that can be."""
    base = name.replace("\\", "/").rpartition("/")[2].lower()
    if not base or len(name) > MAX_NAME:
        raise Invalid("name", f"must be a file's name of at most {MAX_NAME} characters")
    for ending in sorted(ENDINGS[content], key=len, reverse=True):
        if base.endswith(ending):
            return ending
    raise Invalid("name", f"must end in {', '.join(ENDINGS[content])}")
