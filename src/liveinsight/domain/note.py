"""Notes on time: what happened, told beside the figures that it may explain."""

import re
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from liveinsight.domain.errors import Invalid

MOST_NOTES = 500
MAX_TEXT_CHARS = 200
# A day of the site, or a minute of one by its own clock, as buckets of time are told.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?", re.ASCII)


class Note(Struct, frozen=True, forbid_unknown_fields=True):
    """A few words about a day, or a minute of it."""

    at: str
    text: str


def checked(notes: Iterable[Note]) -> tuple[Note, ...]:
    """In order of time, if they can be."""
    told = sorted(notes, key=lambda note: note.at)
    if len(told) > MOST_NOTES:
        raise Invalid("notes", f"may be up to {MOST_NOTES}")
    for note in told:
        if not 1 <= len(note.text) <= MAX_TEXT_CHARS:
            raise Invalid("notes", f"text must be 1 to {MAX_TEXT_CHARS} characters")
        if not _is_moment(note.at):
            raise Invalid("notes", "at must be like 2026-11-20 or 2026-11-20T14:30")
    return tuple(told)


def _is_moment(text: str) -> bool:
    if not MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
