"""GoatCounter's clients: requests in the shapes that were seen, with values of our own."""

from front_house import House
from liveinsight.domain.site import Site
from liveinsight.http.wire import GIF
from trackers_house import goatcounter, the_event, told


def test_goatcounter_page_view(house):
    """A beacon without a body; the path still has its query, which is told beside it too."""
    status, headers, body = goatcounter(
        house,
        p="/shoes?utm_source=news",
        q="?utm_source=news",
        t="Shoes",
        s="1280,720,2",
        b="0",
        rnd="x",
    )
    assert (status, body, headers[b"content-type"]) == (200, GIF, b"image/gif")
    assert headers[b"cross-origin-resource-policy"] == b"cross-origin"
    event = the_event(house)
    assert (event.site, event.hostname, event.page) == ("shop", "shop.example", "/shoes")
    assert (event.title, event.screen, event.source) == ("Shoes", "1280x720", "news")


def test_goatcounter_event(house):
    """Its name is where the path is."""
    goatcounter(house, p="signup", e="true", t="")
    assert (the_event(house).type, the_event(house).site) == ("signup", "shop")


def test_goatcounter_pages_of_several_sites(tmp_path):
    """The page says whose it is, not the name under which the server is asked."""
    names = {"shop": "shop.example", "blog": "blog.example", "both": "blog.shop.example"}
    house = House(tmp_path, *(Site(id=name, domains=(host,)) for name, host in names.items()))
    for host in names.values():
        house.ask("GET", "/count?p=/a", host="stats.shop.example", referer=f"https://{host}/")
    assert [event.site for event in house.hot.events] == ["shop", "blog", "both"]
    house.close()


def test_goatcounter_events_are_on_no_page(house):
    """A page that they are counted on would have visitors who never saw it; campaigns are in `q`."""
    goatcounter(house, p="signup", e="true")
    assert (the_event(house).page, the_event(house).site) == (None, "shop")
    house.hot.events.clear()
    goatcounter(house, p="/a?id=3", q="?id=3&utm_source=news")
    assert (the_event(house).page, the_event(house).source) == ("/a", "news")


def test_what_only_looks_is_not_counted(house):
    """A browser that fetches ahead, and a HEAD."""
    told(house.ask("GET", "/count?p=/", referer="https://shop.example/", sec_purpose="prefetch"))
    assert house.ask("HEAD", "/count?p=/", referer="https://shop.example/").status == 200
    assert house.hot.events == []


def test_goatcounter_without_referer(house):
    """The site is told by the name under which the server is asked, as there."""
    goatcounter(house, method="GET", referer="", p="/plain")
    assert (the_event(house).site, the_event(house).page) == ("shop", "/plain")


def test_goatcounter_refusals_are_pictures(any_house):
    """With the reason in a header."""
    status, headers, body = goatcounter(any_house, t="no path")
    assert (status, body) == (400, GIF)
    assert headers[b"x-goatcounter"] == b"p is required"


def test_goatcounter_bots_are_not_counted(house):
    """The script found a driver: answered, and set aside; other numbers mean nothing."""
    assert goatcounter(house, p="/", b="153")[0] == 200
    assert the_event(house).aside == "bot"
    assert goatcounter(house, p="/", b="20")[0] == 400
