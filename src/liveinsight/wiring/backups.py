"""Backups, put together: a data folder, and the vault that a place names."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from liveinsight import __version__
from liveinsight.adapters.aws.client import connect
from liveinsight.adapters.aws.vault import S3Vault
from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.copied import LocalCopied
from liveinsight.adapters.local.database import Folder, schema_version
from liveinsight.adapters.local.lake import digest_of
from liveinsight.adapters.local.restored import Restored
from liveinsight.adapters.local.vault import FolderVault
from liveinsight.domain.backup import Backup
from liveinsight.domain.errors import Misconfigured
from liveinsight.domain.period import HOUR_MS
from liveinsight.ports import Vault
from liveinsight.usecases import backup as backing
from liveinsight.usecases import check as checking

S3 = "s3://"
Told = Callable[[str, int, int], None]  # what is being done, how far it is, and of how much


def vault_of(place: str) -> Vault:
    """`s3://bucket/prefix`, or a folder."""
    if not place.startswith(S3):
        return FolderVault(Path(place).expanduser())
    bucket, _, prefix = place.removeprefix(S3).partition("/")
    if not bucket:
        raise Misconfigured(f"{place!r} names no bucket; write s3://bucket/prefix.")
    try:
        return S3Vault(connect("s3"), bucket, prefix)
    except ImportError:
        raise Misconfigured(
            "Backups in S3 need one more package: pip install 'liveinsight[s3]'."
        ) from None


def _is_in_use(place: Path, data_dir: Path) -> bool:
    place, folder = place.resolve(), data_dir.resolve()
    return place == folder or place.is_relative_to(folder / "lake")


def back_up(data_dir: Path, place: str, keep: int, told: Told) -> tuple[Backup, list[str]]:
    """Add a backup, then let the oldest go; what was added and which went."""
    folder, vault = Folder(data_dir), vault_of(place)
    if not folder.database.exists():
        raise Misconfigured(f"There is no data in {data_dir}.")
    if not place.startswith(S3) and _is_in_use(Path(place).expanduser(), data_dir):
        raise Misconfigured(f"{place} holds the data themselves: a backup goes elsewhere.")
    with _room(place), LocalCopied(folder, lambda *far: told("Copying the database", *far)) as held:
        now_ms = SystemClock().now_ms()
        made = backing.save(
            held,
            vault,
            now_ms=now_ms,
            program=__version__,
            told=lambda *far: told("Backing up", *far),
        )
        gone = backing.prune(vault, keep)
    return made, gone


def is_fresh(place: str, hours: float) -> bool:
    """Whether there is a backup that is younger."""
    vault = vault_of(place)
    if not backing.backups(vault):
        return False
    return SystemClock().now_ms() - backing.find(vault).made_ms < hours * HOUR_MS


def put_back(
    data_dir: Path, place: str, name: str | None, *, replace: bool, dry_run: bool, told: Told
) -> tuple[Backup, Path | None]:
    """Fetch a backup, read all of it, and let it take the place of what is there."""
    vault = vault_of(place)
    with _room(place):
        backup = backing.find(vault, name)
        _refuse_newer(backup)
        restored = Restored(Folder(data_dir), replace=replace or dry_run)
        try:
            backing.fetch(
                vault,
                backup,
                restored.place,
                digest_of,
                lambda *far: told("Fetching", *far),
            )
            _check(restored.fetched, told)
            return backup, None if dry_run else restored.settle()
        finally:
            restored.close()


def _refuse_newer(backup: Backup) -> None:
    if backup.schema > schema_version():
        raise Misconfigured(
            f"The backup {backup.name} was written by a newer LiveInsight ({backup.program}, "
            f"schema {backup.schema}, known here: {schema_version()}). Use that version."
        )


def _check(folder: Folder, told: Told) -> None:
    from liveinsight.adapters.local.store.content import LocalContent  # noqa: PLC0415 - heavy

    content = LocalContent(folder)
    try:
        damage = checking.check(content, lambda *far: told("Checking", *far))
    finally:
        content.close()
    if damage:
        worst = damage[0]
        raise Misconfigured(
            f"The backup holds damaged data: {worst.part} {worst.fault}, and "
            f"{len(damage) - 1} more. It was damaged before it was backed up; try an older one."
        )


@contextmanager
def _room(place: str) -> Iterator[None]:
    """What the disk says, with the place that it says it of."""
    try:
        yield
    except OSError as error:
        where = error.filename or place
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Misconfigured(f"{where}: {reason}. Nothing that was there is changed.") from error
