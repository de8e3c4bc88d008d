"""Which events an answer is about: a tree of tests on dimensions, as a value.

A test is either true or false, also where the dimension has no value: then `is_not` and
`contains_not` hold and the others don't, so that `not` always turns an answer round.
Patterns are RE2's; this floor knows no engine for them, so whoever evaluates brings one.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import Struct

from liveinsight.domain.dimension import CASELESS, Kind, checked, kind
from liveinsight.domain.errors import Invalid

MAX_DEPTH = 8
MAX_VALUES = 1000
MAX_VALUE_CHARS = 2048
MAX_PATTERN_CHARS = 500

Find = Callable[[str, str], bool]  # (pattern, text): whether RE2 finds the pattern in the text
ValueOf = Callable[[str], str | None]  # a dimension's value, of one event


class Op(StrEnum):
    """What a test asks of a dimension's value."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    CONTAINS_NOT = "contains_not"
    MATCHES = "matches"


class Condition(Struct, frozen=True, tag_field="kind", tag="condition"):
    """Whether a dimension is (contains, matches) one of the values; None is "has no value"."""

    op: Op
    dimension: str
    values: tuple[str | None, ...]


class And(Struct, frozen=True, tag_field="kind", tag="and"):
    """All of them; of none it is true."""

    filters: tuple["Filter", ...] = ()


class Or(Struct, frozen=True, tag_field="kind", tag="or"):
    """At least one of them; of none it is false."""

    filters: tuple["Filter", ...]


class Not(Struct, frozen=True, tag_field="kind", tag="not"):
    """The other events."""

    filter: "Filter"


Filter = Condition | And | Or | Not
EVERYTHING = And()


def parse(raw: object, field: str = "filters") -> Filter:
    """Read `["is", "country", ["KR"]]` and its like from decoded JSON; None filters nothing."""
    if raw is None or raw == []:
        return EVERYTHING
    tree = _tree(raw, field, depth=1)
    if sum(len(condition.values) for condition in conditions_of(tree)) > MAX_VALUES:
        raise Invalid(field, f"holds more than {MAX_VALUES} values")
    return tree


def _tree(raw: object, field: str, depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise Invalid(field, f"is nested deeper than {MAX_DEPTH}")
    match raw:
        case ["and" | "or" as word, [*parts]] if parts:
            inner = tuple(_tree(part, field, depth + 1) for part in parts)
            return And(inner) if word == "and" else Or(inner)
        case ["not", part]:
            return Not(_tree(part, field, depth + 1))
        case [str(word), dimension, [*values]] if word in set(Op):
            return _condition(Op(word), dimension, values, field)
    forms = '["is", dimension, [values]], ["and", [filters]], ["or", [filters]] or ["not", filter]'
    raise Invalid(field, f"must be {forms}; tests are {', '.join(Op)}")


def _condition(op: Op, dimension: object, values: list[object], field: str) -> Condition:
    name = checked(dimension, field)
    if kind(name) is Kind.TIME:
        raise Invalid(field, f"{name!r} cannot be filtered on; ask for a range instead")
    if not values:
        raise Invalid(field, f"{name!r} is compared with no values")
    return Condition(op, name, tuple(_value(value, op, name, field) for value in values))


def _value(value: object, op: Op, name: str, field: str) -> str | None:
    if value is None and op in {Op.IS, Op.IS_NOT}:
        return None
    if not isinstance(value, str):
        nothing = " or null" if op in {Op.IS, Op.IS_NOT} else ""
        raise Invalid(field, f"the values of {name!r} must be text{nothing}")
    longest = MAX_PATTERN_CHARS if op is Op.MATCHES else MAX_VALUE_CHARS
    if len(value) > longest:
        raise Invalid(field, f"a value of {name!r} is longer than {longest} characters")
    return value


def conditions_of(tree: Filter) -> Iterator[Condition]:
    """Every test in the tree, from left to right."""
    match tree:
        case Condition():
            yield tree
        case Not():
            yield from conditions_of(tree.filter)
        case _:
            for part in tree.filters:
                yield from conditions_of(part)


def dimensions_of(tree: Filter) -> frozenset[str]:
    """The dimensions that the filter looks at."""
    return frozenset(condition.dimension for condition in conditions_of(tree))


def patterns_of(tree: Filter) -> tuple[str, ...]:
    """The RE2 patterns in it, for an engine to check before they are used."""
    found = (condition.values for condition in conditions_of(tree) if condition.op is Op.MATCHES)
    return tuple(value for values in found for value in values if value is not None)


def matches(tree: Filter, value_of: ValueOf, find: Find) -> bool:
    """Whether the filter holds for the event (with its visit) whose values are given."""
    match tree:
        case Condition():
            return _holds(tree, value_of(tree.dimension), find)
        case And():
            return all(matches(part, value_of, find) for part in tree.filters)
        case Or():
            return any(matches(part, value_of, find) for part in tree.filters)
        case Not():
            return not matches(tree.filter, value_of, find)


def _holds(condition: Condition, value: str | None, find: Find) -> bool:
    fold = folded if condition.dimension in CASELESS and condition.op is not Op.MATCHES else _same
    told = None if value is None else fold(value)
    wanted = [None if item is None else fold(item) for item in condition.values]
    match condition.op:
        case Op.IS:
            return told in wanted
        case Op.IS_NOT:
            return told not in wanted
        case Op.CONTAINS:
            return told is not None and any(item in told for item in wanted if item is not None)
        case Op.CONTAINS_NOT:
            return told is None or not any(item in told for item in wanted if item is not None)
        case Op.MATCHES:
            return told is not None and any(find(item, told) for item in wanted if item is not None)


def folded(text: str) -> str:
    """Letters without case, one by one, as SQL's LOWER does it (`str.lower` may lengthen)."""
    return text.lower() if text.isascii() else "".join(letter.lower()[0] for letter in text)


def _same(text: str) -> str:
    return text


def as_json(tree: Filter) -> list[object]:
    """The filter as it is written in a query."""
    match tree:
        case Condition():
            return [tree.op.value, tree.dimension, list(tree.values)]
        case Not():
            return ["not", as_json(tree.filter)]
        case And():
            return ["and", [as_json(part) for part in tree.filters]] if tree.filters else []
        case Or():
            return ["or", [as_json(part) for part in tree.filters]]
