"""Logs: one line a thing, as text for people or as JSON for machines; never an address."""

import json
import logging
import sys
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
    """A line of JSON for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's time, level, place and text, and the error where there is one."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def set_up(form: str, level: str) -> None:
    """Write to standard error, which whoever started the process keeps."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonLines() if form == "json" else logging.Formatter("%(levelname)s %(message)s")
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # The server's own start and stop lines say nothing that ours don't.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
