"""What comes in and goes out at a door, in neither server's terms: the same for both homes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cached_property
from urllib.parse import parse_qs

import msgspec

from liveinsight.domain.errors import Invalid

MAX_PARAMS = 100

Headers = tuple[tuple[bytes, bytes], ...]

JSON_TYPE = b"application/json"
NO_STORE = (b"cache-control", b"no-store")
NOSNIFF = (b"x-content-type-options", b"nosniff")
JSON_HEADERS: Headers = ((b"content-type", JSON_TYPE), NOSNIFF, NO_STORE)
# What is posted is never cached, so its answer need not say so.
POSTED_HEADERS: Headers = ((b"content-type", JSON_TYPE), NOSNIFF)
encode = msgspec.json.Encoder(enc_hook=str).encode


Gone = Callable[[], Awaitable[None]]


class Request(msgspec.Struct, dict=True, eq=False):
    """One request. Header names are lower case; of a repeated header the last counts, which is
    the one that the nearest proxy wrote.
    """

    method: str
    path: str
    query: str
    headers: dict[bytes, bytes]
    body: bytes = b""
    peer: str = ""
    gone: Gone | None = None  # returns when the client hangs up, once the body has been read

    def header(self, name: bytes) -> str:
        """A header's text, empty where it is missing."""
        return self.headers.get(name, b"").decode("latin-1")

    @cached_property
    def params(self) -> dict[str, str]:
        """The query's parameters."""
        return params_of(self.query)


def params_of(query: str) -> dict[str, str]:
    """The parameters of a query, or of a form; of a repeated one the last."""
    try:
        told = parse_qs(query, keep_blank_values=True, max_num_fields=MAX_PARAMS)
    except ValueError:
        raise Invalid("query", f"has more than {MAX_PARAMS} parameters") from None
    return {name: values[-1] for name, values in told.items()}


class Response(msgspec.Struct, frozen=True):
    """A whole answer."""

    status: int
    headers: Headers
    body: bytes = b""


class Stream(msgspec.Struct, frozen=True):
    """An answer that goes on; `chunks` ends when the asker is gone or the server stops."""

    status: int
    headers: Headers
    chunks: AsyncIterator[bytes]


Answer = Response | Stream
Handler = Callable[[Request], Awaitable[Answer]]
Tell = Callable[[Response], None]


class Success(msgspec.Struct, frozen=True, gc=False):
    """The owner's shape of a good answer."""

    status: str
    data: object


def success(data: object, headers: Headers = JSON_HEADERS) -> Response:
    """A good answer as JSON."""
    return Response(200, headers, encode(Success("success", data)))


def plain(
    status: int,
    text: str | bytes,
    media: bytes = b"text/plain; charset=utf-8",
    *extra: tuple[bytes, bytes],
) -> Response:
    """A text, page or picture."""
    body = text.encode() if isinstance(text, str) else text
    headers = ((b"content-type", media), NOSNIFF, *(extra or (NO_STORE,)))
    return Response(status, headers, body)
