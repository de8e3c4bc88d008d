"""What stands on the page is what the API says, every row filters, and live moves."""

import json
import re
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from dashboard_home import EMAIL, PASSWORD, ROOT, SHOTS, a_view

METRICS = [
    "visitors",
    "visits",
    "pageviews",
    "views_per_visit",
    "bounce_rate",
    "visit_duration",
]


def numbers(page):
    """The six numbers as they are shown."""
    told = {}
    for name in METRICS:
        told[name] = page.locator(f"[data-testid=number-{name}] b").inner_text()
    return told


def shown(metrics):
    """The API's figures as the page writes them, in English."""
    visitors, visits, pageviews, views, bounce, duration = metrics
    whole = round(duration)
    minutes = f"{whole // 60}m {whole % 60}s" if whole >= 60 and whole % 60 else f"{whole}s"
    return {
        "visitors": f"{visitors:,}",
        "visits": f"{visits:,}",
        "pageviews": f"{pageviews:,}",
        "views_per_visit": f"{views:.2f}",
        "bounce_rate": f"{bounce:.1f}".removesuffix(".0") + "%",
        "visit_duration": minutes,
    }


def bars(page, panel):
    """A panel's rows: name and figure."""
    rows = page.locator(f"[data-panel={panel}] .bars button")
    expect(rows.first).to_be_visible()
    return [
        (row.locator(".name").inner_text(), row.locator(".told").inner_text()) for row in rows.all()
    ]


def settled(page):
    """Until nothing is waited for any more; the world comes only when it is in sight."""
    page.wait_for_function("() => !document.querySelector('.skeleton:not(.map)')")


def test_every_number_is_the_apis(page, home):
    """The six numbers and the rows of each panel are what the API answers, to the digit."""
    page.goto("/?site=shop&range=24h&tab=places:country")
    page.wait_for_selector("[data-testid=number-visitors] b")
    totals = home.query("shop", range="24h", metrics=METRICS)["totals"]
    assert numbers(page) == shown(totals)
    for panel, dimension in (("sources", "source"), ("pages", "page"), ("devices", "browser")):
        told = home.query(
            "shop", range="24h", metrics=["visitors"], dimensions=[dimension], limit=9
        )
        expected = [(row["dimensions"][0], str(row["metrics"][0])) for row in told["results"]]
        assert bars(page, panel) == expected
    countries = [name for name, _ in bars(page, "places")]
    assert sorted(countries) == ["Germany", "Japan", "South Korea", "United States"]


def test_a_click_filters_all_and_back_takes_it_off(page, home):
    """The filter stands in the address, the numbers follow, back restores, a link shows the same."""
    page.goto("/?site=shop&range=24h")
    page.wait_for_selector("[data-testid=number-visitors] b")
    before = numbers(page)
    page.locator("[data-panel=pages] .bars button", has_text="/pricing").click()
    page.wait_for_selector("[data-panel=pages] .bars button[aria-pressed=true]")
    assert parse_qs(urlparse(page.url).query)["f"] == ["is,page,/pricing"]
    filters = ["is", "page", ["/pricing"]]
    totals = home.query("shop", range="24h", metrics=METRICS, filters=filters)["totals"]
    first = page.locator("[data-testid=number-visitors] b")
    expect(first).to_have_text(shown(totals)["visitors"])
    assert numbers(page) == shown(totals)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("[data-testid=number-visitors] b")).to_have_text(shown(totals)["visitors"])
    other.close()
    page.go_back()
    expect(first).to_have_text(before["visitors"])
    assert "f=" not in page.url


def test_the_chart_tells_and_zooms(page):
    """Arrow keys tell exact values, Enter zooms into the bucket, the table says the same."""
    page.goto("/?site=shop&range=7d")
    plot = page.locator(".plot")
    expect(plot.locator("path.main").first).to_be_attached()
    plot.focus()
    page.keyboard.press("End")
    expect(plot.locator(".tip")).to_contain_text("Visitors")
    page.keyboard.press("Enter")
    expect(page.locator("[data-testid=range]")).to_have_text(re.compile("Today|20"))
    assert "range=" in page.url
    page.click("button[aria-label='Show as a table']")
    expect(page.locator(".chart table tbody tr").first).to_be_visible()


