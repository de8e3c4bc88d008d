"""How each figure was counted can be read from the figure itself, and what it stands against chosen."""

import json
import re
from datetime import date
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from dashboard_home import ZONE, a_view

DRAWER = "dialog[open] [data-testid=explain]"


def facts(page):
    """What the drawer tells of the question, by its English name."""
    rows = page.locator(f"{DRAWER} .facts > div")
    return {
        row.locator("dt").inner_text(): row.locator("dd").first.inner_text() for row in rows.all()
    }


def test_a_number_tells_how_it_was_counted(page, home):
    """Value, meaning, span, zone, filters and relations are those of the API's own account."""
    page.goto("/?site=shop&range=7d&f=is,country,KR")
    page.locator("button[aria-label='How is this counted? Visits']").click()
    drawer = page.locator(DRAWER)
    expect(drawer.locator("[data-read]").first).to_be_visible()
    question = json.loads(drawer.locator("textarea").input_value())
    told = home.query(**question)
    at = question["metrics"].index("visits")
    expect(drawer.locator("[data-testid=explained]")).to_have_text(f"{told['totals'][at]:,}")
    expect(drawer).to_contain_text("no gap over 30 minutes")
    read = drawer.locator("[data-read]")
    explained = told["meta"]["explained"]
    assert [one.get_attribute("data-read") for one in read.all()] == [
        one["read"] for one in reversed(explained)
    ]
    files = [int(cell) for cell in read.locator("td:nth-child(4)").all_inner_texts()]
    assert files == [one["files"] for one in reversed(explained)]
    days = [int(cell) for cell in read.locator("td:nth-child(3)").all_inner_texts()]
    told_days = [
        (date.fromisoformat(one["to"]), date.fromisoformat(one["from"])) for one in explained
    ]
    assert days == [(last - first).days + 1 for last, first in reversed(told_days)]
    said = facts(page)
    assert said["Time zone"] == ZONE
    assert said["Filters"].startswith("Country is South Korea")
    assert "\u2013" in said["Range"]
    assert "\u2013" in said["Compared with"]


def test_every_panel_and_screen_tells_it_by_keyboard(page):
    """Each has its button, Enter opens it, Escape gives the focus back, H tells of the chosen number."""
    page.goto("/?site=shop&range=24h&tab=places:country")
    drawer = page.locator(DRAWER)
    for panel, means in (
        ("sources", "The campaign's own name"),
        ("pages", "without its query"),
        ("places", "Looked up from the address"),
        ("devices", "visit's first event"),
        ("events", "Told by the event itself"),
        ("aside", "each with one reason"),
    ):
        button = page.locator(f"[data-panel={panel}] [data-explain]")
        button.focus()
        page.keyboard.press("Enter")
        expect(drawer).to_contain_text(means)
        page.keyboard.press("Escape")
        expect(drawer).to_have_count(0)
        expect(button).to_be_focused()
    page.locator("h1").first.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("h")
    expect(drawer.locator("[data-testid=explained]")).to_be_visible()
    for view in ("live", "goals", "funnels", "journeys", "retention"):
        page.goto(f"/?site=shop&view={view}&range=24h")
        page.locator(f"[data-explain={view}]").click()
        expect(drawer.locator("dd").first).to_be_visible()


def test_the_further_tabs_tell_it_too(page, home):
    """Goals, revenue and properties name the question that gave them, and the API answers it."""
    for tab, named in (("goals", "goals"), ("revenue", "revenue"), ("props", "prop:plan")):
        page.goto(f"/?site=shop&range=24h&tab=events:{tab}")
        page.locator(f"[data-explain='events.{named}']").click()
        drawer = page.locator(DRAWER)
        expect(drawer.locator("[data-read]").first).to_be_visible()
        question = json.loads(drawer.locator("textarea").input_value())
        assert home.query(**question)["totals"]


def test_what_was_set_aside_is_told_and_shown(fresh, page, home):
    """The drawer counts what is not in the figure, and leads to the panel with its reasons."""
    fresh("apart")
    home.send_all([a_view("apart", 1), a_view("apart", 2, user_agent="Googlebot/2.1")])
    home.wait_for("apart", 1)
    asked = {"site": "apart", "range": "24h"}
    home.until(lambda: home.ask("POST", "aside", asked)["results"] != [])
    page.goto("/?site=apart&range=24h&explain=visitors")
    expect(page.locator("[data-testid=explain-aside]")).to_contain_text("1 event of these days was")
    page.locator(f"{DRAWER} a", has_text="Show what was set aside").click()
    panel = page.locator("[data-panel=aside]")
    expect(panel).to_be_focused()
    expect(panel).to_be_in_viewport()
    expect(panel.locator(".bars li")).to_have_count(1)
    assert "explain" not in page.url


def test_any_days_to_compare_with(page, home):
    """Two days of the calendar are what the range stands against; the API is asked just that."""
    page.goto("/?site=shop&range=7d")
    page.click("button[title='Compare']")
    page.click(".calendar button[aria-label='Earlier']")
    days = page.locator(".calendar [data-day]:not([disabled]):not(.other)")
    days.nth(9).click()
    days.nth(3).click()
    page.wait_for_url(re.compile("compare=2"))
    chosen = parse_qs(urlparse(page.url).query)["compare"][0].split("..")
    assert (chosen[0][8:], chosen[1][8:]) == ("04", "10")
    compare = {"from": chosen[0], "to": chosen[1]}
    asked = {"range": "7d", "metrics": ["visitors"], "dimensions": ["time:day"]}
    told = home.query("shop", **asked, compare=compare)
    assert told["query"]["compare"]["from"].startswith(chosen[0])
    page.click("button[aria-label='Show as a table']")
    cells = page.locator(".chart tbody td:nth-child(3)")
    expect(cells).to_have_text([str(row["comparison"]["metrics"][0]) for row in told["results"]])
    name = page.locator("button[title='Compare']").inner_text().split("\n")[-1]
    assert "4" in name
    assert name in page.locator(".chart thead").inner_text()
    page.click("button[title='Compare']")
    page.locator("[role=menuitemradio]", has_text="No comparison").click()
    page.wait_for_url(re.compile("compare=none"))


INSIDE = """() => {
  const box = document.querySelector(".sheet .calendar")?.closest(".sheet").getBoundingClientRect();
  return box && box.left >= 0 && box.right <= innerWidth && box.width > 250;
}"""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_calendar_stays_on_a_small_screen(guest, signed_in, motion):
    """Its sheet is moved back into sight, though its content comes after it was opened."""
    context, _ = guest(width=360, height=780, locale="ko-KR", motion=motion)
    context.add_cookies(signed_in["cookies"])
    page = context.new_page()
    page.goto("/?site=shop&range=7d")
    for opener in ("button[title='비교']", "button[title='기간']"):
        page.click(opener)
        page.wait_for_function(INSIDE)
        page.keyboard.press("Escape")
