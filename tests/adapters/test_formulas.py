"""CSV for spreadsheets: what strangers wrote is text there, and comes back as it was."""

import csv
from pathlib import Path

import duckdb
import pytest

from builders import NOON_MS, an_event
from lake_house import House
from liveinsight.adapters.sql.bring import Staged
from liveinsight.adapters.sql.export import export
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.range import Span
from liveinsight.domain.rows import Export

TITLES = (
    *("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''@x", "'quoted'"),
    *("plain", "a=b", "'", "-", "5-3", "한글", '"=1"', "a,b\n=c"),
)


@pytest.fixture
def written(tmp_path: Path):
    house = House(tmp_path / "data", NOON_MS)
    events = [an_event(title=title, page="/p", utm_term=title) for title in TITLES]
    house.keep([*events, an_event(revenue_amount="-5.00", revenue_currency="EUR", title="refund")])
    house.tail()
    paths = {}
    for kind in ("csv", "parquet"):
        paths[kind] = tmp_path / f"out.{kind}"
        with house.store.reading() as reading:
            span = Span(NOON_MS - DAY_MS, NOON_MS + DAY_MS)
            export(reading, Export(kind, span), "shop", "UTC", str(paths[kind]))
    house.close()
    return paths


def test_no_cell_of_a_stranger_begins_a_formula(written):
    """None of them; numbers stay numbers, a refund too."""
    with written["csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(TITLES) + 1
    for row in rows:
        assert not row["title"].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert not row["utm_term"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert {row["revenue_amount"] for row in rows} == {"", "-5.00"}


def test_it_is_read_back_as_it_was(written, tmp_path):
    """An import of the CSV holds the very texts; Parquet never changed them."""
    for kind in ("csv", "parquet"):
        folder = tmp_path / f"staged-{kind}"
        folder.mkdir()
        staged = Staged(written[kind], folder, "shop", "UTC")
        titles = [
            row[0]
            for part in staged.parts(0)
            for row in duckdb.sql(f"SELECT title FROM ({part.select})").fetchall()
        ]
        assert sorted(titles) == sorted([*TITLES, "refund"])
