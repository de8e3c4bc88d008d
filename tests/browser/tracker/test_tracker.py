"""Every event of a real page arrives at the real server exactly once, with the right fields."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VIEW, ENGAGEMENT = "page_view", "engagement"


def paths(events):
    return [event.page for event in events if event.type == VIEW]


def test_static_pages(home, site, page):
    """Page after page: a view each, and the attention of the page that was left."""
    site.pages["/"] = home.page(
        "Home", '<a href="/next" style="position:fixed">next</a><p style="height:3000px">'
    )
    site.pages["/next"] = home.page("Next")
    page.goto(site.url("/?utm_source=News&utm_medium=email&token=secret"))
    home.wait(page, VIEW)
    page.evaluate("scrollTo(0, 500)")
    page.wait_for_timeout(1100)
    page.click("a")
    first, engagement, second = home.wait(page, VIEW, ENGAGEMENT, VIEW)

    assert (first.type, first.hostname, first.page, first.title) == (
        VIEW,
        "shop.example",
        "/",
        "Home",
    )
    assert (first.utm_source, first.utm_medium) == ("News", "email")
    assert first.browser == "Chrome"
    assert first.device == "desktop"
    assert first.screen == page.evaluate("`${screen.width}x${screen.height}`")
    assert first.language is not None
    assert first.aside is None
    assert (engagement.page, engagement.visitor) == ("/", first.visitor)
    assert engagement.engaged_ms >= 1000
    assert 20 < engagement.scroll_depth < 60
    assert (second.page, second.title, second.visitor) == ("/next", "Next", first.visitor)


def test_single_page_history(home, site, page):
    """pushState, replaceState and going back count each new address, with its own title."""
    site.pages["/"] = home.page("Home")
    page.goto(site.url())
    home.wait(page, VIEW)
    page.evaluate("history.pushState({}, '', '/a'); document.title = 'A'")
    page.wait_for_timeout(50)
    page.evaluate("history.replaceState({}, '', '/b?x=1'); document.title = 'B'")
    page.wait_for_timeout(50)
    page.evaluate("history.replaceState({}, '', '/b?x=2')")
    page.evaluate("history.back()")
    page.wait_for_timeout(50)
    page.evaluate("document.title = 'Home again'")
    events = home.wait(page, *[VIEW] * 4)
    assert paths(events) == ["/", "/a", "/b", "/"]
    assert [event.title for event in events if event.type == VIEW] == [
        "Home",
        "A",
        "B",
        "Home again",
    ]


def test_single_page_hash(home, site, page):
    """With hash routing the fragment is part of the path, without its query."""
    site.pages["/app"] = home.page(script="li.plus.js", attributes="data-hash")
    page.goto(site.url("/app#/cart"))
    home.wait(page, VIEW)
    page.evaluate("location.hash = '#/pay?card=secret'")
    events = home.wait(page, VIEW, VIEW, ENGAGEMENT)
    assert paths(events) == ["/app/#/cart", "/app/#/pay"] or paths(events) == [
        "/app#/cart",
        "/app#/pay",
    ]


def test_iframe(home, site, page):
    """A page in a frame of another site counts for itself, the outer page for itself."""
    site.pages["/inner"] = home.page("Inner")
    inner = site.url("/inner", "widget.example")
    site.pages["/outer"] = home.page("Outer", f'<iframe src="{inner}"></iframe>')
    page.goto(site.url("/outer"))
    events = home.wait(page, VIEW, VIEW)
    assert sorted((event.hostname, event.page) for event in events) == [
        ("shop.example", "/outer"),
        ("widget.example", "/inner"),
    ]


PRERENDERING = """<script type="speculationrules">
{"prerender": [{"urls": ["/next"], "eagerness": "immediate"}]}</script>
<script>setTimeout(() => {
  liveinsight("Leaving");
  location.href = "/next";
}, 4000)</script>"""
PRERENDERED = """<script>
addEventListener("load", () => liveinsight("Early", { props: { unseen: document.prerendering } }));
</script>"""


def test_prerender(home, site, unwatched):
    """A prerendered page is counted when it is shown, and not before."""
    site.pages["/"] = home.page("Home", attributes="data-local", head=PRERENDERING)
    site.pages["/next"] = home.page("Next", attributes="data-local", head=PRERENDERED)
    unwatched(site.url("/", "localhost"))
    events = home.wait(None, VIEW, "Leaving", VIEW, "Early")
    views = [event for event in events if event.type == VIEW]
    assert paths(events) == ["/", "/next"]
    (leaving,) = home.of_type("Leaving")
    (early,) = home.of_type("Early")
    assert early.props == {"unseen": True}
    assert early.time_ms < leaving.time_ms - 1000  # it ran unseen, and waited
    assert views[1].time_ms >= leaving.time_ms


def test_back_forward_cache(home, site, page):
    """A page that comes back from the back/forward cache is seen again."""
    site.pages["/plain"] = "<!doctype html><a href='/other'>next</a>"
    site.pages["/other"] = "<!doctype html>"
    page.goto(site.url("/plain"))
    page.evaluate("window.alive = true")
    page.click("a")
    page.wait_for_url("**/other")
    page.go_back(wait_until="commit")
    keeps_pages = page.evaluate("window.alive")

    site.pages["/"] = home.page("Home", '<a href="/next">next</a>')
    site.pages["/next"] = home.page("Next")
    page.goto(site.url())
    page.evaluate("window.alive = true")
    home.wait(page, VIEW)
    page.click("a")
    home.wait(page, VIEW, ENGAGEMENT, VIEW)
    page.go_back(wait_until="commit")
    events = home.wait(page, *[VIEW] * 3, *[ENGAGEMENT] * 2)
    assert paths(events) == ["/", "/next", "/"]
    # The bare browser of a package keeps none, with a tracker or without.
    assert page.evaluate("window.alive") is keeps_pages


def test_offline_and_back(home, site, browser, page):
    """What happens while the network is away arrives when it is back, once."""
    site.pages["/"] = home.page()
    page.goto(site.url())
    home.wait(page, VIEW)
    browser.set_offline(True)
    page.evaluate("liveinsight('Offline', { props: { n: 1 } })")
    page.wait_for_timeout(2500)
    browser.set_offline(False)
    events = home.wait(page, VIEW, "Offline")
    assert events[1].props == {"n": 1}


def test_tab_closed_right_after_an_event(home, site, browser, page):
    """An event of the last moment is not lost with its tab."""
    site.pages["/"] = home.page()
    tab = browser.new_page()
    tab.goto(site.url())
    home.wait(page, VIEW)
    tab.evaluate("liveinsight('Last words')")
    tab.close()
    home.wait(page, VIEW, "Last words", ENGAGEMENT)


def test_a_burst(home, site, browser, page):
    """A hundred events at once, and the tab closed on them: each arrives once."""
    site.pages["/"] = home.page()
    tab = browser.new_page()
    tab.goto(site.url())
    home.wait(page, VIEW)
    tab.evaluate("for (let n = 0; n < 100; n++) liveinsight('Burst', { props: { n } })")
    tab.close()
    home.wait(page, VIEW, *["Burst"] * 100, ENGAGEMENT)
    assert sorted(event.props["n"] for event in home.of_type("Burst")) == list(range(100))


def test_strict_content_security_policy(home, site, page):
    """Under a policy of nonces, without inline scripts or foreign connections, it works."""
    site.pages["/app.js"] = (
        "window.liveinsight ||= Object.assign((...a) => liveinsight.q.push(a), { q: [] });"
        "liveinsight('Early');"
    )
    site.pages["/"] = home.page(
        script="li.plus.js",
        attributes='nonce="abc" data-vitals',
        head='<script nonce="abc" src="/app.js"></script>',
    )
    site.headers["/"] = {
        "Content-Security-Policy": "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; "
        f"connect-src {home.origin}; base-uri 'none'; require-trusted-types-for 'script'"
    }
    blocked = []
    page.on("console", lambda message: blocked.append(message.text))
    page.goto(site.url())
    events = home.wait(page, VIEW, "Early")
    assert paths(events) == ["/"]
    assert [text for text in blocked if "Content Security Policy" in text] == []


def test_document_write(home, site, page):
    """An old-style page writes the script element, and itself, by document.write."""
    src = f"{home.origin}/js/li.js"
    site.pages["/"] = (
        "<html><head><title>Old</title><script>"
        f"document.write('<script src=\"{src}\"><\\/script>')</script></head>"
        "<body><script>document.write('<p data-li-event=\"Said\">hello</p>')</script></body></html>"
    )
    page.goto(site.url())
    page.click("p")
    events = home.wait(page, VIEW, "Said")
    assert [event.title for event in events if event.type == VIEW] == ["Old"]


def test_a_page_that_rewrites_itself(home, site, page):
    """A document written anew with the same script is the same page view."""
    site.pages["/"] = home.page("First")
    page.goto(site.url())
    home.wait(page, VIEW)
    page.evaluate(
        "html => { document.open(); document.write(html); document.close() }",
        home.page("Second"),
    )
    page.wait_for_function("document.readyState == 'complete'")
    page.evaluate("liveinsight('After')")
    home.wait(page, VIEW, "After")


def test_two_script_elements(home, site, page):
    """A script embedded twice counts once."""
    again = f'<script defer src="{home.origin}/js/other-name.js"></script>'
    site.pages["/"] = home.page(head=again)
    page.goto(site.url())
    page.evaluate("liveinsight('Once')")
    home.wait(page, VIEW, "Once")


def test_events_from_html(home, site, page):
    """A click, and Enter in a form, tell what the element says; values of fields never."""
    site.pages["/"] = home.page(
        body="""<button data-li-event="Signup" data-li-props='{"plan":"pro","seats":3}'>
          <b>Sign up</b></button>
          <form onsubmit="return false"><input name="card" value="4111-1111"><button
          data-li-event="Search">go</button></form>""",
    )
    page.goto(site.url())
    page.click("b")
    page.press("input", "Enter")
    events = home.wait(page, VIEW, "Signup", "Search")
    assert home.of_type("Signup")[0].props == {"plan": "pro", "seats": 3}
    assert "4111-1111" not in repr(events)


def test_extensions(home, site, page):
    """Outbound links, downloads, forms, errors, revenue, users and missing pages."""
    site.pages["/404"] = home.page(
        script="anything.plus.js",
        attributes='data-outbound data-downloads data-forms data-404 data-errors data-revenue data-user-id="u1"',
        body="""<a id=out href="http://elsewhere.example/x?token=secret">out</a>
          <a id=file href="/files/report.pdf?sig=secret">file</a>
          <form id=contact><input name=id value=private><button>send</button></form>
          <i data-li-event=Purchase data-li-props='{"revenue":"12.90","currency":"EUR"}'>buy</i>
          <script>addEventListener('click', event => event.target.closest('a') && event.preventDefault());
          addEventListener('submit', event => event.preventDefault())</script>""",
    )
    page.goto(site.url("/404"))
    page.click("#out")
    page.click("#file")
    page.click("#contact button")
    page.click("i")
    page.evaluate("setTimeout(() => { throw new Error('Broken at http://x.example/?q=secret') })")
    events = home.wait(
        page,
        VIEW,
        "404",
        "Outbound Link: Click",
        "File Download",
        "Form: Submission",
        "Purchase",
        "JavaScript Error",
    )
    said = {event.type: event.props for event in events}
    assert said["404"] == {"path": "/404"}
    assert said["Outbound Link: Click"] == {"url": "http://elsewhere.example/x"}
    assert said["File Download"] == {"url": site.url("/files/report.pdf")}
    assert said["Form: Submission"] == {"form": "contact"}
    assert said["JavaScript Error"]["message"] == "Uncaught Error: Broken at http://x.example/"
    (purchase,) = home.of_type("Purchase")
    assert (purchase.revenue_amount, purchase.revenue_currency) == ("12.90", "EUR")
    assert len({event.visitor for event in events}) == 1
    assert "secret" not in repr(events)
    assert "private" not in repr(events)


def test_web_vitals(home, site, page):
    """Vitals ride on the engagement of the page that was measured."""
    site.pages["/"] = home.page(
        script="li.plus.js", attributes="data-vitals", body="<h1>Large</h1><a href='/b'>b</a>"
    )
    site.pages["/b"] = "<p>b</p>"
    page.goto(site.url())
    page.click("h1")
    page.wait_for_timeout(1500)
    page.click("a")
    _, engagement = home.wait(page, VIEW, ENGAGEMENT)
    assert {"lcp", "cls", "ttfb", "fcp"} <= set(engagement.props)
    assert all(value >= 0 for value in engagement.props.values())


def test_the_offline_queue_outlives_the_page(home, site, browser, page):
    """What one page could not send, the next page sends, once."""
    site.pages["/"] = home.page(script="li.plus.js", attributes="data-offline")
    tab = browser.new_page()
    tab.goto(site.url())
    home.wait(page, VIEW)
    browser.set_offline(True)
    tab.evaluate("liveinsight('Kept')")
    tab.wait_for_timeout(1500)
    tab.close()
    browser.set_offline(False)
    page.goto(site.url())
    home.wait(page, VIEW, "Kept", ENGAGEMENT, VIEW)


def test_opting_out(home, site, page):
    """Who opted out sends nothing, from that moment on and on the next pages."""
    site.pages["/"] = home.page()
    page.goto(site.url())
    home.wait(page, VIEW)
    page.evaluate("localStorage.liveinsight = 'off'; liveinsight('Unheard')")
    page.goto(site.url("/?again"))
    page.evaluate("delete localStorage.liveinsight; liveinsight('Heard')")
    events = home.wait(page, VIEW, "Heard")
    assert paths(events) == ["/"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machine_is_counted_only_when_asked(home, site, page, host):
    """Developing a site is no visit of it."""
    site.pages["/"] = home.page()
    site.pages["/asked"] = home.page(attributes="data-local")
    page.goto(site.url("/", host))
    page.wait_for_timeout(1500)
    page.goto(site.url("/asked", host))
    events = home.wait(page, VIEW)
    assert [(event.hostname, event.page) for event in events] == [(host, "/asked")]


def test_a_wrong_clock(home, site, page):
    """A browser whose clock is a day ahead is counted, now."""
    site.pages["/"] = home.page()
    page.clock.install(time=4_000_000_000)
    page.goto(site.url())
    page.clock.run_for(2000)
    (view,) = home.wait(page, VIEW)
    assert view.time_ms < 3_000_000_000_000


def test_a_page_without_script(home, site, browser):
    """The pixel counts who runs no script."""
    pixel = f"{home.origin}/api/pixel.gif?url=http%3A%2F%2Fshop.example%2Fquiet"
    site.pages["/"] = f'<html><body><noscript><img src="{pixel}"></noscript></body></html>'
    tab = browser.new_page()
    tab.route("**/*.js", lambda route: route.abort())
    session = browser.new_cdp_session(tab)
    session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    tab.goto(site.url())
    (view,) = home.wait(None, VIEW)
    assert (view.hostname, view.page) == ("shop.example", "/quiet")


def test_the_module_for_bundlers(home, site, page):
    """`init`, `track` and `pageView` of the ES module do what the script does."""
    dist = ROOT / "web" / "tracker" / "dist"
    for file in dist.rglob("*.js"):
        site.pages[f"/{file.relative_to(dist).as_posix()}"] = file.read_text()
    site.pages["/"] = f"""<!doctype html><title>Module</title><script type="module">
        import {{ init, outbound, pageView, track }} from "/index.js";
        track("Early");
        init({{ api: "{home.origin}/api/events", extensions: [outbound()] }});
        pageView({{ page_url: "http://shop.example/virtual" }});
        </script><a href="http://elsewhere.example/">out</a>"""
    page.goto(site.url())
    page.evaluate("addEventListener('click', event => event.preventDefault())")
    page.click("a")
    events = home.wait(page, VIEW, "Early", VIEW, "Outbound Link: Click")
    assert sorted(paths(events)) == ["/", "/virtual"]


@pytest.mark.parametrize(("wish", "header"), [("gpc", "Sec-GPC"), ("dnt", "DNT")])
def test_wishes_not_to_be_counted(home, site, page, wish, header):
    """Where the site honours them, and only there."""
    site.pages["/"] = home.page()
    page.set_extra_http_headers({header: "1"})
    page.goto(site.url())
    home.wait(page, VIEW)
    with home.site_set(f"honour_{wish}"):
        page.evaluate("liveinsight('Unwanted')")
        page.wait_for_timeout(1500)  # for the heartbeat that sends it
    page.evaluate("liveinsight('Wanted')")
    home.wait(page, VIEW, "Wanted", opted_out=1)
