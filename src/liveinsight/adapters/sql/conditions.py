"""Dimensions and filters as SQL. Values of strangers are only ever parameters.

Every condition is true or false and never NULL where it may be negated; where it may not, plain
comparisons stay bare, so that DuckDB can skip row groups by them. It judges a Parquet file's values
once for all rows that share them, but not within `coalesce`, and not where several are listed for a
plain column: `concat` of one makes nothing an empty text, and both are twice as fast. Of a column
that is never nothing, values are shut out one by one, which it judges while it reads.
"""

from liveinsight.adapters.sql.parameters import Parameters
from liveinsight.domain.dimension import CASELESS, Kind, kind, prop_key
from liveinsight.domain.filter import And, Condition, Filter, Not, Op, folded

# These two are the visit's alone; `started` is the visit that an event belongs to.
OF_VISITS_ONLY = frozenset({"entry_page", "exit_page"})

NEVER_NULL = "type"


def dimension_sql(name: str, parameters: Parameters) -> str:
    """The dimension's value in a row of events or visits."""
    if key := prop_key(name):
        pointer = "/" + key.replace("~", "~0").replace("/", "~1")
        return f"json_extract_string(props, {parameters.add(pointer)})"
    if kind(name) is None or kind(name) is Kind.TIME:
        raise ValueError(name)
    return "type" if name == "event" else name


def filter_sql(
    tree: Filter, parameters: Parameters, column: str | None = None, *, bare: bool = True
) -> str:
    """The filter as a condition; `bare` where NULL does as well as false.

    `column` holds the value of the only dimension that is filtered on, where rows have but one.
    """
    match tree:
        case Condition():
            value = column or dimension_sql(tree.dimension, parameters)
            return _condition(tree, value, parameters, bare=bare)
        case Not():
            return f"NOT {filter_sql(tree.filter, parameters, column, bare=False)}"
        case _:
            word = " AND " if isinstance(tree, And) else " OR "
            told = (filter_sql(part, parameters, column, bare=bare) for part in tree.filters)
            return f"({word.join(told)})" if tree.filters else "TRUE"


def _condition(test: Condition, value: str, parameters: Parameters, *, bare: bool) -> str:
    wanted = [item for item in test.values if item is not None]
    if test.dimension in CASELESS and test.op is not Op.MATCHES:
        value, wanted = f"lower({value})", [folded(item) for item in wanted]
    match test.op:
        case Op.IS:
            return _is(value, wanted, parameters, nothing=None in test.values, bare=bare)
        case Op.IS_NOT if value == NEVER_NULL and wanted:
            return _is_none_of(value, wanted, parameters)
        case Op.IS_NOT:
            told = _is(value, wanted, parameters, nothing=None in test.values, bare=False)
            return f"NOT {told}"
        case Op.CONTAINS:
            return _any("contains", value, wanted, parameters, bare=bare)
        case Op.CONTAINS_NOT:
            return f"NOT {_any('contains', value, wanted, parameters, bare=False)}"
        case Op.MATCHES:
            return _any("regexp_matches", value, wanted, parameters, bare=bare)


def _is(value: str, wanted: list[str], parameters: Parameters, *, nothing: bool, bare: bool) -> str:
    listed = ", ".join(parameters.add(item) for item in wanted)
    if nothing:
        return f"({value} IS NULL OR {value} IN ({listed}))" if wanted else f"({value} IS NULL)"
    if value == NEVER_NULL or (bare and len(wanted) == 1):
        return f"({value} IN ({listed}))"
    if "" in wanted:
        return f"coalesce({value} IN ({listed}), FALSE)"
    return f"(concat({value}) IN ({listed}))"


def _is_none_of(value: str, unwanted: list[str], parameters: Parameters) -> str:
    told = " AND ".join(f"{value} <> {parameters.add(item)}" for item in unwanted)
    return f"({told})"


def _any(
    function: str, value: str, wanted: list[str], parameters: Parameters, *, bare: bool
) -> str:
    told = " OR ".join(f"{function}({value}, {parameters.add(item)})" for item in wanted)
    return f"({told})" if bare or value == NEVER_NULL else f"coalesce({told}, FALSE)"
