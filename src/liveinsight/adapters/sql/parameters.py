"""The named parameters of one statement."""

from collections.abc import Sequence
from datetime import date

Given = str | int | float | date | Sequence[str | int | date | None] | None


class Parameters:
    """Collects values while SQL is written; equal texts and numbers are one parameter."""

    def __init__(self) -> None:
        self.values: dict[str, Given] = {}
        self._names: dict[tuple[type, Given], str] = {}

    def add(self, value: Given) -> str:
        """How the value is written in the statement."""
        if isinstance(value, (str, int, date)):
            known = self._names.get((type(value), value))
            if known is not None:
                return known
        name = f"p{len(self.values)}"
        self.values[name] = value
        if isinstance(value, (str, int, date)):
            self._names[type(value), value] = f"${name}"
        return f"${name}"
