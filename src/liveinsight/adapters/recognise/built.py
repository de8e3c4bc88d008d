"""Data that others gather, taken from their packages when `web/` is built (see docs/recognition.md)."""

import logging
from pathlib import Path

import liveinsight

DATA = Path(liveinsight.__file__).parent / "data"

_log = logging.getLogger(__name__)


def missing(path: Path, effect: str) -> bool:
    """Whether the file isn't there; then says so, once for whoever asks at its start."""
    if path.is_file():
        return False
    _log.warning("%s is missing: %s; `npm run data` in web/ makes it", path.name, effect)
    return True
