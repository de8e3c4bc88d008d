"""`liveinsight cost`: the bill's lines follow from the traffic."""

import json

import pytest
from typer.testing import CliRunner

from liveinsight.entrypoints.cli import app
from liveinsight.usecases.cost import Traffic, cost


def bill(**about):
    return {line.part: line.usd for line in cost(Traffic(**about))}


def test_a_million_single_events_cost_about_what_the_docs_say():
    """One event a request: API Gateway is the largest part, and all is under ten dollars."""
    told = bill(events=1_000_000)
    assert told["API Gateway"] == pytest.approx(3.50)
    assert max(told, key=told.get) in {"API Gateway", "Alarms and dashboard"}
    variable = sum(told.values()) - told["Alarms and dashboard"]
    assert 5 < variable < 10


def test_batches_are_cheaper():
    """Ten events a request cost a tenth of API Gateway, and as much for the events themselves."""
    single, batched = bill(events=10_000_000), bill(events=10_000_000, events_per_request=10)
    assert batched["API Gateway"] == pytest.approx(single["API Gateway"] / 10)
    assert batched["DynamoDB events"] == single["DynamoDB events"]


def test_an_idle_home_costs_what_is_fixed():
    """Without an event what is left is alarms, the dashboard and the sealer's runs."""
    told = bill(events=0)
    assert sum(told.values()) - told["Alarms and dashboard"] < 0.5


def test_the_command_prints_json():
    """`--json` gives the lines and their sum."""
    told = CliRunner().invoke(app, ["cost", "--events", "1000000", "--json"])
    assert told.exit_code == 0, told.output
    answer = json.loads(told.stdout)
    assert answer["total_usd"] == pytest.approx(sum(line["usd"] for line in answer["lines"]))


def test_without_traffic_it_says_what_to_tell(tmp_path):
    """A folder without events is no basis: the error names the flag."""
    told = CliRunner().invoke(app, ["cost", "--data-dir", str(tmp_path / "none")])
    assert told.exit_code == 1
    assert "--events" in told.output
