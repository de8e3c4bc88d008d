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
# A body of so many bytes is judged when it is there: to read those of others first would take their
# memory, and this one from what the processor has at hand.
LARGE = 4096


class Turns:
    """`POST /api/events`, by turns of the running loop."""

    def __init__(self, door: CollectDoor, journal: SqliteJournal) -> None:
        self._door = door
        self._journal = journal
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Request, Tell]] = []
        self._judged: list[Judged] = []
        self._events = 0  # of those that were judged

    async def events(self, request: Request) -> Response:
        """The door's answer, when it is durable."""
        answer: asyncio.Future[Response] = self._loop.create_future()
        self.take(request, partial(_set, answer))
        return await answer

    def take(self, request: Request, tell: Tell) -> None:
        """`tell` is called with the door's answer, when it is durable."""
        if not self._waiting and not self._judged:
            self._loop.call_soon(self._end_turn)
        self._waiting.append((request, tell))
        if len(request.body) >= LARGE:
            self._judge()

    def _end_turn(self) -> None:
        """Memory and journal take many events for little more than one, so all are kept together."""
        self._judge()
        self._keep()

    def _judge(self) -> None:
        waiting, self._waiting = self._waiting, []
        for request, tell in waiting:
            try:  # with no name of its own for the outcome, that would hold its events too long
                self._judged.append((self._door.judge(request), tell))
            except Exception as error:  # noqa: BLE001 - told to the one whose request it was
                self._tell_soon([(tell, problem(error))])
                continue
            self._events += len(self._judged[-1][0].events)
            if self._events >= KEPT_AT_ONCE:
                self._keep()

    def _keep(self) -> None:
        """Answer when it is durable; when this is left the events are let go."""
        judged, self._judged, self._events = self._judged, [], 0
        if not judged:
            return
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
            self._tell_soon([(tell, refusal) for _, tell in judged])
            return
        answered = [(tell, answer_to(outcome)) for outcome, tell in judged]
        if kept is None:
            self._tell_soon(answered)
        else:
            kept.add_done_callback(lambda kept: _tell(answered, kept.exception()))

    def _tell_soon(self, answered: list[tuple[Tell, Response]]) -> None:
        """Not while a request is still being handed over: it may be judged when it comes."""
        self._loop.call_soon(_tell, answered, None)


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
