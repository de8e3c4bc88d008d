"""Each figure of each tab, ranges and comparisons, and how the page bears a slow or lost server."""

import re
import threading
import time
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import expect

from dashboard_home import EMAIL, PASSWORD, a_view

CUSTOM = ["is_not", "event", ["page_view", "engagement", "session_start", "session_end"]]
TABS = {
    "sources": "source channel referrer utm_campaign utm_source utm_medium utm_content utm_term",
    "pages": "page entry_page exit_page title hostname",
    "places": "country region city language",
    "devices": "browser os device screen",
    "events": "event",
}
NUMBERS = "[data-testid=number-visitors] b"


def turn(page, address):
    """The page goes there without being loaded anew, as by a click or by back."""
    page.evaluate(
        "to => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')); }",
        address,
    )


def test_each_tabs_figures_are_the_apis(page, home):
    """Every row's value and share, in all tabs of all panels, to the digit."""
    page.goto("/?site=shop&range=24h")
    for panel, tabs in TABS.items():
        about = {"filters": CUSTOM} if panel == "events" else {}
        for tab in tabs.split():
            turn(page, f"/?site=shop&range=24h&tab={panel}:{tab}")
            asked = {"range": "24h", "metrics": ["visitors"], "dimensions": [tab], "limit": 9}
            told = home.query("shop", **asked, **about)
            rows = page.locator(f"[data-panel={panel}] .bars li")
            counts = [row["metrics"][0] for row in told["results"]]
            expect(rows.locator(".told")).to_have_text([f"{count:,}" for count in counts])
            shares = [f"{100 * count / told['totals'][0]:.0f}%" for count in counts]
            expect(rows.locator(".share")).to_have_text(shares)


def test_goals_properties_and_revenue_are_the_apis(page, home):
    """The further tabs of the events panel, and the goals' page."""
    panel = page.locator("[data-panel=events]")
    page.goto("/?site=shop&range=24h&tab=events:goals")
    asked = {"range": "24h", "metrics": ["conversions", "conversion_rate"], "goal": "Sign up"}
    count, rate = home.query("shop", **asked)["totals"]
    expect(panel.locator(".told")).to_have_text(str(count))
    expect(panel).to_contain_text(f"{rate:.1f}".removesuffix(".0") + "%")
    page.goto("/?site=shop&range=24h&tab=events:revenue")
    asked = {"range": "24h", "metrics": ["revenue"], "filters": CUSTOM}
    expect(panel).to_contain_text("€" + home.query("shop", **asked)["totals"][0]["EUR"])
    page.goto("/?site=shop&range=24h&tab=events:props")
    asked = {"range": "24h", "metrics": ["visitors"], "dimensions": ["prop:plan"]}
    told = home.query("shop", **asked, filters=["is_not", "prop:plan", [None]])["results"]
    expect(panel.locator(".bars li")).to_have_count(len(told))
    shown = panel.locator(".told").all_inner_texts()
    assert shown == [str(row["metrics"][0]) for row in told]


def test_all_values_of_a_property_are_told_in_the_drawer(fresh, home, page):
    """The panel has nine; all are found, searched and chosen in the drawer."""
    fresh("many")
    home.send(*(a_view("many", n, event_type="Pick", props={"shoe": f"s{n}"}) for n in range(14)))
    home.until(lambda: home.query("many", range="24h", metrics=["events"])["totals"] == [14])
    page.goto("/?site=many&range=24h&tab=events:props")
    panel = page.locator("[data-panel=events]")
    expect(panel.locator(".bars li")).to_have_count(9)
    expect(panel.locator(".share").first).to_have_text("7%")
    panel.locator("button", has_text="Show all").click()
    drawer = page.get_by_role("dialog")
    rows = drawer.locator("tbody tr")
    expect(rows).to_have_count(14)
    drawer.locator("input[type=search]").fill("s13")
    expect(rows).to_have_count(1)
    rows.locator("button").click()
    expect(page.locator(".chip")).to_contain_text("s13")