def test_a_drag_over_the_chart_chooses_the_range(page):
    """From bucket to bucket by the pointer becomes the range in the address."""
    page.goto("/?site=shop&range=28d")
    plot = page.locator(".plot")
    expect(plot.locator("path.main").first).to_be_attached()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 100, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile(r"range=\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d"))


def test_the_drawer_has_all_rows(page, home):
    """Searched and sorted by the server, and taken away as CSV."""
    page.goto("/?site=shop&range=24h")
    page.locator("[data-panel=pages] footer button", has_text="Show all").click()
    dialog = page.locator("dialog[open]")
    rows = dialog.locator("tbody tr .pick")
    expect(rows).to_have_count(5)
    dialog.locator("input[type=search]").fill("blog")
    expect(rows).to_have_count(1)
    with page.expect_download() as download:
        dialog.locator("header button", has_text="CSV").click()
    text = download.value.path().read_text("utf-8")
    assert text.startswith("page,visitors,pageviews,")
    assert "/blog/live" in text
    rows.first.click()
    page.wait_for_url(re.compile("f=is,page,/blog/live"))


def test_live_moves_when_an_event_comes(page, home):
    """The number goes up and the feed tells of it, pushed and without a reload."""
    page.goto("/?site=shop&view=live")
    expect(page.locator(".signal")).to_have_text("Connected")
    online = page.locator("[data-testid=online]")
    before = int(online.inner_text().replace(",", ""))
    home.send(*(a_view("shop", 900 + n, f"/just-now-{n}", 1) for n in range(3)))
    expect(online).to_have_text(str(before + 3))
    expect(page.locator(".feed")).to_contain_text("/just-now-")


def test_a_broken_line_says_so_and_comes_back(troubled):
    """Without the server the live page says that it is lost and keeps its figures."""
    troubled.goto("/?site=shop&view=live")
    signal = troubled.locator(".signal")
    expect(signal).to_have_text("Connected")
    troubled.reload()
    expect(signal).to_have_text("Connected")
    lost = []

    def refuse(route):
        lost.append(route.request.url)
        route.fulfill(status=503, body="{}", headers={"content-type": "application/json"})

    troubled.route("**/api/realtime*", refuse)
    troubled.locator(".tops button").first.click()  # another filter, another stream
    expect(signal).to_contain_text("Connection lost")
    troubled.unroute("**/api/realtime*")
    expect(signal).to_have_text("Connected")
    assert lost


def test_polling_is_told(troubled):
    """Where the stream never works the page polls, and says how often."""

    def only_json(route):
        if "event-stream" in route.request.headers["accept"]:
            route.fulfill(status=503, body="")
        else:
            route.continue_()

    troubled.route("**/api/realtime*", only_json)
    troubled.goto("/?site=shop&view=live")
    expect(troubled.locator(".signal")).to_have_text("Every 3 s")


def test_a_401_leads_to_the_login_and_back(guest):
    """Who is not signed in gets the login, and then just what the address asked for."""
    context, watched = guest()
    watched.allowed.add("401")
    page = context.new_page()
    page.goto("/?site=shop&range=24h&f=is,country,KR")
    page.fill("input[type=email]", EMAIL)
    page.fill("input[type=password]", "not this one!")
    page.click("button.primary")
    expect(page.locator("[role=alert]")).to_have_text("E-mail or password is wrong.")
    page.fill("input[type=password]", PASSWORD)
    page.click("button.primary")
    expect(page.locator(".chip")).to_contain_text("South Korea")
    assert page.url.endswith("?site=shop&range=24h&f=is,country,KR")


