"""Letters, for managers: who gets a site's figures by e-mail, and how often."""

from typing import Protocol

from msgspec import Struct

from liveinsight.domain.errors import Invalid, NotFound
from liveinsight.domain.letter import (
    MOST_LETTERS,
    Every,
    Language,
    Letter,
    checked_address,
    period_before,
)
from liveinsight.domain.site import Site
from liveinsight.http.auth import Keys
from liveinsight.http.exchange import Request, Response, success
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.wire import read_json
from liveinsight.ports import Clock, Letters


class Sends(Protocol):
    """What sends letters."""

    @property
    def can_send(self) -> bool: ...

    async def send(self, letter: Letter) -> None: ...


class LetterTold(Struct, frozen=True):
    """A letter, when it went out last, and why it did not."""

    to: str
    every: Every
    language: Language
    sent_ms: int | None
    failure: str


class LettersTold(Struct, frozen=True):
    """A site's letters, and whether there is a mail server to send them by."""

    can_send: bool
    letters: list[LetterTold]


class LetterForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A letter that is wanted."""

    site: str
    to: str
    every: Every = Every.WEEK
    language: Language = Language.ENGLISH


class LettersDoor:
    """Lets managers say who gets letters."""

    def __init__(self, letters: Letters, post: Sends, keys: Keys, clock: Clock) -> None:
        self._letters = letters
        self._post = post
        self._keys = keys
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        manager = Access.MANAGER
        site = Param("site", "Site id", required=True)
        whose = (
            site,
            Param("to", "Whose", required=True),
            Param("every", "day, week or month", required=True),
        )
        return (
            Route(method="GET", path="/api/letters", handler=self.told, about="Who gets a site's figures by e-mail", access=manager, params=(site,), answers=LettersTold, errors=(401, 403, 404)),
            Route(method="POST", path="/api/letters", handler=self.add, about="One more, from the next period on", access=manager, body=LetterForm, answers=LettersTold, errors=(400, 401, 403, 404)),
            Route(method="DELETE", path="/api/letters", handler=self.remove, about="No more of it", access=manager, params=whose, answers=LettersTold, errors=(400, 401, 403, 404)),
            Route(method="POST", path="/api/letters/send", handler=self.send, about="Send the newest one now, to one who gets them", access=manager, body=LetterForm, answers=LettersTold, errors=(400, 401, 403, 404, 503)),
        )  # fmt: skip

    async def told(self, request: Request) -> Response:
        """`GET /api/letters?site=…`."""
        return self._all(self._site(request, request.params.get("site", "")))

    async def add(self, request: Request) -> Response:
        """`POST /api/letters`."""
        form = read_json(request, LetterForm)
        site = self._site(request, form.site)
        known = [(one.to, one.every) for one in self._letters.all(site.id)]
        if (form.to, form.every) not in known and len(known) >= MOST_LETTERS:
            raise Invalid("to", f"there are {MOST_LETTERS} already, which are the most")
        over = period_before(form.every, self._clock.now_ms(), site.timezone)
        self._letters.put(
            Letter(
                site=site.id,
                to=checked_address(form.to),
                every=form.every,
                language=form.language,
                sent=over.name,
            )
        )
        return self._all(site)

    async def remove(self, request: Request) -> Response:
        """`DELETE /api/letters?site=…&to=…&every=…`."""
        params = request.params
        site = self._site(request, params.get("site", ""))
        letter = self._known(site, params.get("to", ""), params.get("every", ""))
        self._letters.remove(letter)
        return self._all(site)

    async def send(self, request: Request) -> Response:
        """`POST /api/letters/send`: to nobody but who gets letters anyway."""
        form = read_json(request, LetterForm)
        site = self._site(request, form.site)
        await self._post.send(self._known(site, form.to, form.every))
        return self._all(site)

    def _known(self, site: Site, to: str, every: str) -> Letter:
        for letter in self._letters.all(site.id):
            if (letter.to, letter.every) == (to, every):
                return letter
        raise NotFound("There is no such letter.")

    def _site(self, request: Request, name: str) -> Site:
        return self._keys.managed(request, name, self._clock.now_ms())

    def _all(self, site: Site) -> Response:
        told = [
            LetterTold(one.to, one.every, one.language, one.sent_ms, one.failure)
            for one in self._letters.all(site.id)
        ]
        return success(LettersTold(self._post.can_send, told))
