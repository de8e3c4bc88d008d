"""How much memory is taken where nobody says: a fair share of what there is."""

import pytest

from liveinsight.wiring.settings import fair_share_mb, load, machine_memory_mb


@pytest.mark.parametrize(("machine_mb", "share_mb"), [(256, 128), (2048, 512), (65_536, 4096)])
def test_a_quarter_is_taken(machine_mb, share_mb):
    """Never too little to answer, never more than a neighbour may mind."""
    assert fair_share_mb(machine_mb) == share_mb


def test_a_container_counts_by_its_limit(tmp_path):
    """Not by the machine that it runs on; without a limit it has the machine's."""
    limit = tmp_path / "memory.max"
    limit.write_text("268435456\n")
    assert machine_memory_mb(limit) == 256
    limit.write_text("max\n")
    assert machine_memory_mb(limit) == machine_memory_mb(tmp_path / "none") > 256


def test_whoever_says_how_much_is_heard(tmp_path):
    """In the environment as by a flag."""
    told = {"LIVEINSIGHT_MEMORY_LIMIT_MB": "300"}
    assert load({"data_dir": tmp_path}, told).memory_limit_mb == 300
    own = load({"data_dir": tmp_path}, {}).memory_limit_mb
    assert own == fair_share_mb(machine_memory_mb())
