"""RE2 patterns for filters on events in memory; DuckDB brings the same engine for those on disk."""

from functools import lru_cache
from typing import Protocol, cast

import re2

from liveinsight.domain.errors import Invalid

# A pattern's automaton is bounded, so that no visitor of the API can make it eat memory.
MAX_MEMORY_BYTES = 1 << 20


class _Pattern(Protocol):
    def search(self, text: str) -> object: ...


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> _Pattern:
    options = re2.Options()
    options.max_mem = MAX_MEMORY_BYTES
    options.log_errors = False
    try:
        return cast("_Pattern", re2.compile(pattern, options))
    except re2.error as error:
        raise Invalid("filters", f"{pattern!r} is no RE2 pattern: {_text(error)}") from None


def _text(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)


def find(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return _compiled(pattern).search(text) is not None


def check(patterns: tuple[str, ...]) -> None:
    """Refuse what is no pattern before anything is asked with it."""
    for pattern in patterns:
        _compiled(pattern)
