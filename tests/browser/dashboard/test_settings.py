"""What is set in the settings holds on the server: shields, retention, shares, people, files."""

import csv
import io
import json
import re
import time

from playwright.sync_api import expect

from dashboard_home import EMAIL, PASSWORD, a_view, running

VIEWER = "viewer@shop.example"


def sign_in(page, address, email):
    """Through the login, to the address."""
    page.goto(address)
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", PASSWORD)
    page.click("button.primary")


def saved(page):
    """The form's button, and the word that it was done."""
    page.locator("form .button.primary").first.click()
    expect(page.locator(".notice")).to_have_text("Saved")


def surely(button):
    """Press what cannot be undone: once asks, twice does it."""
    button.click()
    expect(button).to_contain_text("Click again")
    button.click()


def aside(home, site):
    """What the API says was set aside."""
    told = home.ask("POST", "aside", {"site": site, "range": "24h"})["results"]
    return {one["reason"]: one["events"] for one in told}


def test_shields_hold_and_what_they_hold_back_is_shown(fresh, page, home):
    """An address, a page and a host that were shut out are not counted, and stand with their reason."""
    fresh("shut")
    page.goto("/?site=shut&view=settings&part=shields")
    areas = page.locator("textarea")
    areas.nth(0).fill("203.0.0.8")
    areas.nth(1).fill("/admin/*")
    expect(areas.nth(2)).to_have_value("shut.example")
    saved(page)
    stranger = a_view("shut", 4) | {"page_url": "https://elsewhere.example/"}
    views = [a_view("shut", 1), a_view("shut", 7), a_view("shut", 2, "/admin/users"), stranger]
    home.send_all([*views, a_view("shut", 3, user_agent="Googlebot/2.1")])
    home.wait_for("shut", 1)
    expected = {"excluded_ip": 1, "excluded_page": 1, "host_not_allowed": 1, "bot": 1}
    home.until(lambda: aside(home, "shut") == expected)
    page.goto("/?site=shut&range=24h")
    expect(page.locator("[data-testid=number-pageviews] b")).to_have_text("1")
    rows = page.locator("[data-panel=aside] .bars li")
    expect(rows).to_have_count(4)
    names = {"Excluded address", "Excluded page", "Host not allowed", "Bots"}
    assert {row.locator(".name").inner_text() for row in rows.all()} == names
    assert {row.locator(".told").inner_text() for row in rows.all()} == {"1"}


def test_a_sites_settings_are_the_servers(fresh, troubled, home):
    """Retention, time zone and the public switch are kept, and a wrong one says what is wrong."""
    fresh("kept")
    troubled.goto("/?site=kept&view=settings")
    troubled.fill("input[type=number]", "90")
    troubled.fill("input[list=zones]", "Asia/Seoul")
    troubled.locator("input[role=switch]").first.check()
    saved(troubled)
    (site,) = (one for one in home.ask("GET", "sites")["sites"] if one["id"] == "kept")
    told = (site["retention_days"], site["timezone"], site["public"])
    assert told == (90, "Asia/Seoul", True)
    troubled.fill("input[list=zones]", "Mars/Base")
    troubled.locator("form .button.primary").first.click()
    expect(troubled.locator("[role=alert]")).to_contain_text("no such time zone")
    troubled.fill("input[aria-label^=Type]", "kept")
    troubled.locator("form .button.danger").click()
    troubled.wait_for_url(re.compile(r"^(?!.*kept)"))
    assert "kept" not in {one["id"] for one in home.ask("GET", "sites")["sites"]}


def test_a_public_site_is_everybodys_and_nothing_more(fresh, guest, home):
    """A stranger reads it, finds no settings, and is sent to the login for any other."""
    fresh("open", public=True)
    home.send(a_view("open", 1, "/welcome"))
    home.wait_for("open", 1)
    context, watched = guest()
    watched.allowed |= {"401", "403"}
    page = context.new_page()
    page.goto("/?site=open&range=24h")
    expect(page.locator("[data-panel=pages] .bars")).to_contain_text("/welcome")
    page.click("header .end .menu > button")
    expect(page.locator(".sheet")).to_contain_text("Sign in")
    assert "Settings" not in page.locator(".sheet").inner_text()
    page.goto("/?site=open&view=settings&part=people")
    expect(page.locator("main")).to_contain_text("You may not see this")
    assert page.locator("main form").count() == 0
    home.ask("PUT", "sites", {"id": "open", "public": False})
    page.goto("/?site=open&range=24h")
    expect(page.locator("input[type=password]")).to_be_visible()


