"""API keys, for managers: made, listed, revoked. A key itself is told once, when it is made."""

import secrets

from msgspec import Struct

from liveinsight.domain.errors import Invalid, NotFound
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.session import checked_name
from liveinsight.http.auth import Keys, check_manager, key_hash, new_key
from liveinsight.http.exchange import Request, Response, success
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.wire import read_json
from liveinsight.ports import Clock, Control


class KeyTold(Struct, frozen=True):
    """A key, without the key; `key` only in the answer to making it."""

    id: str
    label: str
    site: str | None
    scopes: list[str]
    created_ms: int
    last_used_ms: int | None
    key: str | None = None


class KeysTold(Struct, frozen=True):
    """All keys, oldest first."""

    keys: list[KeyTold]


class KeyForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A new key; without a site it is for all."""

    label: str
    scopes: list[str]
    site: str | None = None


class KeysDoor:
    """Reads and changes the keys."""

    def __init__(self, control: Control, keys: Keys, clock: Clock) -> None:
        self._control = control
        self._keys = keys
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        manager = Access.MANAGER
        key_id = Param("id", "The key's id", required=True)
        return (
            Route(method="GET", path="/api/keys", handler=self.told, about="All API keys", access=manager, answers=KeysTold, errors=(401, 403)),
            Route(method="POST", path="/api/keys", handler=self.add, about="A new API key, told this once", access=manager, body=KeyForm, answers=KeyTold, errors=(400, 401, 403)),
            Route(method="DELETE", path="/api/keys", handler=self.revoke, about="Make a key worthless", access=manager, params=(key_id,), answers=KeysTold, errors=(401, 403, 404)),
        )  # fmt: skip

    async def told(self, request: Request) -> Response:
        """`GET /api/keys`."""
        self._check(request)
        return self._all()

    async def add(self, request: Request) -> Response:
        """`POST /api/keys`."""
        self._check(request)
        form = read_json(request, KeyForm)
        if form.site is not None and form.site not in {site.id for site in self._control.sites()}:
            raise Invalid("site", f"there is no site {form.site!r}")
        text = new_key()
        key = Key(
            id=secrets.token_hex(6),
            hash=key_hash(text),
            scopes=_scopes(form.scopes),
            site=form.site,
            label=checked_name(form.label),
            created_ms=self._clock.now_ms(),
        )
        self._control.put_key(key)
        return success(_told(key, text))

    async def revoke(self, request: Request) -> Response:
        """`DELETE /api/keys?id=…`."""
        self._check(request)
        if not self._control.revoke_key(request.params.get("id", "")):
            raise NotFound("There is no such key.")
        return self._all()

    def _check(self, request: Request) -> None:
        check_manager(self._keys.of(request, self._clock.now_ms()), None)

    def _all(self) -> Response:
        keys = self._control.keys()
        return success(KeysTold([_told(key) for key in keys]))


def _scopes(names: list[str]) -> frozenset[Scope]:
    if not names:
        raise Invalid("scopes", f"name none; there are {', '.join(Scope)}")
    try:
        return frozenset(Scope(name) for name in names)
    except ValueError as error:
        raise Invalid("scopes", f"{error}; there are {', '.join(Scope)}") from None


def _told(key: Key, text: str | None = None) -> KeyTold:
    used_ms = key.last_used_ms
    return KeyTold(key.id, key.label, key.site, sorted(key.scopes), key.created_ms, used_ms, text)
