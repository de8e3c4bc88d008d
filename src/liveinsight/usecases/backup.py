"""Back up and fetch back: parts first and the word about them last, each checked by its digest."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from liveinsight.domain.backup import WORD_SUFFIX, Backup, Part, checked, is_key
from liveinsight.domain.errors import Misconfigured, NotFound
from liveinsight.ports import Copied, Vault

Told = Callable[[int, int], None]  # bytes done, and of how many
Digest = Callable[[str], str]  # of the file at a path


def save(copied: Copied, vault: Vault, *, now_ms: int, program: str, told: Told) -> Backup:
    """Add a backup to the vault; what is there from the one before is not copied again."""
    backup = Backup(
        name=f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%dT%H%M%SZ}",
        made_ms=now_ms,
        program=program,
        schema=copied.schema,
        parts=tuple(copied.parts()),
        unsealed_events=copied.unsealed_events,
    )
    there, done = vault.sizes(), 0
    for part in backup.parts:
        if there.get(part.key) != part.size_bytes:
            vault.put(part.key, copied.path(part))
        done += part.size_bytes
        told(done, backup.size_bytes)
    vault.write(backup.word_key, msgspec.json.format(msgspec.json.encode(backup)))
    return backup


def backups(vault: Vault) -> list[str]:
    """The names of all backups, oldest first."""
    return sorted(
        key.removesuffix(WORD_SUFFIX) for key in vault.sizes() if key.endswith(WORD_SUFFIX)
    )


def find(vault: Vault, name: str | None = None) -> Backup:
    """The named backup, else the newest."""
    names = backups(vault)
    if not names:
        raise NotFound("There is no backup there.")
    if name is not None and name not in names:
        raise NotFound(f"There is no backup {name}; there are {', '.join(names)}.")
    return _read(vault, name or names[-1])


def _read(vault: Vault, name: str) -> Backup:
    try:
        return checked(msgspec.json.decode(vault.read(f"{name}{WORD_SUFFIX}"), type=Backup))
    except msgspec.MsgspecError as error:
        raise Misconfigured(f"The word about the backup {name} is damaged: {error}.") from None


def fetch(
    vault: Vault, backup: Backup, place: Callable[[Part], str], digest: Digest, told: Told
) -> None:
    """Copy all parts to their places; the first that is missing or damaged is named."""
    there, done = vault.sizes(), 0
    for part in backup.parts:
        if part.key not in there:
            raise Misconfigured(f"{part.key} is missing in the vault: {_other(backup)}")
        path = place(part)
        vault.get(part.key, path)
        if digest(path) != part.digest:
            raise Misconfigured(f"{part.key} in the vault is damaged: {_other(backup)}")
        done += part.size_bytes
        told(done, backup.size_bytes)


def prune(vault: Vault, keep: int) -> list[str]:
    """Remove all but the newest backups, and the parts that no other needs; which went."""
    names = backups(vault)
    gone = names[:-keep] if keep else []
    if not gone:
        return []
    kept = [_read(vault, name) for name in names[-keep:]]
    needed = {part.key for backup in kept for part in backup.parts}
    needed |= {backup.word_key for backup in kept}
    doomed = [key for key in vault.sizes() if key not in needed and is_key(key)]
    # The words first: what is left of a backup must not look like one.
    for key in sorted(doomed, key=lambda key: (not key.endswith(WORD_SUFFIX), key)):
        vault.remove(key)
    return gone


def _other(backup: Backup) -> str:
    return f"the backup {backup.name} is not whole. Another may be; --list tells them."