def test_a_note_stands_on_the_chart(fresh, home, page):
    """On its day, with its words beside the values and in the table; and goes again."""
    fresh("noted")
    home.send(a_view("noted", 1))
    page.goto("/?site=noted&range=7d&i=day")
    expect(page.locator(".plot svg .main").first).to_be_attached()
    page.click("button[aria-label=Notes]")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("No notes yet")
    dialog.locator("input[placeholder]").fill("Newsletter <b>sent</b>")
    dialog.locator("button", has_text="Add").click()
    expect(dialog.locator("li")).to_contain_text("Newsletter <b>sent</b>")
    page.keyboard.press("Escape")
    expect(page.locator(".plot circle.note")).to_have_count(1)
    page.locator(".plot").focus()
    page.keyboard.press("End")
    expect(page.locator(".tip")).to_contain_text("Newsletter <b>sent</b>")
    page.click("button[aria-label='Show as a table']")
    expect(page.locator(".chart tbody tr").last).to_contain_text("Newsletter")
    page.click("button[aria-label=Notes]")
    for _ in range(2):  # asks once
        dialog.locator("li button").click()
    expect(dialog).to_contain_text("No notes yet")


def test_goals_and_revenue_filter_by_what_they_are_of(page):
    """A goal by its condition, and off again; money by its source."""
    page.goto("/?site=shop&range=24h&tab=events:goals")
    goal = page.locator("[data-panel=events] .bars button")
    goal.click()
    expect(page.locator(".chip")).to_contain_text("Signup")
    expect(goal).to_have_attribute("aria-pressed", "true")
    goal.click()
    expect(page.locator(".chip")).to_have_count(0)
    page.goto("/?site=shop&range=24h&tab=events:revenue")
    page.locator("[data-panel=events] li button").first.click()
    expect(page.locator(".chip")).to_have_count(1)


def test_the_table_behind_the_chart_is_the_apis(page, home):
    """Each bucket of each interval with its compared value; the comparison and interval are chosen."""
    page.goto("/?site=shop&range=today")
    expect(page.locator(NUMBERS)).to_be_visible()
    page.click("button[title='Compare']")
    page.click("text=Previous year")
    page.wait_for_url(re.compile("compare=previous_year"))
    page.locator("select.interval").select_option("hour")
    page.click("button[aria-label='Show as a table']")
    rows = page.locator(".chart tbody tr")
    expect(rows.first).to_be_visible()
    page.keyboard.press("x")
    page.wait_for_url(re.compile("compare=none"))
    asked = {"range": "today", "metrics": ["visitors"], "dimensions": ["time:hour"]}
    told = home.query("shop", **asked)["results"]
    expect(rows).to_have_count(len(told))
    values = rows.locator("td:nth-child(2)").all_inner_texts()
    assert values == [f"{row['metrics'][0] or 0:,}" for row in told]


def test_any_range_by_the_calendar(page):
    """Two days clicked, in either order, are the range; arrow keys and Enter do as well."""
    page.goto("/?site=shop")
    opener = page.locator("[data-testid=range]")
    opener.click()
    days = page.locator(".calendar [data-day]:not([disabled]):not(.other)")
    first = days.first.get_attribute("data-day")
    page.keyboard.press("Escape")
    opener.click()
    page.click(".calendar button[aria-label='Earlier']")
    days.nth(11).click()
    days.nth(4).click()
    page.wait_for_url(re.compile("range="))
    chosen = parse_qs(urlparse(page.url).query)["range"][0].split("..")
    assert (chosen[0][8:], chosen[1][8:]) == ("05", "12")
    assert chosen[1] < first
    opener.click()
    page.locator(f"[data-day='{chosen[1]}']").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"-10\.\.\d{4}-\d\d-11"))


def test_a_slow_server_shows_skeletons_a_failing_one_says_so(troubled):
    """Each part of the page waits in its own shape, tells what is wrong, and can be asked again."""
    held = []
    troubled.route("**/api/query", lambda route: held.append(route))  # noqa: PLW0108 - it marks its handler
    troubled.goto("/?site=shop&range=24h")
    expect(troubled.locator("[data-panel=pages] .skeleton").first).to_be_visible()
    expect(troubled.locator(".tiles .skeleton").first).to_be_visible()
    while len(held) < len(TABS) + 1:  # the panels let the numbers go first
        troubled.wait_for_timeout(20)
    refusal = '{"status": "error", "message": "busy"}'
    for route in held:
        route.fulfill(status=503, body=refusal, content_type="application/json")
    troubled.unroute("**/api/query")
    panel = troubled.locator("[data-panel=pages]")
    expect(panel.locator("[role=alert]")).to_contain_text("busy at the moment")
    panel.locator("button", has_text="Try again").click()
    expect(panel.locator(".bars li").first).to_be_visible()


