"""A server of one's own with an owner, a site and traffic that is known, for a browser to look at."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, Request, build_opener

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "src" / "liveinsight" / "web" / "dashboard.html"
SHOTS = ROOT / "test-output" / "dashboard"
EMAIL, PASSWORD = "owner@shop.example", "a sentence is best"
ZONE = "Asia/Seoul"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that frames a shared view is of the net, and our server of this machine.
    "--disable-features=LocalNetworkAccessChecks",
)
# Not a limit that is tested: how long a hanging test takes to say so.
PATIENCE_MS = 60_000
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:148.0) Gecko/20100101 Firefox/148.0",
)
PAGES = ("/", "/pricing", "/blog/live", "/docs", "/한국어")
REFERRERS = (None, "https://www.google.com/", "https://search.naver.com/", "https://t.co/x")
COUNTRIES = ("KR", "US", "JP", "DE")


class Home:
    """The running server, and one who manages it."""

    def __init__(self, url: str, setup_link: str, folder: Path) -> None:
        self.url = url
        self.setup_link = setup_link
        self.folder = folder
        self._open = build_opener(HTTPCookieProcessor(CookieJar())).open
        self._csrf = ""
        self._key = ""
        self._sent = 0

    def ask(self, method, path, body=None, **headers):
        """The answer's data."""
        # A sender of events has a token of another kind, or none.
        csrf = {} if path == "events" else {"X-CSRF-Token": self._csrf}
        told = {"Content-Type": "application/json", **csrf, **headers}
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/api/{path}", data, told, method=method)
        with self._open(request, timeout=60) as answer:
            data = json.loads(answer.read())["data"]
        if isinstance(data, dict) and data.get("csrf"):
            self._csrf = data["csrf"]
        return data

    def set_up(self):
        """Make the owner, and a key that tells other addresses than one's own."""
        token = self.setup_link.partition("#setup=")[2]
        self.ask("POST", "setup", {"token": token, "email": EMAIL, "password": PASSWORD})
        self._key = self.ask("POST", "keys", {"label": "tests", "scopes": ["server"]})["key"]

    def send(self, *events):
        """Keep events, all of them."""
        told = self.send_all(events)
        assert told == len(events)

    def send_all(self, events):
        """Send events, each with an id of its own; how many were kept."""
        kept = 0
        for start in range(0, len(events), 100):
            batch = []
            for event in events[start : start + 100]:
                self._sent += 1
                batch.append({"event_id": f"e{self._sent}", **event})
            told = self.ask("POST", "events", {"events": batch}, **{"X-API-Key": self._key})
            kept += told["processed_events"]
        return kept

    def query(self, site, **question):
        """What the API says, for the page to be held against."""
        return self.ask("POST", "query", {"site": site, **question})

    def wait_for(self, site, pageviews):
        """Until the store has read what was sent."""
        asked = {"range": "24h", "metrics": ["pageviews"]}
        self.until(lambda: self.query(site, **asked)["totals"] == [pageviews])

    def until(self, holds):
        """Wait for what the server will say soon."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while not holds():
            assert time.monotonic() < until, "it never came to that"
            time.sleep(0.05)


def a_view(site, visitor, page="/", seconds_ago=60, **about):
    """A page view of a visitor told by number."""
    return {
        "site": site,
        "page_url": f"https://{site}.example{page}",
        "title": f"Page {page}",
        "timestamp": int((time.time() - seconds_ago) * 1000),
        "ip": f"203.0.{visitor // 250}.{visitor % 250 + 1}",
        "user_agent": AGENTS[visitor % len(AGENTS)],
        "country": COUNTRIES[visitor % len(COUNTRIES)],
        "language": "ko-KR" if visitor % 2 else "en-US",
        "screen": "1920x1080",
        **{key: value for key, value in about.items() if value is not None},
    }


def known_traffic(site):
    """Sixty visitors over some hours, one to three pages each, some sign-ups and sales."""
    events = []
    for visitor in range(60):
        began = 120 + visitor * 300
        for nth in range(visitor % 3 + 1):
            page = PAGES[(visitor + nth) % len(PAGES)]
            referrer = REFERRERS[visitor % len(REFERRERS)] if nth == 0 else None
            events.append(a_view(site, visitor, page, began - nth * 20, referrer=referrer))
        if visitor % 5 == 0:
            props = {"plan": "pro" if visitor % 2 else "free"}
            sale = {"amount": "12.90", "currency": "EUR"} if visitor % 10 == 0 else None
            events.append(
                a_view(site, visitor, "/pricing", began - 70, event_type="Signup", props=props)
                | ({"revenue": sale} if sale else {})
            )
    return events


def chromium():
    """The browser that `scripts/browser.sh` found, else the machine's."""
    return os.environ.get("TEST_BROWSER") or shutil.which("chromium")


@contextmanager
def running(folder, log):
    """A server on a free port, and what it said when it was ready."""
    command = "from liveinsight.entrypoints.cli import app; app()"
    settings = {"LIVEINSIGHT_RATE_LIMIT_PER_MINUTE": "0", "PYTHONPATH": str(ROOT / "src")}
    with log.open("w") as told_errors:
        process = subprocess.Popen(
            [sys.executable, "-c", command, "serve", "--port", "0", "--data-dir", str(folder)],
            stderr=told_errors,
            env=os.environ | settings,
        )
    ready = link = None
    until = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < until and process.poll() is None:
        told = log.read_text()
        ready = re.search(r"running on (http://\S+)", told)
        link = re.search(r"(http://\S+#setup=\S+)", told)
        if ready and link:
            break
        time.sleep(0.05)
    try:
        assert ready, f"the server did not start:\n{log.read_text()}"
        yield Home(ready[1], link[1] if link else "", folder)
    finally:
        process.terminate()
        process.wait(timeout=30)
