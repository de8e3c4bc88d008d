"""Bytes to sightings: limits before parsing, form while parsing, the field named when wrong."""

import re
import zlib
from typing import Annotated, TypeVar

import msgspec

from liveinsight.domain.errors import Invalid, TooLarge, UnsupportedType
from liveinsight.domain.sighting import Sighting
from liveinsight.http.exchange import Request

MAX_BODY_BYTES = 1_000_000
MAX_EVENTS = 100
GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
GIF_TYPE = b"image/gif"
GZIP_WINDOW = 31  # zlib's way to say: a gzip header, the largest window
# `text/plain` spares browsers the preflight; some senders name no type at all.
MEDIA_TYPES = (b"application/json", b"text/plain")

Batch = Annotated[list[Sighting], msgspec.Meta(min_length=1, max_length=MAX_EVENTS)]
T = TypeVar("T")


class Told(Sighting, kw_only=True):
    """A body: a batch in `events`, or itself one bare event; a CSRF token may ride along.

    `sent_at` is the sender's clock at sending, in ms: where it is off, so are all its times, and
    by as much.
    """

    events: Batch | None = None
    sent_at: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    csrf_token: Annotated[str, msgspec.Meta(max_length=200)] | None = None

    def sightings(self) -> list[Sighting]:
        """The events, in their order."""
        return [self] if self.events is None else self.events


_told = msgspec.json.Decoder(Told)


def read_told(request: Request) -> Told:
    """The body of `POST /api/events`."""
    return decoded(body_of(request), _told)


def sighting_of(told: dict[str, object]) -> Sighting:
    """An event of values that are no JSON of ours; what is empty was not told."""
    try:
        return msgspec.convert(
            {name: value for name, value in told.items() if value not in (None, "")}, Sighting
        )
    except msgspec.ValidationError as error:
        raise named(str(error)) from None


def read_json(request: Request, form: type[T]) -> T:
    """Any other JSON body."""
    return decoded(body_of(request), msgspec.json.Decoder(form))


def body_of(request: Request, media: tuple[bytes, ...] | None = MEDIA_TYPES) -> bytes:
    """The body as it was before it was packed, within the limits; None: of whatever type."""
    told = request.headers.get(b"content-type")
    if told and media and told not in media and not told.lower().startswith(media):
        raise UnsupportedType("Send application/json, or JSON as text/plain.")
    body = request.body
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    encoding = request.headers.get(b"content-encoding")
    if encoding is None or encoding.lower() == b"identity":
        return body
    if encoding.lower() != b"gzip":
        raise UnsupportedType("The only content encoding that is read is gzip.")
    return _unzipped(body)


def too_large() -> TooLarge:
    """What is said of a body over the limit, packed or not."""
    return TooLarge(f"At most {MAX_BODY_BYTES:,} bytes and {MAX_EVENTS} events at a time.")


def _unzipped(body: bytes) -> bytes:
    """No more is unpacked than is read: a bomb stays small."""
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        plain = unpacker.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise Invalid("body", "is not gzip") from None
    if len(plain) > MAX_BODY_BYTES:
        raise too_large()
    if not unpacker.eof:
        raise Invalid("body", "is cut-off gzip")
    return plain


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """JSON of the form, or an error that names the field."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise named(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid("body", "is not JSON in UTF-8") from None
    except RecursionError:
        raise Invalid("body", "is nested too deeply") from None


# msgspec tells what and where: "Expected `str`, got `int` - at `$.events[3].title`".
_PLACE = re.compile(
    r"(?P<what>.*) - at `(?:key` in `)?\$(?:\.events\[(?P<index>\d+)\])?\.?(?P<field>.*)`$"
)


def named(message: str) -> Invalid:
    """The decoder's complaint, as ours."""
    place = _PLACE.match(message)
    if place is None:
        return Invalid("body", _said(message))
    index = place["index"]
    field = place["field"].replace("[...]", "") or "body"
    return Invalid(field, _said(place["what"]), None if index is None else int(index))


def _said(what: str) -> str:
    return what[:1].lower() + what[1:].replace("`", "'")
