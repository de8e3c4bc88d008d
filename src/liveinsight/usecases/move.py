"""Moving a home's history and decisions into another, so that the same questions have the same
answers there.

Files are immutable and their names never used again: whatever was copied before the move was
stopped is found by its checksum and not copied again, and nothing counts until all of it is there.
"""

from collections.abc import Callable

from msgspec import Struct

from liveinsight.domain.errors import Misconfigured, Unavailable
from liveinsight.domain.holding import Holding, rows_by_relation
from liveinsight.domain.lake import LakeFile
from liveinsight.ports import Movable

Told = Callable[[int, int], None]  # bytes done, and of how many
TRIES = 3


class Moved(Struct, frozen=True):
    """What was done."""

    files: int
    copied: int
    size_bytes: int
    rows: dict[str, int]  # of each relation
    sites: int


def move(source: Movable, target: Movable, told: Told, *, replaces: bool = False) -> Moved:
    """Seal the source, copy what the target lacks, have it count there, and look again."""
    source.seal()
    target.seal()  # what is hot there is in the way, too
    held = source.holding()
    gone = _in_the_way(held, target.holding(), replaces=replaces)
    copied, done = 0, 0
    total = sum(file.size_bytes for file in held.files)
    for file in held.files:
        copied += _copied(source, target, file)
        done += file.size_bytes
        told(done, total)
    target.adopt(held, gone)
    _compare(held, target.holding())
    return Moved(len(held.files), copied, total, _by_relation(held), len(held.sites))


def _in_the_way(held: Holding, there: Holding, *, replaces: bool) -> tuple[LakeFile, ...]:
    """Files of the same sites that are not of this move."""
    ours = {(file.name, file.digest) for file in held.files}
    others = tuple(
        file
        for file in there.files
        if file.site in held.site_ids and (file.name, file.digest) not in ours
    )
    if others and not replaces:
        sites = ", ".join(sorted({file.site for file in others}))
        raise Misconfigured(
            f"There is history of {sites} where it is to go. "
            "With --replace it makes room; what is only there is then gone."
        )
    return others


def _copied(source: Movable, target: Movable, file: LakeFile) -> bool:
    """Whether it had to be copied; it is there in the end, byte for byte."""
    if target.has(file):
        return False
    for _ in range(TRIES):
        with source.read(file) as content:
            target.put(file, content)
        if target.has(file):
            return True
    raise Unavailable(
        f"{file.name} is not the same after it was copied {TRIES} times: is its original damaged? "
        "`liveinsight check` tells.",
        retry_after_s=0,
    )


def _compare(held: Holding, there: Holding) -> None:
    ours = tuple(file for file in there.files if file.site in held.site_ids)
    if rows_by_relation(ours) != rows_by_relation(held.files):
        raise Unavailable("Somebody changed the target meanwhile: move again.", retry_after_s=0)


def _by_relation(held: Holding) -> dict[str, int]:
    counted: dict[str, int] = {}
    for (_, relation), rows in rows_by_relation(held.files).items():
        counted[relation] = counted.get(relation, 0) + rows
    return counted
