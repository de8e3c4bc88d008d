"""What this machine has, or the part of it that a container or a service manager leaves us."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OURS = Path("/proc/self/cgroup")


def memory_mb(groups: Path = GROUPS, ours: Path = OURS) -> int:
    """The machine's memory, or the least that a group around this process may have of it."""
    least = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in _limits(groups, ours):
        with suppress(OSError, ValueError):  # no such group from here, or without a limit: "max"
            least = min(least, int(file.read_text("ascii")))
    return least // 2**20


def fair_share_mb(machine_mb: int) -> int:
    """A quarter of the machine: enough on a small one, not all that a large one has."""
    return min(max(machine_mb // 4, 64), 4096)


def _limits(groups: Path, ours: Path) -> Iterator[Path]:
    """Where limits of memory may stand: those of our group and of the groups around it. Within a
    container its own group is often the root of what can be seen.
    """
    try:
        lines = ours.read_text("utf-8").splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:  # version 2
            root, name = groups, "memory.max"
        elif "memory" in controllers.split(","):  # version 1
            root, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        parts = [part for part in path.split("/") if part not in {"", ".."}]
        yield from (root.joinpath(*parts[:n], name) for n in range(len(parts) + 1))
