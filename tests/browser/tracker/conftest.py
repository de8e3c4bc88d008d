"""A real Chromium, the real server, and sites of hand-made pages on origins of their own.

All hosts under `.example` lead to this machine (a flag of the browser), so pages are counted as
they would be out there, without being asked. The user agent is a launch flag: given any other way
it does not reach requests that are sent while a page goes away.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.journal import SqliteHotReader
from liveinsight.domain.drop import Drop
from liveinsight.domain.event import ENGAGEMENT, Row

ROOT = Path(__file__).parents[3]
BUILT = ROOT / "src" / "liveinsight" / "web" / "js" / "li.js"
USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/147.0.0.0 Safari/537.36"
)
FLAGS = (
    f"--user-agent={USER_AGENT}",
    "--host-resolver-rules=MAP *.example 127.0.0.1",
    "--disable-blink-features=AutomationControlled",
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# What the driver switches off and the tests are about.
KEPT = ("--disable-back-forward-cache", "--enable-automation", "--headless")
# Not a limit that is tested: how long a hanging test takes to say so.
PATIENCE_S = 20


def chromium() -> str | None:
    """The browser that `scripts/browser.sh` found, else the machine's."""
    return os.environ.get("TEST_BROWSER") or shutil.which("chromium")


CLI = (sys.executable, "-c", "from liveinsight.entrypoints.cli import app; app()")


class Home:
    """The running server, and what it has kept."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self.url = url.rstrip("/")
        self.data_dir = data_dir
        self.port = int(self.url.rpartition(":")[2])
        self.origin = f"http://stats.example:{self.port}"
        self._folder = Folder(data_dir)
        self._read_to = 0
        self.events: list[Row] = []
        self.drops: dict[Drop, int] = {}

    def page(
        self,
        title: str = "A page",
        body: str = "",
        *,
        script: str = "li.js",
        attributes: str = "",
        head: str = "",
    ) -> str:
        """The HTML of a page with the tracker."""
        src = f"{self.origin}/js/{script}"
        return (
            f"<!doctype html><html lang=en><head><title>{title}</title>{head}"
            f'<script defer src="{src}" {attributes}></script></head><body>{body}</body></html>'
        )

    def forget(self) -> None:
        """Begin anew: what was kept before is another test's."""
        self._read()
        self.events, self.drops = [], {}

    def _read(self) -> None:
        reader = SqliteHotReader(self._folder)
        for seq, events, drops in reader.after(self._read_to):
            self._read_to = seq
            self.events += [event.row() for event in events]
            for (_, reason), number in drops.items():
                self.drops[reason] = self.drops.get(reason, 0) + number
        reader.close()

    def wait(self, page: Page | None, *types: str, opted_out: int = 0) -> list[Row]:
        """The events, once those of these types are all there, in the order of their time.

        Attention is told only of who stayed a second: where no engagement is named, any is fine.
        """
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            self._read()
            if sorted(types) == self._types(types):
                break
            if page is None:
                time.sleep(0.1)
            else:
                page.wait_for_timeout(100)  # the driver's loop has to turn
        drops = {Drop.OPTED_OUT: opted_out} if opted_out else {}
        assert (sorted(types), drops) == (self._types(types), self.drops)
        return sorted(self.events, key=lambda event: event.time_ms)

    def _types(self, named: tuple[str, ...]) -> list[str]:
        types = (event.type for event in self.events)
        return sorted(kind for kind in types if kind != ENGAGEMENT or ENGAGEMENT in named)

    @contextmanager
    def site_set(self, setting: str) -> Iterator[None]:
        """The site with this set, for a while; the server looks every second."""
        control = SqliteControl(self._folder)
        before = control.sites().by_name("default")
        assert before is not None
        for site in (msgspec.structs.replace(before, **{setting: True}), before):
            control.put_site(site)
            time.sleep(1.2)
            if site is not before:
                yield
        control.close()

    def of_type(self, kind: str) -> list[Row]:
        """The events of a type."""
        return [event for event in self.events if event.type == kind]


class Site:
    """Pages by path, served on one port under any host name."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.headers: dict[str, dict[str, str]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                text = site.pages.get(path)
                body = (text or "Nothing here").encode()
                self.send_response(404 if text is None or "404" in path else 200)
                kind = "text/javascript" if path.endswith(".js") else "text/html; charset=utf-8"
                headers = {"Content-Type": kind, "Cache-Control": "max-age=60"}
                for name, value in (headers | site.headers.get(path, {})).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path: str = "/", host: str = "shop.example") -> str:
        """A page's address."""
        return f"http://{host}:{self.port}{path}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def _announced(process: subprocess.Popen[bytes], told: Path) -> str:
    """The address that the server prints when it is ready."""
    while process.poll() is None:
        _, found, rest = told.read_text().partition(" is running on ")
        if found and "\n" in rest:
            return rest.split()[0]
        time.sleep(0.05)
    pytest.fail(f"the server did not start: {told.read_text()}")


def _wait_until_ready(url: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(url):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="session")
def _server(tmp_path_factory) -> Iterator[Home]:
    if not BUILT.is_file():
        pytest.skip("the tracker is not built: run `npm run build` in web/")
    data_dir = tmp_path_factory.mktemp("data")
    environ = {**os.environ, "LIVEINSIGHT_RATE_LIMIT_PER_MINUTE": "0"}
    command = (*CLI, "serve", "--port", "0", "--data-dir", data_dir)
    told = data_dir.with_name("told.txt")
    with told.open("w") as file:
        process = subprocess.Popen(command, env=environ, stderr=file)
    try:
        url = _announced(process, told)
        _wait_until_ready(f"{url.rstrip('/')}/readyz")
        yield Home(url, data_dir)
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def home(_server) -> Home:
    _server.forget()
    return _server


@pytest.fixture
def server_key(_server) -> str:
    """A key of the site's own server that may read, too."""
    scopes = ("--scope", "server", "--scope", "read")
    command = (*CLI, "key", "create", *scopes, "--data-dir", _server.data_dir)
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    return made.stdout.strip()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="module")
def _playwright():
    # Not for the session: while it is open, its loop runs, and no test may run one of its own.
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def browser(_playwright, tmp_path) -> Iterator[BrowserContext]:
    """A fresh browser with a profile of its own."""
    path = chromium()
    if path is None:
        pytest.skip("there is no Chromium here")
    context = _playwright.chromium.launch_persistent_context(
        tmp_path / "profile",
        executable_path=path,
        headless=False,  # the flag says how: the driver's own way is an older one
        args=list(FLAGS),
        ignore_default_args=list(KEPT),
        locale="en-US",
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context
    context.close()


@pytest.fixture
def page(browser) -> Page:
    return browser.pages[0] if browser.pages else browser.new_page()


@pytest.fixture
def unwatched(tmp_path) -> Iterator[Callable[[str], None]]:
    """Opens an address in a browser that nobody drives: under a driver nothing is prerendered."""
    started = []
    path = chromium()
    if path is None:
        pytest.skip("there is no Chromium here")

    def visit(url: str) -> None:
        profile = f"--user-data-dir={tmp_path / 'unwatched'}"
        with (tmp_path / "browser.txt").open("w") as told:
            started.append(subprocess.Popen((path, *FLAGS, profile, url), stderr=told))

    yield visit
    for process in started:
        process.terminate()
        process.wait()
