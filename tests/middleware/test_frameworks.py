"""Through ASGI, WSGI and Django the same request makes the same event."""

import asyncio

import django
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from liveinsight.middleware import AsgiMiddleware, WsgiMiddleware
from liveinsight.middleware.django import LiveInsightMiddleware

HTML = "text/html; charset=utf-8"
EXPECTED = {
    "event_type": "page_view",
    "page_url": "https://shop.example/caf%C3%A9?utm_source=News",
    "referrer": "https://a.example/x",
    "user_agent": "Agent",
    "ip": "203.0.113.7",
    "language": "ko-KR",
}


def told(collector):
    """The one event, without what differs each time."""
    (event,) = collector.events
    return {name: value for name, value in event.items() if name in EXPECTED}


SCOPE = {
    "type": "http",
    "method": "GET",
    "scheme": "https",
    "path": "/café",
    "raw_path": b"/caf%C3%A9",
    "query_string": b"utm_source=News&token=secret",
    "client": ("10.0.0.1", 1),
    "server": ("10.0.0.2", 80),
    "headers": [
        (b"host", b"shop.example"),
        (b"referer", b"https://a.example/x?q=secret"),
        (b"user-agent", b"Agent"),
        (b"accept-language", b"ko-KR,ko;q=0.9"),
        (b"x-forwarded-for", b"203.0.113.7"),
    ],
}


async def asgi_app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    headers = [(b"content-type", HTML.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


def call_asgi(app, scope):
    sent = []

    async def receive():
        return {"type": "lifespan.shutdown"}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


def test_asgi(sender, collector):
    """Messages pass as they are, and the application's shutdown sends what waits."""
    app = AsgiMiddleware(asgi_app, sender, proxies=1)
    assert call_asgi(app, SCOPE) == call_asgi(asgi_app, SCOPE)
    call_asgi(app, {"type": "lifespan"})
    assert told(collector) == EXPECTED


def test_asgi_leaves_the_application_its_errors(sender):
    """What the application raises is the application's."""

    async def broken(scope, receive, send):
        raise LookupError

    with pytest.raises(LookupError):
        call_asgi(AsgiMiddleware(broken, sender), SCOPE)


ENVIRON = {
    "REQUEST_METHOD": "GET",
    "wsgi.url_scheme": "https",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/café".encode().decode("latin-1"),
    "QUERY_STRING": "utm_source=News&token=secret",
    "REMOTE_ADDR": "10.0.0.1",
    "SERVER_NAME": "10.0.0.2",
    "SERVER_PORT": "80",
    "HTTP_HOST": "shop.example",
    "HTTP_REFERER": "https://a.example/x?q=secret",
    "HTTP_USER_AGENT": "Agent",
    "HTTP_ACCEPT_LANGUAGE": "ko-KR,ko;q=0.9",
    "HTTP_X_FORWARDED_FOR": "203.0.113.7",
}


def test_wsgi(sender, collector):
    """The answer is the application's own."""
    answer = [b"hello"]
    began = []

    def wsgi_app(environ, start_response):
        start_response("200 OK", [("Content-Type", HTML)])
        return answer

    app = WsgiMiddleware(wsgi_app, sender, proxies=1)
    assert app(dict(ENVIRON), lambda *args: began.append(args)) is answer
    assert began == [("200 OK", [("Content-Type", HTML)])]
    sender.close()
    assert told(collector) == EXPECTED


@pytest.fixture
def django_settings(collector):
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="for tests", DEFAULT_CHARSET="utf-8")
        django.setup()
    settings.LIVEINSIGHT = {"url": collector.url, "key": "key", "site": "shop", "proxies": 1}


def django_request():
    about = {name: value for name, value in ENVIRON.items() if name.startswith("HTTP_")}
    query = {"utm_source": "News", "token": "secret"}
    return RequestFactory().get("/café", query, secure=True, **about)


def test_django(django_settings, collector):
    """Under WSGI."""
    middleware = LiveInsightMiddleware(lambda request: HttpResponse("hello"))
    assert middleware(django_request()).content == b"hello"
    middleware.sender.close()
    assert told(collector) == EXPECTED


def test_django_async(django_settings, collector):
    """Under ASGI the view is awaited, and never on a thread of ours."""

    async def view(request):
        return HttpResponse("hello")

    middleware = LiveInsightMiddleware(view)

    async def answer():
        return await middleware(django_request())

    assert asyncio.run(answer()).content == b"hello"
    middleware.sender.close()
    assert told(collector) == EXPECTED