def test_figures_of_an_older_question_are_no_answer(troubled):
    """When a new question fails, what the one before told does not stand under its words."""
    troubled.goto("/?site=shop&range=24h")
    panel = troubled.locator("[data-panel=devices]")
    expect(panel.locator(".bars li").first).to_be_visible()
    refusal = '{"status": "error", "message": "busy"}'
    troubled.route(
        "**/api/query",
        lambda route: route.fulfill(status=503, body=refusal, content_type="application/json"),
    )
    panel.locator(".bars button").first.click()
    expect(panel.locator("[role=alert]")).to_contain_text("busy at the moment")
    expect(panel.locator(".bars")).to_have_count(0)
    expect(troubled.locator(NUMBERS)).to_have_count(0)
    troubled.unroute("**/api/query")
    panel.locator("button", has_text="Try again").click()
    expect(panel.locator(".bars li").first).to_be_visible()


def test_what_is_typed_after_the_filters_key_is_the_filters(page):
    """No letter of it is a key of its own; a filter that is taken off leaves the focus near."""
    page.goto("/?site=shop&range=24h")
    expect(page.locator("[data-panel=pages] .bars li").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.press("y")  # the form is on its way, or here: in neither case it means the year
    written = page.locator("[data-filter-opener] form input")
    expect(written).to_be_focused()
    page.keyboard.type("dye")
    expect(written).to_have_value(re.compile("dye"))
    assert "range=24h" in page.url
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    page.locator(".chip button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("[data-filter-opener] button").first).to_be_focused()


def test_a_lost_connection_is_told_and_the_figures_stay(fresh, home, troubled):
    """Off the net the strip says so and keeps its number; back on it is connected by itself."""
    fresh("steady")
    home.send(*(a_view("steady", visitor, seconds_ago=1) for visitor in range(4)))
    home.wait_for("steady", 4)
    troubled.goto("/?site=steady&range=24h")
    signal = troubled.locator(".strip .signal")
    expect(signal).to_have_text("Connected")
    device = troubled.locator("[data-panel=devices] .bars button").first
    expect(device).to_be_visible()
    online = troubled.get_by_test_id("strip-online")
    expect(online).to_have_text("4")
    watch = troubled.context
    watch.set_offline(offline=True)
    troubled.evaluate("dispatchEvent(new Event('offline'))")
    device.click()
    expect(signal).to_contain_text("Connection lost")
    expect(online).to_have_text("4")
    asked = troubled.locator("[data-panel=devices]")
    expect(asked.locator("[role=alert]")).to_contain_text("cannot be reached")
    watch.set_offline(offline=False)
    expect(signal).to_have_text("Connected")
    asked.locator("button", has_text="Try again").click()
    expect(asked.locator(".bars li").first).to_be_visible()


def test_a_session_that_ends_leads_to_the_login_and_back(guest, home):
    """Signed out meanwhile, the next click asks for the login, and then shows what was clicked."""
    context, watched = guest()
    watched.allowed.add("401")
    page = context.new_page()
    signed = page.request.post("/api/session", data={"email": EMAIL, "password": PASSWORD})
    assert signed.status == 200
    page.goto("/?site=shop&range=24h")
    row = page.locator("[data-panel=pages] .bars button", has_text="/docs")
    expect(row).to_be_visible()
    # What is still asked for would lead to the login before anything is clicked.
    expect(page.locator(".skeleton:not(.map)")).to_have_count(0)
    context.clear_cookies()
    row.click()
    page.fill("input[type=email]", EMAIL)
    page.fill("input[type=password]", PASSWORD)
    page.click("button.primary")
    expect(page.locator(".chip")).to_contain_text("/docs")
    expect(page.locator(NUMBERS)).to_be_visible()


def test_all_sites_at_a_glance(fresh, page, home):
    """Each site with who is there now, its week, and its course."""
    fresh("other")
    home.send(a_view("other", 1, "/", 2), a_view("other", 2, "/", 2))
    home.wait_for("other", 2)
    page.goto("/")
    cards = page.locator(".sites li")
    expect(cards).to_have_count(2)
    other = cards.filter(has_text="other.example")
    expect(other.locator(".online .number")).to_have_text("2")
    expect(other.locator("svg path")).to_have_attribute("d", re.compile("^M"))
    other.locator("a").click()
    expect(page.locator("h1")).to_have_text("other.example")


WATCH_CALM = """() => {
  window.calm = {shift: 0, lines: 0};
  new PerformanceObserver((list) => { for (const one of list.getEntries())
    if (!one.hadRecentInput) calm.shift += one.value; }).observe({type: "layout-shift"});
  new MutationObserver((list) => { for (const one of list)
    calm.lines += [...one.addedNodes].filter((node) => node.nodeName === "LI").length;
  }).observe(document.querySelector(".feed"), {childList: true});
}"""


def test_a_thousand_events_a_second_look_calm(fresh, page, home):
    """The feed shows a few of them and says so, nothing moves about, the number keeps up."""
    fresh("rush")
    page.goto("/?site=rush&view=live")
    expect(page.locator(".signal")).to_have_text("Connected")
    page.evaluate(WATCH_CALM)
    began = time.monotonic()
    visitors = 250
    crowd = [a_view("rush", n % visitors, f"/{n % 40}", 0) for n in range(4000)]
    sending = threading.Thread(target=home.send, args=crowd)
    sending.start()
    expect(page.locator(".stream .top")).to_contain_text("showing a sample")
    sending.join()
    expect(page.locator("[data-testid=online]")).to_have_text(str(visitors))
    calm = page.evaluate("calm")
    lasted_s = time.monotonic() - began
    # A line each 280 ms at most, however much comes.
    assert 0 < calm["lines"] <= lasted_s / 0.28 + 2
    assert calm["shift"] < 0.02
    assert page.locator(".feed li").count() <= 30


def test_the_policy_and_the_credit(page, home):
    """No inline script or style is let through, and who made the country data is named."""
    answer = page.goto("/?site=shop&range=24h")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    credit = page.locator("footer a", has_text="IP Geolocation by DB-IP")
    expect(credit).to_be_visible()
    assert credit.get_attribute("href") == "https://db-ip.com"
    assert "http" not in {urlparse(link).scheme for link in credit_free_links(page)}


def credit_free_links(page):
    """Where all other links lead."""
    return page.eval_on_selector_all(
        "a[href]",
        "all => all.map(one => one.getAttribute('href')).filter(one => !one.includes('db-ip'))",
    )


def test_it_prints(page):
    """On paper stand the figures, light, without what can only be clicked."""
    page.goto("/?site=shop&range=24h")
    expect(page.locator("[data-panel=pages] .bars li").first).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("header.bar")).to_be_hidden()
    expect(page.locator(".controls")).to_be_hidden()
    expect(page.locator(NUMBERS)).to_be_visible()
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert page.pdf()[:5] == b"%PDF-"


def test_theme_and_language_are_kept(page):
    """Chosen once they stay, without a flash, and the whole page speaks Korean."""
    page.goto("/?site=shop&range=24h")
    page.click("header .end .menu > button")
    page.locator(".choices button", has_text="Dark").click()
    page.locator(".choices button", has_text="한국어").click()
    expect(page.locator("[data-panel=pages] h2")).to_have_text("페이지")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator("[data-panel=pages] h2")).to_have_text("페이지")


