"""Patterns that strangers and owners write, in RE2: linear in the text, whatever the pattern.

The same engine as DuckDB's, so that a filter means the same live and in history.
"""

from functools import lru_cache

import re2

from liveinsight.domain.errors import Invalid

MAX_MEMORY_BYTES = 1 << 20


def check(pattern: str, field: str = "filters") -> None:
    """Refuse what is no pattern, or one that would take too much memory."""
    try:
        _compiled(pattern)
    except re2.error as error:
        raise Invalid(field, f"{pattern!r} is no RE2 pattern: {error}") from None


def find(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY_BYTES
    return re2.compile(pattern, options)
