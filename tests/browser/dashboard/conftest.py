"""A real Chromium before the real server; every page is held to its manners."""

import pytest
from playwright.sync_api import expect, sync_playwright

from dashboard_home import (
    BUILT,
    EMAIL,
    FLAGS,
    PASSWORD,
    PATIENCE_MS,
    ZONE,
    chromium,
    known_traffic,
    running,
)

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def built():
    """The dashboard as it is shipped."""
    if not BUILT.exists():
        pytest.fail("the dashboard is not built: run `npm run build` in web/")


@pytest.fixture(scope="session")
def home(built, tmp_path_factory):
    """A server with a site that has traffic."""
    folder = tmp_path_factory.mktemp("dashboard")
    with running(folder / "data", folder / "log") as home:
        home.set_up()
        steps = [{"page": "/pricing"}, {"event": "Signup"}]
        settings = {
            "id": "shop",
            "domains": ["shop.example"],
            "timezone": ZONE,
            "goals": [{"name": "Sign up", "when": {"event": "Signup"}}],
            "funnels": [{"name": "Pricing to sign-up", "steps": steps}],
        }
        home.ask("POST", "sites", settings)
        home.ask("DELETE", "sites?site=default")
        events = known_traffic("shop")
        home.send(*events)
        home.wait_for("shop", sum("event_type" not in event for event in events))
        yield home


@pytest.fixture
def fresh(home):
    """Makes sites of a test's own; asked for before the page, they outlive it."""
    made = []

    def site(name, **settings):
        home.ask("POST", "sites", {"id": name, "domains": [f"{name}.example"], **settings})
        made.append(name)

    yield site
    there = {one["id"] for one in home.ask("GET", "sites")["sites"]}
    for name in there.intersection(made):
        home.ask("DELETE", f"sites?site={name}")


@pytest.fixture(scope="module")
def chrome():
    """One browser for all tests here; while it is open its loop runs, and no other test's can."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        browser.close()


class Watched:
    """What a page must never do: ask others, break the policy, run into an error, move about."""

    def __init__(self, context, url):
        self.faults = []
        self.allowed = set()
        self.others = set()
        self._url = url
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))

    def _request(self, request):
        if not request.url.startswith((self._url, "blob:", "data:", *self.others)):
            self.faults.append(f"asks {request.url}")

    def _console(self, message):
        if message.type == "error" and not any(word in message.text for word in self.allowed):
            self.faults.append(message.text)


@pytest.fixture
def guest(chrome, home):
    """Opens contexts of browsers that are not signed in, and holds each to its manners."""
    contexts = []

    def opened(width=1280, height=900, theme="light", locale="en-US", motion="no-preference"):
        context = chrome.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion=motion,
            locale=locale,
            timezone_id="Europe/Berlin",
            base_url=home.url,
        )
        context.set_default_timeout(PATIENCE_MS)
        watched = Watched(context, home.url)
        contexts.append((context, watched))
        return context, watched

    yield opened
    for context, _ in contexts:
        context.close()
    assert [watched.faults for _, watched in contexts if watched.faults] == []


@pytest.fixture(scope="module")
def signed_in(chrome, home):
    """The owner's cookies, made by signing in once."""
    context = chrome.new_context(base_url=home.url)
    page = context.new_page()
    page.goto("/")
    page.fill("input[type=email]", EMAIL)
    page.fill("input[type=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_selector("[data-testid=number-visitors]")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(guest, signed_in):
    """The owner's page."""
    context, _ = guest()
    context.add_cookies(signed_in["cookies"])
    return context.new_page()


@pytest.fixture
def troubled(guest, signed_in):
    """The owner's page, where the browser may complain of refusals that a test brings about."""
    context, watched = guest()
    watched.allowed |= {"400", "404", "503", "ERR_INTERNET_DISCONNECTED"}
    context.add_cookies(signed_in["cookies"])
    return context.new_page()
