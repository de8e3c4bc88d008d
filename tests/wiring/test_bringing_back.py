"""An export brought back is what it was, whichever way it goes in."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from builders import NOON_MS, an_event
from lake_house import House
from liveinsight.adapters.local.store.bulk import BulkLoad
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.adapters.sql import bring
from liveinsight.adapters.sql.bring import Staged
from liveinsight.adapters.sql.export import export
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.range import Span
from liveinsight.domain.rows import Export
from liveinsight.wiring.bringing import ExportLoad

ZONE = "Asia/Kathmandu"
HOUSEKEEPING = {"prior", "own_origin", "own_client"}


@pytest.fixture
def house(tmp_path: Path):
    house = House(tmp_path / "data", NOON_MS + 9 * DAY_MS, {"shop": ZONE, "copy": ZONE})
    draw = random.Random(3)
    house.keep(
        [
            an_event(
                event_id=k,
                time_ms=NOON_MS + draw.randrange(4 * DAY_MS // 60_000) * 60_000,
                visitor=draw.randrange(40),
                type=draw.choice(("page_view", "page_view", "engagement", "Signup", "session_end")),
                page=f"/{draw.randrange(4)}",
                country=draw.choice((None, "KR")),
            )
            for k in range(3000)
        ]
    )
    house.tail()
    house.store.seal()
    yield house
    house.close()


def exported(house: House, path: Path, start_ms: int = 0) -> Path:
    with house.store.reading() as reading:
        export(reading, Export("parquet", Span(start_ms, 2**41)), "shop", ZONE, str(path))
    return path


def held(house: House, relation: Relation, site: str) -> list[str]:
    rows = house.rows(relation, site)
    plain = [{k: v for k, v in row.items() if k not in HOUSEKEEPING} for row in rows]
    return sorted(map(repr, plain))


def bring_back(house: House, staged: Staged, *, is_judged: bool) -> None:
    with closing(BulkLoad(house.folder, Limits())) as load:
        bringing = ExportLoad(load, "copy", is_judged=is_judged)
        for part in staged.parts(0):
            bringing.part(part)
    house.tail()


@pytest.mark.parametrize("way", ["as it was judged", "judged anew"])
def test_the_copy_is_the_original(house: House, tmp_path: Path, monkeypatch, way: str):
    """The same visits, views, days and figures, also part by part."""
    monkeypatch.setattr(bring, "ROWS_AT_ONCE", 700)
    staged = Staged(exported(house, tmp_path / "out.parquet"), tmp_path, "copy", ZONE)
    assert staged.is_judged
    assert len(list(staged.parts(0))) > 2
    bring_back(house, staged, is_judged=way == "as it was judged")
    for relation in (Relation.EVENTS, Relation.VISITS, Relation.ROLLUP):
        assert held(house, relation, "copy") == held(house, relation, "shop")


def test_what_begins_in_the_middle_is_judged_anew(house: House, tmp_path: Path):
    """Of visits whose beginning was not exported the rest is no visit as it stands."""
    first = min(row["start_ms"] for row in house.rows(Relation.VISITS) if row["pageviews"] > 2)
    path = exported(house, tmp_path / "out.parquet", first + 1)
    assert not Staged(path, tmp_path, "copy", ZONE).is_judged


def test_beside_other_events_it_is_judged_anew(house: House, tmp_path: Path):
    """A visitor who is here already goes on with the visit that was exported."""
    visit = next(row for row in house.rows(Relation.VISITS) if not row["ended"])
    late = an_event(
        site="copy", event_id=10**6, time_ms=visit["end_ms"] + 60_000, visitor=visit["visitor"]
    )
    house.keep([late])
    house.tail()
    house.store.seal()
    staged = Staged(exported(house, tmp_path / "out.parquet"), tmp_path, "copy", ZONE)
    bring_back(house, staged, is_judged=True)
    found = {row["event_id"]: row["visit"] for row in house.rows(Relation.EVENTS, "copy")}
    assert found[10**6] != 10**6
