"""A disk that fails at any write or sync: nothing acknowledged is lost, nothing is there twice."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from builders import NOON_MS, an_event
from lake_house import House, held_visits, told_visit_rows
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS, HOUR_MS
from liveinsight.domain.visitor import fingerprint
from served import Served, kept_ids, until

TESTS = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """A library that stands between the program and the disk."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs Linux and a C compiler")
    made = tmp_path_factory.mktemp("shim") / "faulty_disk.so"
    source = TESTS / "faulty_disk.c"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return str(made)


@pytest.mark.parametrize(
    ("number", "syncs_only"),
    [(errno.EIO, True), (errno.EIO, False), (errno.ENOSPC, False), (errno.EROFS, False)],
    ids=["fsync fails", "writes fail", "full", "read-only"],
)
def test_a_disk_that_fails_is_503_until_it_works(tmp_path, shim, number, syncs_only):
    """What was answered with 200 is kept, once; what was not can be sent again; no restart."""
    flag, folder = tmp_path / "fail", tmp_path / "data"
    settings = {
        "LD_PRELOAD": shim,
        "FAIL_WHILE": str(flag),
        "FAIL_UNDER": str(folder),
        "FAIL_ERRNO": str(int(number)),
    }
    if syncs_only:
        settings["FAIL_SYNCS_ONLY"] = "1"
    with Served(folder, **settings) as server:
        assert server.send("before") == 200
        flag.touch()
        assert server.send("meanwhile") == 503
        assert server.send("meanwhile") == 503
        assert server.ask("GET", "/readyz")[1]["checks"]["journal"] != "ok"
        flag.unlink()
        until(lambda: server.send("meanwhile") == 200)
        assert server.send("before", "meanwhile", "after") == 200
        assert server.ask("GET", "/readyz")[1]["checks"]["journal"] == "ok"
        assert server.stop() == 0
        assert "Traceback" not in server.log
    kept = kept_ids(folder)
    assert len(kept) == len(set(kept))
    wanted = {fingerprint("default", told) for told in ("before", "meanwhile", "after")}
    assert set(kept) == wanted


SEALER = """
import sys
from pathlib import Path
from lake_house import House

try:
    house = House(Path(sys.argv[1]), int(sys.argv[2]))
    house.tail()
    house.store.seal()
    while house.store.tidy():
        pass
except Exception as error:
    print(type(error).__name__, error)
    sys.exit(3)
"""


def test_full_at_any_write_of_a_seal(tmp_path, shim):
    """The seal fails and leaves all as it was, or it is done: after it the figures are right, and
    the next seal leaves no file that nobody names.
    """
    now_ms, kept, failed = NOON_MS + 30 * DAY_MS, [], 0
    for round_, first_bad in enumerate((2, 9, 15, 22, 30)):
        events = [
            an_event(time_ms=NOON_MS + round_ * HOUR_MS + k * 60_000, visitor=k % 7, page=f"/{k}")
            for k in range(30)
        ]
        kept += events
        house = House(tmp_path, now_ms)
        house.keep(events, at_ms=NOON_MS)
        house.close()
        environ = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]),
            "LD_PRELOAD": shim,
            "FAIL_FROM": str(first_bad),
            "FAIL_UNDER": str(tmp_path),
            "FAIL_ERRNO": str(int(errno.ENOSPC)),
        }
        command = [sys.executable, "-c", SEALER, str(tmp_path), str(now_ms)]
        done = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
        assert done.returncode in {0, 3}, done.stderr
        failed += done.returncode == 3
        house = House(tmp_path, now_ms)
        house.store.clean()
        house.tail()
        expected = told_visit_rows(kept, "UTC")
        assert held_visits(house.rows(Relation.VISITS)) == expected, first_bad
        assert len(house.rows(Relation.EVENTS)) == len(kept), first_bad
        house.close()
    assert failed >= 3
    house = House(tmp_path, now_ms)
    house.tail()
    house.store.seal()
    while house.store.tidy():
        pass
    named = {file.name for file in house.store.moment.relations.files("shop")}
    root = tmp_path / "lake"
    assert {str(path.relative_to(root)) for path in root.rglob("*.parquet")} == named
    house.close()
