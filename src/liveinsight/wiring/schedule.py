"""Backups by themselves: now and then a process is started that adds one where it is due.

A process of its own, with low priority, so that the server keeps neither the memory nor the pace
of it; whether one is due is told by the newest that is there, so that a restart changes nothing.
"""

import asyncio
import logging
import sys

from liveinsight.wiring.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 900.0
FIRST_LOOK_AFTER_S = 60.0
KIND_S = 10.0  # what a backup is given to end in, when the server stops


class BackupSchedule:
    """Runs until it is cancelled."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.failures = 0
        self.failure: str | None = None

    async def run(self) -> None:
        """Look, wait, and look again."""
        await asyncio.sleep(FIRST_LOOK_AFTER_S)
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Add a backup if one is due."""
        process = await asyncio.create_subprocess_exec(
            *self._command(),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, told = await process.communicate()
        except asyncio.CancelledError:
            await _end(process)
            raise
        if process.returncode == 0:
            self.failure = None
            return
        self.failures += 1
        self.failure = told.decode("utf-8", "replace").strip()[-500:]
        log.error("the backup failed, it is tried again: %s", self.failure)

    def _command(self) -> list[str]:
        told = self._settings
        flags = {
            "--keep": told.backup_keep,
            "--if-older-than": told.backup_every_hours,
            "--data-dir": told.data_dir,
        }
        words = [str(word) for flag in flags.items() for word in flag]
        program = [sys.executable, "-m", "liveinsight", "backup", told.backup_to]
        return ["nice", "-n", "10", *program, *words]


async def _end(process: asyncio.subprocess.Process) -> None:
    """What it wrote so far is no backup, and the next one goes on from there."""
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), KIND_S)
    except TimeoutError:
        process.kill()
        await process.wait()