def test_a_share_link_shows_one_site_to_anybody(guest, home):
    """Without an account, only that site, nothing to manage; also with a password, and framed."""
    share = home.ask("POST", "shares", {"site": "shop", "name": "press", "password": "sesame"})
    context, watched = guest()
    watched.allowed.add("400")
    page = context.new_page()
    page.goto(f"/?share={share['token']}&range=24h&embed=1")
    page.fill("input[type=password]", "x")
    page.click("button.primary")
    expect(page.locator("[role=alert]")).to_have_text("The password is wrong.")
    page.fill("input[type=password]", "sesame")
    page.click("button.primary")
    totals = home.query("shop", range="24h", metrics=METRICS)["totals"]
    expect(page.locator("[data-testid=number-visitors] b")).to_have_text(shown(totals)["visitors"])
    assert page.locator("header.bar").count() == 0
    assert context.cookies() == []


def test_first_steps_turn_green(page, home):
    """A new site shows its snippet and waits; the first event turns it green."""
    page.goto("/?view=settings&part=new")
    page.fill("input[placeholder='shop.example']", "fresh.example")
    page.click("button.primary")
    expect(page.locator("textarea").first).to_have_value(re.compile('data-site="fresh-example"'))
    waiting = page.locator(".wait")
    expect(waiting).not_to_have_class(re.compile("good"))
    event = a_view("fresh", 1, "/hello", 1) | {"site": "fresh-example"}
    home.send(event)
    expect(waiting).to_have_class(re.compile("good"))
    expect(waiting).to_contain_text("/hello")
    home.ask("DELETE", "sites?site=fresh-example")


def test_strangers_text_stays_text(fresh, page, home):
    """Markup, right-to-left marks, endless paths and emoji are shown, and nothing else."""
    fresh("wild")
    evil = "<img src=x onerror=window.pwned=1>"
    strange = [
        a_view("wild", 1, "/%3Cscript%3Ewindow.pwned=1%3C/script%3E", title=evil),
        a_view("wild", 2, "/" + "long" * 500),
        a_view("wild", 6, "/from", referrer=f'https://evil.example/">{evil}'),
        a_view("wild", 3, "/🎉/한국어/%E2%80%AEevil"),
        a_view("wild", 4, "/?utm_source=" + evil.replace(" ", "%20") + "&utm_campaign={{7*7}}"),
        a_view("wild", 5, "/", event_type=evil[:60], props={evil[:60]: evil}),
    ]
    home.send(*strange)
    home.wait_for("wild", 5)
    page.set_viewport_size({"width": 360, "height": 780})
    for view in (
        "",
        "&view=live",
        "&all=pages.page",
        "&all=sources.referrer",
        "&tab=events:props",
        "&view=journeys",
    ):
        page.goto(f"/?site=wild&range=24h{view}")
        page.wait_for_selector("main h1, main section", state="attached")
        settled(page)
        assert page.evaluate("window.pwned") is None
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, view


