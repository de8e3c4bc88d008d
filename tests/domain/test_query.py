"""Questions: read, checked, refused by name."""

import pytest

from liveinsight.domain import query as queries
from liveinsight.domain.errors import Invalid
from liveinsight.domain.filter import Condition, Op
from liveinsight.domain.query import Order
from liveinsight.domain.range import Compare, Named


def a_query(**changes: object) -> dict[str, object]:
    return {"site": "shop", "range": "30d", "metrics": ["visitors"]} | changes


def test_a_question_is_read_whole() -> None:
    """Every field of the interface ends in the value of its name."""
    query = queries.parse(
        a_query(
            dimensions=["country"],
            filters=["is", "country", ["KR"]],
            compare="previous_period",
            order_by=[["visitors", "asc"], ["country", "desc"]],
            limit=7,
            offset=14,
        )
    )
    assert query == queries.Query(
        site="shop",
        range=Named.LAST_30D,
        metrics=("visitors",),
        dimensions=("country",),
        filters=Condition(Op.IS, "country", ("KR",)),
        compare=Compare.PREVIOUS_PERIOD,
        order_by=(Order("visitors", descending=False), Order("country", descending=True)),
        limit=7,
        offset=14,
    )


def test_a_series_has_all_its_buckets_where_no_limit_is_given() -> None:
    """100 rows are told of lists, every bucket of series."""
    assert queries.parse(a_query(dimensions=["page"])).limit == 100
    assert queries.parse(a_query(dimensions=["time:hour"])).limit == 10_000
    assert queries.parse(a_query(dimensions=["time:hour"])).is_series
    assert not queries.parse(a_query(dimensions=["time:hour", "page"])).is_series


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"metrcs": []}, "metrcs"),
        ({"site": None}, "site"),
        ({"site": 5}, "site"),
        ({"metrics": None}, "metrics"),
        ({"metrics": []}, "metrics"),
        ({"metrics": ["visitor"]}, "metrics"),
        ({"metrics": ["visits", "visits"]}, "metrics"),
        ({"dimensions": "page"}, "dimensions"),
        ({"dimensions": ["pages"]}, "dimensions"),
        ({"dimensions": ["time:day", "time:week"]}, "dimensions"),
        ({"dimensions": ["page", "os", "city", "region"]}, "dimensions"),
        ({"filters": ["is"]}, "filters"),
        ({"range": None}, "range"),
        ({"compare": "last"}, "compare"),
        ({"order_by": "visitors"}, "order_by"),
        ({"order_by": [["visits", "desc"]]}, "order_by"),
        ({"order_by": [["visitors", "down"]]}, "order_by"),
        ({"metrics": ["revenue"], "order_by": [["revenue", "desc"]]}, "order_by"),
        ({"limit": 0}, "limit"),
        ({"limit": 10_001}, "limit"),
        ({"limit": True}, "limit"),
        ({"offset": -1}, "offset"),
        ({"metrics": ["conversions"]}, "goal"),
        ({"goal": {"page": "/thanks"}}, "goal"),
        ({"metrics": ["conversions"], "goal": {"pag": "/"}}, "goal.pag"),
        ({"metrics": ["conversions"], "goal": {"page": {"like": "/"}}}, "goal.page"),
        ({"metrics": ["conversions"], "goal": {"event": "x", "props": 1}}, "goal.props"),
        ({"metrics": ["conversions"], "goal": {"props": {"a": "b"}}}, "goal"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], field: str) -> None:
    """Unknown keys, names and impossible combinations are refused with their field."""
    with pytest.raises(Invalid) as refusal:
        queries.parse(a_query(**changes))
    assert refusal.value.field == field


def test_only_an_object_is_a_question() -> None:
    """A list or a text is refused whole."""
    with pytest.raises(Invalid, match="must be an object"):
        queries.parse(["visitors"])
