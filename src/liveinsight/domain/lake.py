"""The lake's files: what is told of each, whichever home keeps them.

A file is never changed and its name never used again: what replaces it has a higher generation.
"""

from datetime import date
from enum import StrEnum

from msgspec import Struct

# Of what is written. Since 2 the roll-up holds custom events together and months beside days; before
# 3 it could lack visits over a midnight. An older one is not asked, and made anew.
FORMAT = 3


class Relation(StrEnum):
    """What a file holds; docs/relations.md tells their columns."""

    EVENTS = "events"
    VISITS = "visits"
    ROLLUP = "rollup"
    ASIDE = "aside"


class LakeFile(Struct, frozen=True):
    """A sealed file: `path` is where DuckDB reads it, `name` where it lies within the lake."""

    site: str
    relation: Relation
    first_day: date
    last_day: date
    name: str
    path: str
    rows: int = 0
    size_bytes: int = 0
    digest: str = ""
    format: int = 1  # as it was before it was told
    zone: str = ""  # in which its days are told; empty where that was not noted yet

    @property
    def is_outdated(self) -> bool:
        """Whether it lacks what is asked of its relation today."""
        return self.relation is Relation.ROLLUP and self.format < FORMAT

    @property
    def period_is_month(self) -> bool:
        """Whether it is its month's only file of the relation."""
        return self.name.rpartition("/")[2].count("-") == 2  # 2026-11-7.parquet


def file_name(site: str, relation: Relation, period: str, generation: int, writer: str = "") -> str:
    """Where a file lies within the lake; `period` is a day (2026-11-20) or a month (2026-11).

    Where several may write the same generation, each has names of its own.
    """
    return f"{site}/{relation}/{period}-{generation}{writer and '.' + writer}.parquet"
