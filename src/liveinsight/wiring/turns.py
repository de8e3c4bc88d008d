"""The collect door on an event loop: requests that arrive in one turn of it are judged one after
the other, taken together, and become one group of the journal.

One request after the other through the same code is kinder to a processor than each in a task of
its own between those of the server; under load that is worth a third of the throughput.
"""

import asyncio
import logging
from collections import Counter
from functools import partial

from liveinsight.adapters.local.journal import SqliteJournal
from liveinsight.domain.drop import Drop
from liveinsight.http.collect import CollectDoor, answer_to
from liveinsight.http.exchange import Request, Response, Tell
from liveinsight.http.problems import problem
from liveinsight.usecases.collect import Outcome

log = logging.getLogger(__name__)

Judged = tuple[Outcome, Tell]

# A turn of many connections is more, and what is judged takes memory until it is kept.
KEPT_AT_ONCE = 5000


class Turns:
    """`POST /api/events`, by turns of the running loop."""

    def __init__(self, door: CollectDoor, journal: SqliteJournal) -> None:
        self._door = door
        self._journal = journal
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Request, Tell]] = []

    async def events(self, request: Request) -> Response:
        """The door's answer, when it is durable."""
        answer: asyncio.Future[Response] = self._loop.create_future()
        self.take(request, partial(_set, answer))
        return await answer

    def take(self, request: Request, tell: Tell) -> None:
        """`tell` is called with the door's answer, when it is durable."""
        if not self._waiting:
            self._loop.call_soon(self._judge)
        self._waiting.append((request, tell))

    def _judge(self) -> None:
        """Judge what waits, and keep it together: memory and journal take many events for little
        more than one.
        """
        waiting, self._waiting = self._waiting, []
        judged: list[Judged] = []
        events = 0
        for request, tell in waiting:
            try:  # with no name of its own for the outcome, that would hold its events too long
                judged.append((self._door.judge(request), tell))
            except Exception as error:  # noqa: BLE001 - told to the one whose request it was
                _tell([(tell, problem(error))], None)
                continue
            events += len(judged[-1][0].events)
            if events >= KEPT_AT_ONCE:
                self._keep(judged)
                judged, events = [], 0
        if judged:
            self._keep(judged)

    def _keep(self, judged: list[Judged]) -> None:
        """Answer when it is durable; when this is left the events are let go."""
        outcomes = [outcome for outcome, _ in judged]
        try:
            self._door.take(outcomes)
            events = [event for outcome in outcomes for event in outcome.events]
            lost: Counter[tuple[str, Drop]] = Counter()
            for outcome in outcomes:
                if outcome.lost:
                    lost.update(outcome.lost)
            kept = self._journal.append(events, lost)
        except Exception as error:  # noqa: BLE001 - told to those whose requests they were
            refusal = problem(error)
            _tell([(tell, refusal) for _, tell in judged], None)
            return
        answered = [(tell, answer_to(outcome)) for outcome, tell in judged]
        if kept is None:
            _tell(answered, None)
        else:
            kept.add_done_callback(lambda kept: _tell(answered, kept.exception()))


def _tell(answered: list[tuple[Tell, Response]], error: BaseException | None) -> None:
    refusal = problem(error) if isinstance(error, Exception) else None
    for tell, answer in answered:
        try:
            tell(refusal or answer)
        except Exception:  # the others of the group are answered all the same
            log.exception("an answer could not be told")


def _set(answer: "asyncio.Future[Response]", told: Response) -> None:
    if not answer.done():  # whoever hung up waits no more
        answer.set_result(told)
