"""The collect door on an event loop: requests that arrive in one turn of it are judged together
and become one group of the journal.

One request after the other through the same code is kinder to a processor than each in a task of
its own between those of the server; under load that is worth a third of the throughput.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial

from liveinsight.adapters.local.journal import SqliteJournal
from liveinsight.domain.drop import Drop
from liveinsight.domain.event import Event
from liveinsight.http.collect import CollectDoor, answer_to
from liveinsight.http.exchange import Request, Response
from liveinsight.http.problems import problem

Tell = Callable[[Response], None]


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
        waiting, self._waiting = self._waiting, []
        answered: list[tuple[Tell, Response]] = []
        events: list[Event] = []
        lost: Counter[tuple[str, Drop]] = Counter()
        for request, tell in waiting:
            try:
                outcome = self._door.judge(request)
            except Exception as error:  # noqa: BLE001 - told to the one whose request it was
                tell(problem(error))
                continue
            answered.append((tell, answer_to(outcome)))
            events += outcome.events
            if outcome.lost:
                lost.update(outcome.lost)
        if answered:
            self._keep(answered, events, lost)

    def _keep(
        self,
        answered: list[tuple[Tell, Response]],
        events: list[Event],
        lost: Counter[tuple[str, Drop]],
    ) -> None:
        kept = self._journal.append(events, lost)
        if kept is None:
            _tell(answered, None)
        else:
            kept.add_done_callback(lambda kept: _tell(answered, kept.exception()))


def _tell(answered: list[tuple[Tell, Response]], error: BaseException | None) -> None:
    refusal = problem(error) if isinstance(error, Exception) else None
    for tell, answer in answered:
        tell(refusal or answer)


def _set(answer: "asyncio.Future[Response]", told: Response) -> None:
    if not answer.done():  # whoever hung up waits no more
        answer.set_result(told)
