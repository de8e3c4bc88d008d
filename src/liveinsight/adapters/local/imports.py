"""Files that were sent to be imported, and the process that reads each: one at a time.

A file is kept under the hash of its content and at a time of its own, so that the same file sent
again is the same import: it goes on where it was, and brings nothing twice.
"""

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from liveinsight.domain.bringing import Bringing, Content, Phase, ending_of
from liveinsight.domain.errors import Invalid, NotFound
from liveinsight.domain.site import Site
from liveinsight.ports import Clock

FOLDER = "imports"
REMEMBERED = 50
# What is told of one import at a time by the process, and of what went wrong.
MOST_WORDS = 500


class Said(msgspec.Struct):
    """One line of the process: how far it is, or how it ended."""

    done: int = 0
    total: int = 0
    events: int = 0
    dropped: dict[str, int] | None = None
    error: str | None = None


class LocalImports:
    """The port `Imports`. `command` starts the process; content, file and site are added."""

    def __init__(self, data_dir: Path, command: Sequence[str], clock: Clock) -> None:
        self._folder = data_dir / FOLDER
        self._command = command
        self._clock = clock
        self._known: dict[str, Bringing] = {}
        self._hashes: dict[str, hashlib.blake2b] = {}
        self._endings: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    def told(self, site_id: str) -> Sequence[Bringing]:
        """The site's imports since the server started, newest first."""
        return [one for one in reversed(self._known.values()) if one.site == site_id]

    def get(self, import_id: str) -> Bringing:
        """One import."""
        if import_id not in self._known:
            raise NotFound("There is no such import.")
        return self._known[import_id]

    def begin(self, site: Site, name: str, content: Content, size_bytes: int) -> Bringing:
        """Make room for a file."""
        ending = ending_of(name, content)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if size_bytes > shutil.disk_usage(self._folder).free // 2:
            raise Invalid("size_bytes", "is more than half of the room that is left on the disk")
        import_id = secrets.token_hex(8)
        self._part(import_id).touch(mode=0o600)
        self._endings[import_id] = ending
        self._hashes[import_id] = hashlib.blake2b(site.id.encode(), digest_size=16)
        begun = Bringing(import_id, site.id, name, content, size_bytes, self._clock.now_ms())
        self._known[import_id] = begun
        self._forget_old()
        return begun

    async def take(self, import_id: str, offset: int, piece: bytes) -> Bringing:
        """Keep a piece; the last one starts the import. A piece that is here already is harmless."""
        now = self.get(import_id)
        if now.phase is not Phase.RECEIVING or offset + len(piece) <= now.received_bytes:
            return now
        if offset != now.received_bytes:
            raise Invalid("offset", f"must be {now.received_bytes}")
        if offset + len(piece) > now.size_bytes:
            raise Invalid("offset", "goes beyond the size that was told")
        # Noted before it is written: a second piece of the same offset must not come between.
        now = self._note(now, received_bytes=offset + len(piece))
        await asyncio.to_thread(self._write, import_id, piece)
        if now.received_bytes == now.size_bytes:
            now = self._note(self.get(import_id), phase=Phase.WAITING)
            self._tasks[import_id] = asyncio.create_task(self._run(import_id))
        return now

    def cancel(self, import_id: str) -> None:
        """Stop it and forget the file; what was brought in stays."""
        self.get(import_id)
        if task := self._tasks.get(import_id):
            task.cancel()
        del self._known[import_id]
        self._drop_file(import_id)

    async def stop(self) -> None:
        """Let all go; whoever sends a file again goes on where it was."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _write(self, import_id: str, piece: bytes) -> None:
        self._hashes[import_id].update(piece)
        with self._part(import_id).open("ab") as file:
            file.write(piece)

    async def _run(self, import_id: str) -> None:
        now = self.get(import_id)
        file = self._folder / (self._hashes[import_id].hexdigest() + self._endings[import_id])
        try:
            async with self._turn:
                self._part(import_id).rename(file)
                os.utime(file, (0, 0))
                self._note(now, phase=Phase.RUNNING)
                await self._read(import_id, [*self._command, now.content, str(file), now.site])
        finally:
            file.unlink(missing_ok=True)
            self._drop_file(import_id)

    async def _read(self, import_id: str, command: Sequence[str]) -> None:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
        if process.stdout is None or process.stderr is None:
            raise RuntimeError("a process was started without its pipes")
        try:
            errors = asyncio.create_task(process.stderr.read())
            async for line in process.stdout:
                self._hear(import_id, msgspec.json.decode(line, type=Said))
            words = (await errors).decode("utf-8", "replace").strip()
            if await process.wait() != 0 and self.get(import_id).phase is not Phase.FAILED:
                told = words.rpartition("\n")[2][-MOST_WORDS:] or "The import was stopped."
                self._note(self.get(import_id), phase=Phase.FAILED, error=told)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _hear(self, import_id: str, said: Said) -> None:
        now = self.get(import_id)
        if said.error is not None:
            self._note(now, phase=Phase.FAILED, error=said.error[:MOST_WORDS])
        elif said.dropped is not None:
            self._note(now, phase=Phase.DONE, events=said.events, dropped=said.dropped)
        else:
            self._note(now, done=said.done, total=said.total, events=said.events)

    def _note(self, now: Bringing, **changes: object) -> Bringing:
        self._known[now.id] = replace(now, **changes)
        return self._known[now.id]

    def _part(self, import_id: str) -> Path:
        return self._folder / f"{import_id}.part"

    def _drop_file(self, import_id: str) -> None:
        self._part(import_id).unlink(missing_ok=True)
        self._hashes.pop(import_id, None)
        self._endings.pop(import_id, None)
        self._tasks.pop(import_id, None)

    def _forget_old(self) -> None:
        over = [one.id for one in self._known.values() if one.phase in {Phase.DONE, Phase.FAILED}]
        for import_id in over[: max(0, len(self._known) - REMEMBERED)]:
            del self._known[import_id]
