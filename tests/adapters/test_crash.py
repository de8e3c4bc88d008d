"""kill -9 at every named step of sealing: nothing is lost, nothing is there twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from builders import NOON_MS, an_event
from lake_house import House, held_visits, told_visit_rows
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS, HOUR_MS

STEPS = (
    "written",
    "synced",
    "renamed",
    "folders_synced",
    "told",
    "committed",
    "forgotten",
    "removed",
)
SEALER = """
import os, signal, sys
from pathlib import Path
from lake_house import House

def at(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

house = House(Path(sys.argv[1]), int(sys.argv[3]), at=at)
house.tail()
house.store.seal()
while house.store.tidy():
    pass
"""


def a_day(n: int) -> list:
    """Visits of a day, one of them over midnight."""
    start = NOON_MS + n * DAY_MS
    return [
        an_event(time_ms=start + k * HOUR_MS // 4, visitor=10 + k % 5, page=f"/{k % 3}")
        for k in range(48)
    ]


def test_killed_at_any_step_the_figures_are_right(tmp_path: Path):
    """After a kill at each step in turn, with new and late events between, all is there once."""
    kept = []
    for number, step in enumerate(STEPS):
        events = a_day(number // 2)
        kept += events
        now_ms = NOON_MS + 30 * DAY_MS
        house = House(tmp_path, now_ms)
        house.keep(events, at_ms=NOON_MS)
        house.close()
        command = [sys.executable, "-c", SEALER, str(tmp_path), step, str(now_ms)]
        done = subprocess.run(command, env=_paths(), check=False)
        assert done.returncode in {-signal.SIGKILL, 0 if step == "removed" else -signal.SIGKILL}
        house = House(tmp_path, now_ms)
        house.store.clean()
        house.tail()
        expected = told_visit_rows(kept, "UTC")
        assert held_visits(house.rows(Relation.VISITS)) == expected, step
        assert len(house.rows(Relation.EVENTS)) == len(kept), step
        house.store.seal()
        assert held_visits(house.rows(Relation.VISITS)) == expected, step
        named = {file.name for file in house.store.moment.relations.files("shop")}
        while house.store.tidy():
            pass
        root = tmp_path / "lake"
        left = {str(path.relative_to(root)) for path in root.rglob("*.parquet")}
        assert left == named, step
        house.close()


def _paths() -> dict[str, str]:
    tests = Path(__file__).parent.parent
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), *sys.path])}