def test_a_browser_whose_language_is_no_locale(page):
    """Chromium says this on machines whose `LANG` is `C`, and Intl refuses it."""
    page.add_init_script(
        "Object.defineProperty(navigator, 'languages', { value: ['en-US@posix'] })"
    )
    page.goto("/?site=shop&range=24h")
    expect(page.locator(NUMBERS)).to_be_visible()


NAMED = {"a": (0, 1, 2), "b": (1, 2), "c": (2,), "d": (0, 2)}


def named_traffic(site):
    """Visitors with names who come back on some of three days, each by pages of their own."""
    for at, (name, days) in enumerate(NAMED.items()):
        for ago in days:
            began = ago * 86_400 + 600
            for nth, page in enumerate(("/", "/pricing", "/docs")[: at % 3 + 1]):
                yield a_view(site, at, page, began - 30 * nth, user_id=name)
            if at % 2:
                yield a_view(site, at, "/docs", began - 120, event_type="Signup", user_id=name)


def test_journeys_funnels_and_retention_are_the_apis(fresh, page, home):
    """Every figure that stands on these three pages is the API's answer, also filtered."""
    steps = [{"page": "/"}, {"page": "/pricing"}, {"event": "Signup"}]
    fresh("walks", timezone="UTC", funnels=[{"name": "Way", "steps": steps, "within": "day"}])
    events = list(named_traffic("walks"))
    past = home.ask("POST", "keys", {"label": "past", "scopes": ["server", "import"]})["key"]
    batch = [{"event_id": f"walk{at}", **event} for at, event in enumerate(events)]
    sent = home.ask("POST", "events", {"events": batch}, **{"X-API-Key": past})
    assert sent["processed_events"] == len(events)
    asked = {"site": "walks", "range": "7d"}
    views = sum("event_type" not in event for event in events)
    home.until(lambda: home.query(**asked, metrics=["pageviews"])["totals"] == [views])
    for chips, filters in (("", {}), ("&f=is,page,/", {"filters": ["is", "page", ["/"]]})):
        where = f"/?site=walks&range=7d{chips}&view="
        page.goto(f"{where}journeys")
        told = home.ask("POST", "journeys", {**asked, **filters, "depth": 3, "limit": 30})
        ways = page.locator("main ol > li")
        expect(ways.locator("b")).to_have_text([str(way["visits"]) for way in told["results"]])
        expect(ways.locator(".tiny")).to_have_text([told_rate(w["share"]) for w in told["results"]])
        walked = [row.locator("button").all_inner_texts() for row in ways.all()]
        assert walked == [way["pages"] for way in told["results"]]

        page.goto(f"{where}funnels")
        told = home.ask("POST", "funnel", {**asked, **filters, "steps": steps, "within": "day"})
        shown = page.locator(".step")
        expect(shown.locator("b")).to_have_text([str(step["count"]) for step in told["results"]])
        rates = [told_rate(step["rate_from_start"]) for step in told["results"]]
        expect(shown.locator(".small")).to_have_text(rates)

        page.goto(f"{where}retention")
        told = home.ask("POST", "retention", {**asked, **filters, "interval": "day"})["results"]
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(len(told))
        for row, cohort in zip(rows.all(), told, strict=True):
            figures = [str(cohort["visitors"]), *map(told_rate, cohort["rates"])]
            expect(row.locator("td.number")).to_have_text(figures)


def told_rate(rate):
    """A percent as the page writes it."""
    return "\u2013" if rate is None else f"{rate:.1f}".removesuffix(".0") + "%"


TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def test_nothing_is_asked_twice(page):
    """Opening the page and clicking a row ask each question once, and the numbers' first."""
    asked = []
    page.on("request", lambda request: asked.append((request.url, request.post_data)))

    def questions():
        """Those since the last look, when all are answered."""
        expect(page.locator("[data-panel=devices] .bars button").first).to_be_visible()
        expect(page.locator("[data-panel=aside] .skeleton")).to_have_count(0)
        expect(page.locator(".stale, .skeleton:not(.map)")).to_have_count(0)
        page.evaluate(TWO_FRAMES)
        found = [(url, body) for url, body in asked if url.endswith(("/api/query", "/api/aside"))]
        asked.clear()
        return found

    page.goto("/?site=shop&range=24h&tab=places:country")
    opened = questions()
    page.locator("[data-panel=pages] .bars button", has_text="/docs").click()
    expect(page.locator(".chip")).to_be_visible()
    filtered = questions()
    for found in (opened, filtered):
        assert len(found) == len(set(found)) >= len(TABS) + 1
        assert "time:" in found[0][1]
