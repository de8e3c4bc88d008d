"""Goals and steps: what a site hopes its visitors do, as a condition on single events."""

from collections.abc import Mapping

from msgspec import Struct

from liveinsight.domain import filter as filters
from liveinsight.domain.dimension import PROP
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import PAGE_VIEW

MAX_NAME_CHARS = 100
_WORDS = {"contains": filters.Op.CONTAINS, "matches": filters.Op.MATCHES}


class Goal(Struct, frozen=True):
    """A condition that the site gave a name; an event that it holds for is a conversion."""

    name: str
    when: filters.Filter


class SavedFunnel(Struct, frozen=True):
    """Steps that the site gave a name, as they were sent: they are read when they are asked."""

    name: str
    steps: tuple[dict[str, object], ...]
    within: str = "visit"


def checked_name(name: str) -> str:
    """What a goal or funnel is called."""
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise Invalid("name", f"must be 1 to {MAX_NAME_CHARS} characters")
    return name


def checked(name: str, when: object) -> Goal:
    """The goal as it was sent; its condition may also be a filter."""
    checked_name(name)
    if isinstance(when, list):
        return Goal(name, filters.parse(when, "when"))
    return Goal(name, parse_condition(when, "when"))


def parse_condition(raw: object, field: str) -> filters.Filter:
    """Read `{"page": "/pricing"}` or `{"event": "Signup", "props": {"plan": "pro"}}`.

    In place of a value stands `{"contains": "x"}` or `{"matches": "^/blog/"}`.
    A page means a view of it.
    """
    if not isinstance(raw, dict):
        raise Invalid(field, 'must be like {"page": "/pricing"} or {"event": "Signup"}')
    if unknown := [key for key in raw if key not in {"page", "event", "props"}]:
        raise Invalid(f"{field}.{unknown[0]}", "is not known; there are page, event and props")
    if "page" not in raw and "event" not in raw:
        raise Invalid(field, "names neither a page nor an event")
    tests = list(_props(raw.get("props", {}), f"{field}.props"))
    if "page" in raw:
        tests.insert(0, _test("page", raw["page"], f"{field}.page"))
    named = raw.get("event", PAGE_VIEW)
    tests.insert(0, _test("event", named, f"{field}.event"))
    return filters.And(tuple(tests))


def _props(raw: object, field: str) -> list[filters.Filter]:
    if not isinstance(raw, Mapping):
        raise Invalid(field, "must be an object")
    return [_test(f"{PROP}{key}", value, f"{field}.{key}") for key, value in raw.items()]


def _test(dimension: str, raw: object, field: str) -> filters.Filter:
    op, value = filters.Op.IS, raw
    if isinstance(raw, dict):
        if len(raw) != 1 or next(iter(raw)) not in _WORDS:
            raise Invalid(field, 'must be text, {"contains": text} or {"matches": pattern}')
        word, value = next(iter(raw.items()))
        op = _WORDS[word]
    if not isinstance(value, str):
        raise Invalid(field, "must be text")
    return filters.parse([op.value, dimension, [value]], field)