def test_reports_are_wanted_and_ended(page, home):
    """Without a mail server that is said, and nothing is sent; who gets them is listed."""
    page.goto("/?site=shop&view=settings&part=letters")
    form = page.locator("form.card")
    expect(form).to_contain_text("No mail server is set")
    expect(page.locator("input[type=email]")).to_have_value(EMAIL)
    page.fill("input[type=email]", "ada@shop.example")
    page.locator("select").first.select_option("month")
    form.locator("button.primary").click()
    row = page.locator("section.card li")
    expect(row).to_contain_text("ada@shop.example")
    expect(row).to_contain_text("Monthly, on the first · not sent yet")
    expect(row.locator("button", has_text="Send now")).to_be_disabled()
    (told,) = home.ask("GET", "letters?site=shop")["letters"]
    assert (told["to"], told["every"]) == ("ada@shop.example", "month")
    for _ in range(2):  # asks once
        row.locator("button").last.click()
    expect(page.locator("section.card")).to_contain_text("Nobody gets reports yet")


def test_alerts_are_wanted_and_ended(page, home):
    """Of few they are asked for how long; another threshold is no second alert."""
    page.goto("/?site=shop&view=settings&part=alerts")
    form = page.locator("form.card")
    expect(form).to_contain_text("No mail server is set")
    row = page.locator("section.card li")
    for visitors in ("250", "300"):
        form.locator("input[type=number]").fill(visitors)
        form.locator("button.primary").click()
        expect(row).to_contain_text(f"{visitors} visitors at once, or more · has not happened yet")
    form.locator("select").first.select_option("few")
    expect(form.locator("input[type=number]")).to_have_value("1")
    form.locator("select").nth(1).select_option("6")
    form.locator("button.primary").click()
    expect(row.first).to_contain_text("No visitor within 6 hours")
    told = home.ask("GET", "alerts?site=shop")["alerts"]
    assert [(one["sign"], one["visitors"]) for one in told] == [("few", 1), ("many", 300)]
    for left in (1, 0):
        for _ in range(2):  # asks once
            row.first.locator("button").last.click()
        expect(row).to_have_count(left)
    expect(page.locator("section.card")).to_contain_text("Nobody is told of anything yet")


def test_a_shared_view_stands_in_another_page(page, guest, home):
    """The link made in the dialog opens with its password, also framed by a page of another origin."""
    page.goto("/?site=shop&range=24h")
    page.click(".sharing")
    dialog = page.locator("dialog[open]")
    dialog.locator("input[type=password]").fill("open sesame")
    dialog.locator("select").select_option("7")
    dialog.locator(".button.primary").click()
    link = dialog.locator("textarea").nth(1)
    expect(link).to_have_value(re.compile("share="))
    (share,) = (one for one in home.ask("GET", "shares?site=shop")["shares"] if one["expires_ms"])
    assert share["has_password"]
    assert abs(share["expires_ms"] - share["created_ms"] - 7 * 86_400_000) < 60_000
    context, watched = guest()
    watched.allowed |= {"400", "404"}
    watched.others.add("http://blog.example/")
    other = context.new_page()
    frame = f'<iframe src="{link.input_value()}&embed=1" width=900 height=900></iframe>'
    other.route("http://blog.example/*", lambda route: route.fulfill(
        body=frame, content_type="text/html"))  # fmt: skip
    other.goto("http://blog.example/")
    inside = other.frame_locator("iframe")
    inside.locator("input[type=password]").fill("open sesame")
    inside.locator("button.primary").click()
    asked = {"range": "24h", "metrics": ["visitors"]}
    visitors = str(home.query("shop", **asked)["totals"][0])
    expect(inside.locator("[data-testid=number-visitors] b")).to_have_text(visitors)
    assert inside.locator("header.bar").count() == 0
    page.goto("/?site=shop&view=settings&part=shares")
    row = page.locator("tbody tr", has_text="Shared view")
    expect(row).to_have_count(1)
    surely(row.locator(".danger"))
    expect(row).to_have_count(0)
    other.reload()
    expect(inside.locator("h1")).to_have_text("This share link is not valid any more.")


