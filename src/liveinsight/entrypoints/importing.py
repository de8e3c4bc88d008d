"""The process of one import: `python -m liveinsight.entrypoints.importing FOLDER MEMORY_MB GEO CONTENT FILE SITE`.

Started by the server, never by hand (that is `liveinsight import`): it tells how far it is in
lines of JSON, and keeps the memory that an import takes out of the server.
"""

import sys
from pathlib import Path

import msgspec

from liveinsight.adapters.local.imports import Said
from liveinsight.domain.bringing import Content
from liveinsight.domain.errors import LiveInsightError
from liveinsight.wiring.bringing import Import
from liveinsight.wiring.settings import Settings


def main(folder: str, memory_mb: str, geo: str, content: str, path: str, site: str) -> int:
    """Bring the file in; the exit code says whether it is."""
    settings = Settings(
        data_dir=Path(folder),
        memory_limit_mb=int(memory_mb),
        geo_database=tuple(filter(None, geo.split(","))),
    )
    try:
        bringing = Import(settings, site, Path(path))
    except LiveInsightError as error:
        return _failed(error)
    before = bringing.events

    def told(done: int, total: int) -> None:
        _say(Said(done=done, total=total, events=bringing.events - before))

    try:
        drops = bringing.export(told) if content == Content.EXPORT else bringing.plain(told)
    except LiveInsightError as error:
        return _failed(error)
    finally:
        bringing.close()
    dropped = {reason.value: n for reason, n in drops.items()}
    _say(Said(done=bringing.done, events=bringing.events - before, dropped=dropped))
    return 0


def _failed(error: LiveInsightError) -> int:
    _say(Said(error=str(error)))
    return 1


def _say(said: Said) -> None:
    print(msgspec.json.encode(said).decode(), flush=True)  # noqa: T201 - the server reads it


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
