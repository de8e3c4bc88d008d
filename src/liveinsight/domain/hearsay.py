"""Hearsay: values that strangers tell, taken as far as they can be.

What is too long is cut, and what is no use is left out: browsers and files show nobody an error.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import msgspec

from liveinsight.domain.event import BUILT_IN_TYPES, Scalar
from liveinsight.domain.sighting import (
    MOST_DIGITS,
    MOST_PROPS,
    NAME_LENGTH,
    TEXT_LENGTH,
    is_screen,
)

LONGEST_SCREEN = 11
LARGEST_INT = 2**63 - 1


def custom(name: str) -> str:
    """A name of the sender's own, which may be one that means something here."""
    return f"custom {name}" if name in BUILT_IN_TYPES else name


def moment(told: str | None) -> int | None:
    """A date and time in ms since 1970; without a zone it is that of UTC."""
    try:
        time = datetime.fromisoformat(told or "")
    except ValueError:
        return None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def text(value: object, length: int = TEXT_LENGTH) -> str | None:
    """A text that says something, or a number as one, cut to what is kept."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    # It may be of any length, and the same for thousands of events.
    return value[: 2 * length].strip()[:length] or None if isinstance(value, str) else None


def screen(value: object) -> str | None:
    """A screen's size, if it is told as one."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_SCREEN:  # it is remembered
        return None
    return value if is_screen(value) else None


def number(value: object) -> float | None:
    """A number, or a text of one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        told = float(value)
    except (ValueError, OverflowError):
        return None
    return told if abs(told) < LARGEST_INT else None


def money(amount: object, currency: object) -> dict[str, str] | None:
    """An amount as it is kept, if it is one."""
    code, figure = text(currency), text(amount)
    if code is None or figure is None or not re.fullmatch("[A-Za-z]{3}", code):
        return None
    try:
        told = Decimal(figure)
    except InvalidOperation:
        return None
    # Nothing is computed of it before: that of a huge exponent would fail, or take very long.
    if not told.is_finite() or not -MOST_DIGITS <= told.adjusted() < MOST_DIGITS:
        return None
    return {"amount": f"{round(told, 6).normalize():f}", "currency": code.upper()}


def props(told: Mapping[str, object]) -> dict[str, Scalar] | None:
    """Properties: nested ones by their path, lists as JSON, so many and so long as are kept."""
    kept: dict[str, Scalar] = {}
    for name, value in _flat(told, ""):
        if len(kept) == MOST_PROPS:
            break
        if name:
            kept.setdefault(name[:NAME_LENGTH], value)
    return kept or None


def _flat(told: Mapping[str, object], before: str) -> Iterator[tuple[str, Scalar]]:
    for key, value in told.items():
        name = f"{before}{key}"
        match value:
            case "" | None:
                pass
            case dict():
                if len(name) < NAME_LENGTH:  # deeper ones would have the same name
                    yield from _flat(value, f"{name}.")
            case list():
                with suppress(RecursionError):  # nested too deeply to be told
                    yield name, msgspec.json.encode(value).decode()[:TEXT_LENGTH]
            case str():
                yield name, value[:TEXT_LENGTH]
            case int() if abs(value) > LARGEST_INT:
                yield name, str(value)[:TEXT_LENGTH]
            case bool() | int() | float():
                yield name, value
