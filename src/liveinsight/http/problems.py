"""Errors as answers: one shape, one status for each kind, and no inner word told."""

import logging
from http import HTTPStatus

import msgspec

from liveinsight.domain.errors import (
    ComeBack,
    Forbidden,
    Invalid,
    LiveInsightError,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    TooLarge,
    TooSlow,
    Unauthorized,
    Unavailable,
    UnsupportedType,
)
from liveinsight.http.exchange import JSON_TYPE, NO_STORE, NOSNIFF, Response

log = logging.getLogger(__name__)

STATUS: dict[type[LiveInsightError], int] = {
    Invalid: HTTPStatus.BAD_REQUEST,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The owner's shape of an error."""

    message: str
    details: dict[str, str | int] = {}
    status: str = msgspec.field(default_factory=lambda: "error")


def problem(error: Exception) -> Response:
    """The answer to an error; what is not ours is logged whole and told as nothing but that."""
    if not isinstance(error, LiveInsightError):
        log.error("a request failed", exc_info=error)
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here.", {})
    status = STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    extra: list[tuple[bytes, bytes]] = []
    if isinstance(error, ComeBack):
        extra.append((b"retry-after", str(error.retry_after_s).encode()))
    if isinstance(error, MethodNotAllowed):
        extra.append((b"allow", ", ".join(error.allowed).encode()))
    if isinstance(error, Unauthorized):
        extra.append((b"www-authenticate", b"Bearer"))
    details: dict[str, str | int] = {}
    message = str(error)
    if isinstance(error, Invalid):
        message = "The request is not valid."
        details = {"field": error.field, "error": error.error}
        if error.index is not None:
            details = {"index": error.index, **details}
    return _answer(status, message, details, *extra)


def _answer(
    status: int, message: str, details: dict[str, str | int], *extra: tuple[bytes, bytes]
) -> Response:
    body = msgspec.json.encode(Problem(message, details))
    return Response(status, ((b"content-type", JSON_TYPE), NO_STORE, NOSNIFF, *extra), body)