def test_who_looks_changes_nothing(page, guest, home):
    """A person made a viewer in the settings sees no change to make, and the server refuses each."""
    page.goto("/?site=shop&view=settings&part=people")
    form = page.locator("form")
    form.locator("input[type=email]").fill(VIEWER)
    form.locator("input[type=password]").fill(PASSWORD)
    form.locator(".button.primary").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    context, watched = guest()
    watched.allowed |= {"401", "403"}
    viewer = context.new_page()
    sign_in(viewer, "/?site=shop&view=settings", VIEWER)
    expect(viewer.locator(".settings nav li").first).to_be_visible()
    parts = viewer.locator(".settings nav a").all_inner_texts()
    assert parts == ["Install", "Export", "Account"]
    viewer.goto("/?site=shop&view=goals")
    expect(viewer.locator("tbody tr")).to_have_count(1)
    assert viewer.locator("button", has_text="New goal").count() == 0
    refused = viewer.evaluate("""async () => {
      const {data} = await (await fetch("api/session")).json();
      const headers = {"X-CSRF-Token": data.csrf, "Content-Type": "application/json"};
      const body = JSON.stringify({id: "shop", public: true});
      return (await fetch("api/sites", {method: "PUT", headers, body})).status;
    }""")
    assert refused == 403
    surely(page.locator("tbody tr", has_text=VIEWER).locator(".danger"))
    expect(page.locator("tbody tr")).to_have_count(1)
    viewer.reload()
    expect(viewer.locator("input[type=password]")).to_be_visible()


def test_the_last_owner_stays(fresh, troubled):
    """A role that is refused is not shown as if it were given, and why is said in words."""
    troubled.goto("/?site=shop&view=settings&part=people")
    chosen = troubled.locator("tbody tr", has_text=EMAIL).locator("select")
    chosen.select_option("viewer")
    expect(troubled.locator("[role=alert]")).to_have_text(
        "Somebody must stay the owner. Make another one first."
    )
    expect(chosen).to_have_value("owner")


def test_a_key_is_told_once_and_revoked(page, home):
    """Made in the settings it reads; revoked there it does not."""
    page.goto("/?site=shop&view=settings&part=keys")
    page.locator("form input.input").first.fill("report")
    page.locator("form .button.primary").click()
    made = page.locator("form textarea")
    expect(made).to_have_value(re.compile(".{20}"))
    asked = {"site": "shop", "range": "24h", "metrics": ["visitors"]}
    headers = {"X-API-Key": made.input_value(), "Content-Type": "application/json"}
    ask = page.request.post
    assert ask("/api/query", data=json.dumps(asked), headers=headers).status == 200
    row = page.locator("tbody tr", has_text="report")
    surely(row.locator(".danger"))
    expect(row).to_have_count(0)
    assert ask("/api/query", data=json.dumps(asked), headers=headers).status == 401


def test_files_go_in_and_out_with_progress(fresh, page, home, tmp_path):
    """A file of the past is brought in and told of, an export has every event of the range."""
    fresh("past")
    file = tmp_path / "past.jsonl"
    lines = [
        {"page_url": f"https://past.example/{n % 7}", "timestamp": 1_760_000_000_000 + n * 1000}
        for n in range(12_000)
    ]
    file.write_text("\n".join(json.dumps(line | {"session_id": "one"}) for line in lines))
    page.goto("/?site=past&view=settings&part=imports")
    page.set_input_files("input[type=file]", file)
    page.locator("form .button.primary").click()
    done = page.locator("li[data-phase=done]")
    expect(done).to_contain_text("12,000 events were brought in")
    asked = {"range": "all", "metrics": ["pageviews"]}
    home.until(lambda: home.query("past", **asked)["totals"] == [12_000])
    page.goto("/?site=past&view=settings&part=exports")
    page.locator("input[type=date]").first.fill("2025-10-01")
    with page.expect_download() as download:
        page.locator("button", has_text="CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8"))))
    assert len(rows) == 12_000
    expect(page.locator("[role=status].good")).to_contain_text("is saved")