def test_the_keyboard_is_enough(page):
    """`?` lists the keys, letters choose ranges, Ctrl-K finds commands, filters open by /."""
    page.goto("/?site=shop")
    page.wait_for_selector("[data-testid=number-visitors] b")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_contain_text("Last 7 days")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator("[data-testid=range]")).to_have_text("Today")
    page.keyboard.press("3")
    expect(page.locator("[data-testid=number-pageviews]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Control+k")
    page.keyboard.type("live")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Live")
    page.keyboard.press("o")
    page.wait_for_selector("[data-filter-opener]")
    page.keyboard.press("/")
    expect(page.locator("form select").first).to_be_visible()


def test_a_goal_and_a_funnel_tell_their_rates(page, home):
    """Goals and funnels that the site keeps are read with the API's figures."""
    page.goto("/?site=shop&view=goals&range=24h")
    (goal,) = home.ask("POST", "goals/report", {"site": "shop", "range": "24h"})["results"]
    row = page.locator("tbody tr")
    expect(row).to_contain_text(str(goal["conversions"]))
    expect(row).to_contain_text("€77.40")
    page.goto("/?site=shop&view=funnels&range=24h")
    steps = [{"page": "/pricing"}, {"event": "Signup"}]
    told = home.ask("POST", "funnel", {"site": "shop", "range": "24h", "steps": steps})
    counts = page.locator(".step b")
    expect(counts).to_have_count(2)
    assert counts.all_inner_texts() == [str(step["count"]) for step in told["results"]]


def test_nothing_shifts_while_it_loads(guest, signed_in):
    """The layout stands from the beginning: the sum of its shifts is under 0.02."""
    context, _ = guest()
    context.add_cookies(signed_in["cookies"])
    context.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
        " if (!one.hadRecentInput) window.shift += one.value; })"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    page = context.new_page()
    page.goto("/?site=shop&range=24h")
    page.wait_for_selector("[data-panel=aside]")
    settled(page)
    assert page.evaluate("window.shift") < 0.02


AXE = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html)]);
}"""
SCREENS = {
    "site": "/?site=shop&range=24h",
    "live": "/?site=shop&view=live",
    "goals": "/?site=shop&view=goals&range=24h",
    "funnels": "/?site=shop&view=funnels&range=24h",
    "journeys": "/?site=shop&view=journeys&range=24h",
    "retention": "/?site=shop&view=retention",
    "settings": "/?site=shop&view=settings",
    "keys": "/?site=shop&view=settings&part=keys",
    "people": "/?site=shop&view=settings&part=people",
    "install": "/?site=shop&view=settings&part=install",
    "shields": "/?site=shop&view=settings&part=shields",
    "shares": "/?site=shop&view=settings&part=shares",
    "imports": "/?site=shop&view=settings&part=imports",
    "exports": "/?site=shop&view=settings&part=exports",
    "new": "/?view=settings&part=new",
    "account": "/?view=settings&part=account",
    "sites": "/?view=sites",
    "drawer": "/?site=shop&range=24h&all=pages.page",
    "explain": "/?site=shop&range=24h&explain=visitors",
}


# They have fields under each other and nothing wide.
FORMS = ("settings", "shields", "exports", "new", "account", "sites")


def shown_whole(page, address):
    """The page at the address, grown to its whole height, so that all of it is loaded and seen."""
    width = page.viewport_size["width"]
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(address)
    page.wait_for_selector("main h1, main section", state="attached")
    before = 0
    while (height := page.evaluate("document.documentElement.scrollHeight")) > before:
        page.set_viewport_size({"width": width, "height": max(height, 700)})
        page.wait_for_function("() => !document.querySelector('.skeleton')")
        before = height
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address


def kept(page, name, theme, locale):
    """A picture, to be looked at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    width = page.viewport_size["width"]
    page.screenshot(path=SHOTS / f"{name}-{width}-{theme}-{locale[:2]}.png")


@pytest.mark.parametrize(("theme", "locale"), [("light", "en-US"), ("dark", "ko-KR")])
def test_axe_finds_nothing(guest, signed_in, theme, locale):
    """No screen has a violation of any rule, in either theme and language."""
    context, _ = guest(theme=theme, locale=locale, motion="reduce")
    context.add_cookies(signed_in["cookies"])
    axe = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    page = context.new_page()
    faults = {}
    for name, address in SCREENS.items():
        shown_whole(page, address)
        kept(page, name, theme, locale)
        page.evaluate(axe)
        if found := page.evaluate(AXE):
            faults[name] = found
    assert faults == {}, json.dumps(faults, indent=1)


@pytest.mark.parametrize(
    ("width", "theme", "locale", "screens"),
    [
        (320, "light", "en-US", [name for name in SCREENS if name not in FORMS]),
        (360, "dark", "ko-KR", ["site", "live", "funnels", "install", "drawer", "explain"]),
        (768, "light", "ko-KR", ["site", "live"]),
        (2560, "dark", "en-US", ["site", "live"]),
    ],
)
def test_it_fits_each_screen(guest, signed_in, width, theme, locale, screens):
    """Nothing is wider than the screen, from the smallest to the widest."""
    context, _ = guest(width=width, theme=theme, locale=locale, motion="reduce")
    context.add_cookies(signed_in["cookies"])
    page = context.new_page()
    for name in screens:
        shown_whole(page, SCREENS[name])
        kept(page, name, theme, locale)
