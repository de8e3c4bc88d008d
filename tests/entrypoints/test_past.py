"""The demo's past is the same however it came to be."""

from pathlib import Path

from lake_house import House
from liveinsight.adapters.clock import SystemClock
from liveinsight.domain.lake import Relation
from liveinsight.entrypoints import past

COLUMNS = ("time_ms", "type", "visit", "page", "source", "country", "revenue_amount")


def held(path: Path) -> set[tuple]:
    house = House(path, SystemClock().now_ms(), {"blog": "UTC"})
    rows = house.rows(Relation.EVENTS, "demo")
    house.close()
    last_midnight_ms = max(row["time_ms"] for row in rows) // 86_400_000 * 86_400_000
    return {
        tuple(row[name] for name in COLUMNS) for row in rows if row["time_ms"] < last_midnight_ms
    }


def test_stopped_and_resumed_it_is_the_same(tmp_path: Path, monkeypatch):
    """In parts, with a stop between, the days hold what they hold when done at once."""
    monkeypatch.setattr(past, "EVENTS_AT_ONCE", 2500)
    past.fill(tmp_path / "once", days=3)
    load = past.BulkLoad.events
    calls = []

    def stopped(self, events, progress):
        if len(calls) == 1:
            raise KeyboardInterrupt
        calls.append(progress)
        load(self, events, progress)

    monkeypatch.setattr(past.BulkLoad, "events", stopped)
    try:
        past.fill(tmp_path / "parts", days=3)
    except KeyboardInterrupt:
        monkeypatch.setattr(past.BulkLoad, "events", load)
        past.fill(tmp_path / "parts", days=3)
    assert len(calls) == 1
    assert held(tmp_path / "once") == held(tmp_path / "parts") != set()
    assert past.fill(tmp_path / "once", days=3) == 0
