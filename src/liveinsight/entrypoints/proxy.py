"""The functions' skin: API Gateway's proxy events to requests, answers to what it wants back.

Who speaks is settled here. Through CloudFront the viewer's address and country come in headers,
believed only with the secret that CloudFront alone adds; else the address is the one that API
Gateway saw, and those headers are taken away.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode

from liveinsight.domain.errors import TooLarge
from liveinsight.http.exchange import Handler, Request, Response
from liveinsight.http.problems import problem

ProxyEvent = Mapping[str, Any]
ProxyAnswer = dict[str, Any]
LambdaHandler = Callable[[ProxyEvent, object], ProxyAnswer]
Runner = Callable[[Coroutine[object, object, ProxyAnswer]], ProxyAnswer]
# Lambda answers with 6 MB at most, of which base64 leaves three quarters.
MOST_ANSWER_BYTES = 4_400_000

SECRET = b"x-origin-secret"
VIEWER_ADDRESS = b"cloudfront-viewer-address"
VIEWER_COUNTRY = b"cloudfront-viewer-country"
TEXTS = (b"text/", b"application/json")


def handler_of(front: Handler, origin_secret: str = "", run: Runner | None = None) -> LambdaHandler:
    """A Lambda handler around doors; `run` drives those that need an event loop."""
    drive = run or at_once

    def handler(event: ProxyEvent, context: object) -> ProxyAnswer:
        del context
        return drive(_answered(front, request_of(event, origin_secret)))

    return handler


async def _answered(front: Handler, request: Request) -> ProxyAnswer:
    answer = await front(request)
    if isinstance(answer, Response):
        return told(answer)
    body = b""
    async for chunk in answer.chunks:
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            return told(problem(TooLarge("More than a function can answer: ask for fewer days.")))
    return told(Response(answer.status, answer.headers, body))


def at_once(answering: Coroutine[object, object, ProxyAnswer]) -> ProxyAnswer:
    """Run doors without an event loop, which a sandbox that does one request at a time can spare:
    nothing in a function waits for anything but DynamoDB, and that is called straight.
    """
    try:
        answering.send(None)
    except StopIteration as done:
        answer: ProxyAnswer = done.value
        return answer
    answering.close()
    raise RuntimeError("a part of a function waits for an event loop, and there is none")


def request_of(event: ProxyEvent, origin_secret: str) -> Request:
    """The request that the proxy event tells of."""
    headers = {
        name.lower().encode("latin-1", "replace"): values[-1].encode("latin-1", "replace")
        for name, values in _lists(event, "multiValueHeaders", "headers").items()
        if values
    }
    peer = str((event.get("requestContext") or {}).get("identity", {}).get("sourceIp") or "")
    sent = headers.pop(SECRET, b"")
    if origin_secret and hmac.compare_digest(sent, origin_secret.encode()):
        viewer = headers.get(VIEWER_ADDRESS, b"").decode("latin-1")
        # `198.51.100.7:443`, `2001:db8::1:443`: the port comes last.
        peer = viewer.rpartition(":")[0] or peer
    else:
        headers.pop(VIEWER_COUNTRY, None)
    if b"text/event-stream" in headers.get(b"accept", b""):
        del headers[b"accept"]  # nothing can be pushed: the answer is JSON, to be asked for again
    body = str(event.get("body") or "")
    query = _lists(event, "multiValueQueryStringParameters", "queryStringParameters")
    return Request(
        str(event["httpMethod"]),
        str(event["path"]),
        urlencode(query, doseq=True),
        headers,
        b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        peer,
    )


def told(answer: Response) -> ProxyAnswer:
    """The answer as API Gateway wants it: what is no text in base64."""
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    media = dict(answer.headers).get(b"content-type", b"text/")
    is_text = media.startswith(TEXTS)
    body = answer.body.decode() if is_text else b64encode(answer.body).decode()
    return {
        "statusCode": int(answer.status),
        "multiValueHeaders": headers,
        "body": body,
        "isBase64Encoded": not is_text,
    }


def _lists(event: ProxyEvent, many: str, one: str) -> dict[str, list[str]]:
    """Names with all their values; senders of test events often give only the single ones."""
    told_many: dict[str, list[str]] | None = event.get(many)
    if told_many:
        return told_many
    return {name: [value] for name, value in (event.get(one) or {}).items() if value is not None}
