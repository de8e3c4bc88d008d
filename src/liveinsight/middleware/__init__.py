"""Counting on the server: middleware for ASGI, WSGI and Django, and a sender for events.

A client of LiveInsight that happens to live in the same package: it speaks the HTTP interface,
uses nothing but the standard library, and knows none of the server's floors. Needs a key of the
scope `server`, since it tells the visitor's address and user agent in place of its own.
"""

from liveinsight.middleware.asgi import AsgiMiddleware
from liveinsight.middleware.sender import Sender
from liveinsight.middleware.view import View, view_of
from liveinsight.middleware.wsgi import WsgiMiddleware

__all__ = ["AsgiMiddleware", "Sender", "View", "WsgiMiddleware", "view_of"]
