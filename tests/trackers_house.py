"""Two sites, and what other trackers call them; what came of a request to their paths."""

import json
from urllib.parse import urlencode

from liveinsight.domain.site import Site

UUID = "8d0f2f3e-6c63-4a1c-9d0e-0f7c5f0a7a11"
SHOP = Site(
    id="shop",
    domains=("shop.example",),
    aliases=(UUID, "7", "G-SHOP", "stats.example", "WRITEKEY"),
)
BLOG = Site(id="blog", domains=("blog.example",))
VIEW = {
    "website": UUID,
    "hostname": "shop.example",
    "url": "https://shop.example/shoes",
    "title": "Shoes",
    "referrer": "",
    "screen": "1280x720",
    "language": "en-US@posix",
}
MATOMO = {"idsite": "7", "rec": "1", "url": "https://shop.example/shoes", "rand": "1", "apiv": "1"}


def told(answer):
    """An answer's parts."""
    return answer.status, dict(answer.headers), answer.body


def the_event(house):
    """The only event that is kept."""
    (event,) = house.hot.events
    return event


def plausible(house, body, **headers):
    headers = {"content_type": "text/plain"} | headers
    return told(house.ask("POST", "/api/event", json.dumps(body).encode(), **headers))


def umami(house, payload, kind="event", **headers):
    body = {"payload": payload, "type": kind}
    status, _, answer = told(house.ask("POST", "/api/send", body, **headers))
    return status, json.loads(answer)


def goatcounter(house, method="POST", referer="https://shop.example/", **params):
    path = f"/count?{urlencode(params)}"
    return told(house.ask(method, path, content_type=b"", referer=referer))


def matomo(house, method="POST", path="/matomo.php", body=b"", headers=None, **params):
    url = f"{path}?{urlencode(MATOMO | params)}"
    form = {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}
    return told(house.ask(method, url, body, **(form | (headers or {}))))
