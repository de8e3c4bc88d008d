"""The command line and the Python module ask the past; each answer is the oracle's."""

import json
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from lake_house import House
from liveinsight.domain.errors import Invalid, LiveInsightError, Misconfigured
from liveinsight.entrypoints.cli import app
from liveinsight.entrypoints.connect import Table, connect, table_of
from oracle import naive, traffic

ZONE = "Asia/Seoul"
FAR = 4_000_000_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    events, now = traffic.traffic(11, ZONE)
    house = House(path, now, {"shop": ZONE})
    half = len(events) // 2
    house.keep(events[:half])
    house.tail()
    house.store.seal()
    house.keep(events[half:])
    house.close()
    first = naive.local(min(e.time_ms for e in events), ZONE).date()
    last = naive.local(now, ZONE).date()
    return path, events, {"from": first.isoformat(), "to": last.isoformat()}


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def expected(folder, **question):
    _, events, days = folder
    return naive.answer({"range": days} | question, events, ZONE, FAR)


def test_stats_are_tables_or_json(folder):
    """Totals, their course, and the rows of a dimension; the only site needs no name."""
    path, _, days = folder
    told = f"{days['from']}..{days['to']}"
    answer = run("stats", "--range", told, "--by", "page", "--data-dir", path, "--json")
    assert answer.exit_code == 0
    data = json.loads(answer.stdout)
    metrics = ["visitors", "visits", "pageviews", "views_per_visit"]
    totals = expected(folder, metrics=metrics)["totals"]["metrics"]
    assert totals == [data["totals"][name] for name in metrics]
    rows = expected(folder, metrics=["visitors"], dimensions=["page"])["results"]
    assert [tuple(row["dimensions"]) for row in rows] == [(row["page"],) for row in data["by"]]
    shown = run("stats", "shop", "--range", told, "--by", "page", "--data-dir", path).stdout
    assert f"{totals[0]:,}" in shown
    assert re.search(r"bounce rate +\d+(\.\d+)?%", shown)
    assert re.search(r"visit duration +\d+(\.\d+)? s", shown)
    assert "/pricing" in shown
    named = run("stats", "--site", "shop", "--range", told, "--by", "page", "--data-dir", path)
    assert named.stdout == shown


def test_a_site_is_added_by_its_domain(tmp_path):
    """Whoever gives a domain gets an id made of it, and the line that the pages need."""
    added = run("site", "add", "Blog.Example", "--data-dir", tmp_path)
    assert 'data-site="blog-example"' in added.stderr
    site = json.loads(run("site", "show", "blog-example", "--data-dir", tmp_path).stdout)
    assert site["domains"] == ["blog.example"]
    assert run("site", "add", "blog.example", "--data-dir", tmp_path).exit_code == 1


def test_any_question_is_asked_from_the_shell(folder):
    """The question is an argument or read from standard input, the answer is JSON."""
    path, _, days = folder
    question = {"site": "shop", "range": days, "metrics": ["events"], "dimensions": ["country"]}
    rows = expected(folder, metrics=["events"], dimensions=["country"])["results"]
    for argument, stdin in ((json.dumps(question), None), ("-", json.dumps(question))):
        answer = run("query", argument, "--data-dir", path, stdin=stdin)
        assert rows == json.loads(answer.stdout)["results"]


def test_sql_reads_sealed_and_hot_rows(folder):
    """Rows of files and of the journal are in one answer."""
    path, events, _ = folder
    select = "SELECT type, count(*) AS n FROM events GROUP BY type"
    answer = run("sql", select, "--json", "--data-dir", path)
    found = {row["type"]: row["n"] for row in json.loads(answer.stdout)}
    kinds = [one.event.type for one in naive.happened(events)]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == found
    assert "page_view" in run("sql", select, "--data-dir", path).stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("stats", "else"), "no such site"),
        (("query", "{"), "not JSON"),
        (("query", "[]"), "object"),
        (("query", '{"site": "shop", "range": "7d", "metrics": ["x"]}'), "metrics"),
        (("sql", "DROP VIEW events"), "one SELECT"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(folder, arguments, told):
    """Exit code 1, and the field or thing that is wrong on standard error."""
    answer = run(*arguments, "--data-dir", folder[0])
    assert answer.exit_code == 1
    assert told in answer.stderr


def test_a_range_that_is_none_is_wrong_use(folder):
    """Exit code 2, as for all options, and what there is to choose from."""
    answer = run("stats", "--range", "ever", "--data-dir", folder[0])
    assert answer.exit_code == 2
    assert "--range" in answer.stderr
    assert "yesterday" in answer.stderr


def test_a_folder_without_data_is_named(tmp_path):
    """Nothing is made by asking."""
    with pytest.raises(Misconfigured, match="holds no data"):
        connect(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_python_asks_the_same(folder, tmp_path):
    """`connect` gives rows as dicts, totals, and any other address of the interface."""
    path, events, days = folder
    with connect(path) as here:
        found = here.query("shop", ["visitors", "bounce_rate"], range=days, dimensions=["os"])
        rows = expected(folder, metrics=["visitors", "bounce_rate"], dimensions=["os"])
        assert [(*r["dimensions"], *r["metrics"]) for r in rows["results"]] == found.rows
        assert rows["totals"]["metrics"] == list(found.totals.values())
        assert [site["id"] for site in here.sites()] == ["shop"]
        count = here.sql("shop", "SELECT count(*) AS n FROM visits")
        assert [{"n": len(naive.visits_of(events))}] == count.dicts()
        path = here.export("shop", tmp_path / "all.csv")
        assert len(naive.happened(events)) + 1 == len(path.read_text().splitlines())
        steps = {"site": "shop", "range": days, "steps": [{"page": "/"}]}
        assert here.post("/api/funnel", steps)["total"] >= 0
        with pytest.raises(Invalid, match="metrics"):
            here.query("shop", ["visitor"])
        with pytest.raises(LiveInsightError, match="no such site"):
            here.query("else", ["visitors"])


def test_a_comparison_has_columns_of_its_own():
    """What a metric was before, and by how much it changed."""
    report = {
        "results": [
            {"dimensions": ["/"], "metrics": [3], "comparison": {"metrics": [2], "change": [50.0]}}
        ],
        "totals": [3],
        "meta": {},
        "query": {"dimensions": ["page"], "metrics": ["visits"], "compare": {}},
    }
    table = table_of(report)
    assert table.columns == ("page", "visits", "visits_before", "visits_change")
    assert table.rows == [("/", 3, 2, 50.0)]


def test_frames_are_made_by_who_has_them():
    """Without pandas, Polars or pyarrow the rows are still there, and the lack is told by name."""
    table = Table(("page", "n"), [("/", 1), (None, 2)])
    assert list(table) == [{"page": "/", "n": 1}, {"page": None, "n": 2}]
    for module, make in (
        ("pandas", table.pandas),
        ("polars", table.polars),
        ("pyarrow", table.arrow),
    ):
        try:
            __import__(module)
        except ImportError:
            with pytest.raises(ModuleNotFoundError, match=module):
                make()
        else:
            assert len(make()) == 2


def test_the_package_is_light_to_import():
    """`import liveinsight` loads none of what answers."""
    code = (
        "import sys, liveinsight; print(sorted({'duckdb', 'msgspec', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
