"""Filters as SQL: over a column they find what the definition finds, nothing and empty text too."""

from itertools import combinations

import duckdb
import pytest

from liveinsight.adapters.patterns import find
from liveinsight.adapters.sql.conditions import filter_sql
from liveinsight.adapters.sql.parameters import Parameters
from liveinsight.domain.filter import Condition, Not, Op, matches

VALUES = (None, "", "a", "A", "b", "ab")
WANTED = (None, "", "a", "b")
LISTS = [told for n in (1, 2, 3) for told in combinations(WANTED, n)]


@pytest.fixture(scope="module")
def db():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE events (page VARCHAR, source VARCHAR, type VARCHAR)")
        for value in VALUES:
            connection.execute(
                "INSERT INTO events VALUES ($1, $1, $2)", [value, value or "page_view"]
            )
        yield connection


@pytest.mark.parametrize("dimension", ["page", "source", "event"])
@pytest.mark.parametrize("op", [Op.IS, Op.IS_NOT, Op.CONTAINS, Op.CONTAINS_NOT])
def test_a_condition_finds_what_the_definition_finds(db, dimension, op):
    """Plain, negated, and negated twice; with one value, several, nothing and the empty text."""
    column = {"event": "type"}.get(dimension, dimension)
    rows = [value for (value,) in db.execute(f"SELECT {column} FROM events").fetchall()]
    for wanted in LISTS:
        if op in {Op.CONTAINS, Op.CONTAINS_NOT} and None in wanted:
            continue
        plain = Condition(op, dimension, wanted)
        for tree in (plain, Not(plain), Not(Not(plain))):
            parameters = Parameters()
            where = filter_sql(tree, parameters)
            found = db.execute(
                f"SELECT {column} FROM events WHERE {where}", parameters.values
            ).fetchall()
            expected = [row for row in rows if matches(tree, lambda _, row=row: row, find)]
            assert [value for (value,) in found] == expected, (tree, where)
