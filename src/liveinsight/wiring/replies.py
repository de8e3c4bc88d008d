"""Where questions, usecases and SQL meet: inside whichever process holds a reading."""

from time import perf_counter

import msgspec

from liveinsight.adapters.sql.export import export
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.adapters.sql.reading import Reading
from liveinsight.adapters.sql.remembered import Remembered
from liveinsight.domain.question import Question
from liveinsight.domain.rows import Export
from liveinsight.domain.site import Site
from liveinsight.usecases.ask import reply

# Of this process: the same question twice is counted once.
REMEMBERED = Remembered()


def replied(reading: Reading, question: Question, site: Site) -> bytes:
    """The answer as JSON."""
    history = SqlHistory(reading, REMEMBERED)
    return msgspec.json.encode(reply(question, site, history, reading.now_ms, perf_counter))


def exported(reading: Reading, asked: Export, site: Site, path: str) -> None:
    """The events as a file at the path, which may be a pipe."""
    export(reading, asked, site.id, site.timezone, path)
