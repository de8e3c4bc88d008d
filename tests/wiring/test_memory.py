"""How much memory is taken where nobody says: a fair share of what there is."""

import pytest

from liveinsight.wiring.machine import fair_share_mb, memory_mb
from liveinsight.wiring.settings import load


@pytest.mark.parametrize(("machine_mb", "share_mb"), [(256, 64), (2048, 512), (65_536, 4096)])
def test_a_quarter_is_taken(machine_mb, share_mb):
    """Never too little to answer, never more than a neighbour may mind."""
    assert fair_share_mb(machine_mb) == share_mb


@pytest.mark.parametrize(
    ("told", "file"),
    [
        ("0::/", "memory.max"),
        ("0::/system.slice/liveinsight.service", "system.slice/liveinsight.service/memory.max"),
        ("0::/system.slice/liveinsight.service", "system.slice/memory.max"),
        ("9:memory:/docker/4f", "memory/docker/4f/memory.limit_in_bytes"),
        ("3:cpu:/\n9:memory:/docker/4f\n0::/", "memory/memory.limit_in_bytes"),
        ("0::/../4f", "4f/memory.max"),
    ],
)
def test_a_container_counts_by_its_limit(tmp_path, told, file):
    """Not by the machine that it runs on: in both versions of groups, a service's own, one around
    it, or a container's, which sees no more than itself.
    """
    groups, ours = tmp_path / "groups", tmp_path / "ours"
    ours.write_text(f"{told}\n")
    limit = groups / file
    limit.parent.mkdir(parents=True)
    limit.write_text("268435456\n")
    assert memory_mb(groups, ours) == 256
    limit.write_text("max\n")
    assert memory_mb(groups, ours) == memory_mb(groups, tmp_path / "none") > 256


def test_whoever_says_how_much_is_heard(tmp_path):
    """In the environment as by a flag."""
    told = {"LIVEINSIGHT_MEMORY_LIMIT_MB": "300"}
    assert load({"data_dir": tmp_path}, told).memory_limit_mb == 300
    own = load({"data_dir": tmp_path}, {}).memory_limit_mb
    assert own == fair_share_mb(memory_mb())