def test_a_goal_and_a_funnel_are_made_edited_and_removed(fresh, page, home):
    """What is made on their pages is kept by the server and asked of it at once."""
    fresh("aims")
    home.send(a_view("aims", 1, "/a"), a_view("aims", 1, "/b", 50), a_view("aims", 2, "/a"))
    home.wait_for("aims", 3)
    page.goto("/?site=aims&view=goals&range=24h")
    page.locator("button", has_text="New goal").click()
    page.locator("form .wide").fill("/b")
    page.locator("form .button.primary").click()
    expect(page.locator("tbody tr")).to_contain_text("50%")
    page.goto("/?site=aims&view=funnels&range=24h")
    page.locator("button", has_text="New funnel").click()
    page.locator("form input").first.fill("Through")
    for at, path in enumerate(("/a", "/b")):
        page.locator("form .wide").nth(at).fill(path)
    page.locator("form .button.primary").click()
    expect(page.locator(".step b")).to_have_text(["2", "1"])
    page.locator(".funnel button", has_text="Edit").click()
    page.locator("form .wide").nth(1).fill("/c")
    page.locator("form .button.primary").click()
    expect(page.locator(".step b")).to_have_text(["2", "0"])
    surely(page.locator(".funnel button[aria-label^=Remove]"))
    expect(page.locator(".empty")).to_contain_text("No funnels yet")


def test_the_doctor_tells_what_the_server_saw(fresh, page, home):
    """The script that can be loaded, and a host that is not the site's, stand on the install page."""
    fresh("ill")
    page.goto("/?site=ill&view=settings&part=install")
    expect(page.locator("[data-finding=script]")).to_have_class(re.compile("ok"))
    expect(page.locator("[data-finding=pages]")).to_contain_text("None since")
    event = {"site": "ill", "page_url": "https://staging.example/"}
    batch = {"events": [event], "sent_at": int(time.time() * 1000)}
    agent = {"User-Agent": a_view("ill", 0)["user_agent"]}
    home.ask("POST", "events", batch, **agent)
    page.locator("button", has_text="Look again").click()
    expect(page.locator("[data-finding=hosts]")).to_contain_text("staging.example")
    first = page.locator("[data-finding]").first
    expect(first).to_have_class(re.compile("bad"))


def test_a_new_home_is_set_up_in_the_browser(chrome, built, tmp_path):
    """The link makes the owner, the snippet waits for its first event, each page teaches when empty."""
    with running(tmp_path / "data", tmp_path / "log") as home:
        context = chrome.new_context(base_url=home.url, locale="en-US")
        faults = []
        context.on("weberror", lambda error: faults.append(str(error.error)))
        page = context.new_page()
        page.goto("/")  # the link is opened where the page is open already
        expect(page.locator("input[autocomplete=off]")).to_be_visible()
        page.goto(home.setup_link)
        expect(page.locator("input[autocomplete=off]")).to_have_count(0)
        page.fill("input[type=email]", EMAIL)
        page.fill("input[type=password]", PASSWORD)
        page.click("button.primary")
        expect(page.locator(".wait")).to_contain_text("Waiting for the first event")
        assert "setup" not in page.url
        for view in ("", "&view=live", "&view=goals", "&view=funnels", "&view=journeys"):
            page.goto(f"/?site=default{view}")
            expect(page.locator(".empty").first).to_be_visible()
        page.goto("/?site=default")
        expect(page.locator("aside")).to_contain_text("Waiting for the first event")
        page.request.post("/api/events", data=json.dumps(
            {"site": "default", "page_url": "https://shop.example/first"}), headers={
                "Content-Type": "application/json", "User-Agent": a_view("x", 0)["user_agent"]})  # fmt: skip
        expect(page.locator("[data-testid=strip-online]")).to_have_text("1")
        expect(page.locator(".last")).to_contain_text("/first")
        context.close()
        assert faults == []
