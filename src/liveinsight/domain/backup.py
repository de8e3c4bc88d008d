"""A backup: parts, each told with its digest, and the word about them that makes it one.

The word is written last, so what has none is no backup. A part's key holds its digest: what did
not change since the backup before is there already.
"""

import re

from msgspec import Struct

from liveinsight.domain.errors import Misconfigured

FORMAT = 1
WORD_SUFFIX = ".backup.json"
DATABASE = "liveinsight.db"
SETTINGS = "liveinsight.toml"
# Names come from a file that anybody may have written: they lead nowhere but into the folder.
_NAMES = re.compile(
    rf"{re.escape(DATABASE)}|{re.escape(SETTINGS)}|lake/[a-z0-9-]+/[a-z]+/[0-9-]+\.parquet"
)
_KEYS = re.compile(
    r"liveinsight\.[0-9a-f]{16}\.(db|toml)"
    r"|lake/[a-z0-9-]+/[a-z]+/[0-9-]+\.[0-9a-f]{16}\.parquet"
    rf"|[0-9TZ-]+{re.escape(WORD_SUFFIX)}"
)
_DIGEST = re.compile(r"[0-9a-f]{16,}")


class Part(Struct, frozen=True):
    """A file of a data folder; `name` is where it lies within."""

    name: str
    size_bytes: int
    digest: str
    rows: int = 0

    @property
    def key(self) -> str:
        """Where it lies in a vault."""
        stem, dot, suffix = self.name.rpartition(".")
        return f"{stem}.{self.digest[:16]}{dot}{suffix}"


class Backup(Struct, frozen=True):
    """What is in a backup, and which program wrote it."""

    name: str  # 2026-11-20T030000Z
    made_ms: int
    program: str
    schema: int
    parts: tuple[Part, ...]
    unsealed_events: int = 0
    format: int = FORMAT

    @property
    def word_key(self) -> str:
        """Where the word about it lies in a vault."""
        return f"{self.name}{WORD_SUFFIX}"

    @property
    def size_bytes(self) -> int:
        """All of it."""
        return sum(part.size_bytes for part in self.parts)


def checked(backup: Backup) -> Backup:
    """The backup if it can be one of ours."""
    if backup.format > FORMAT:
        raise Misconfigured(
            f"The backup {backup.name} is of format {backup.format}, and {FORMAT} is the newest "
            f"that is known here. Use LiveInsight {backup.program}."
        )
    for part in backup.parts:
        if not _NAMES.fullmatch(part.name) or not _DIGEST.fullmatch(part.digest):
            raise Misconfigured(f"The backup {backup.name} names {part.name!r}: it is not ours.")
    return backup


def is_key(key: str) -> bool:
    """Whether a backup of ours may have put it there; all else is none of our business."""
    return _KEYS.fullmatch(key) is not None
