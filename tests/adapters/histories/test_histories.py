"""What other trackers and web servers kept, in the shapes that theirs have, with values of our own."""

import gzip
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveinsight.adapters.histories.files import sightings
from liveinsight.adapters.histories.telling import Wrong
from liveinsight.adapters.recognise.told import ToldAgents
from liveinsight.domain.agent import Agent
from liveinsight.domain.errors import Invalid
from liveinsight.domain.event import ENGAGEMENT, PAGE_VIEW

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
AGENTS = ToldAgents()


def read(tmp_path, name, text, host="shop.example"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return [told for _, told in sightings(path, host)]


UMAMI = """\
event_id,website_id,session_id,visit_id,created_at,url_path,url_query,utm_source,utm_medium,utm_campaign,utm_content,utm_term,referrer_path,referrer_query,referrer_domain,page_title,gclid,event_type,event_name,tag,hostname,browser,os,device,screen,language,country,distinct_id,data
e1,w,s1,v1,2025-05-01 12:00:00.25+00,/shoes,utm_source=news,news,,,,,/a,q=1,search.example,Shoes,,1,,,shop.example,chrome,Windows 10,laptop,1280x720,ko-KR,KR,,
e2,w,s1,v1,2025-05-01 12:01:00+00,/shoes,,,,,,,/,,shop.example,Shoes,,2,signup,b,shop.example,ios,iOS,mobile,390x844,,US,u7,"{""plan"": ""pro"", ""seats"": ""3""}"
e3,w,s1,v1,2025-05-01 12:02:00+00,/x,,,,,,,,,,,,5,,,shop.example,chrome,Windows 10,laptop,,,,,
"""


def test_umami_events(tmp_path):
    """Views and custom events with what their sessions tell; performance is neither."""
    view, signup = read(tmp_path, "umami.csv.gz", UMAMI)
    assert (view.event_type, view.page_url) == (
        PAGE_VIEW,
        "https://shop.example/shoes?utm_source=news",
    )
    assert (view.referrer, view.title) == ("https://search.example/a?q=1", "Shoes")
    assert (view.event_id, view.session_id, view.user_id) == ("e1", "v1", "umami s1")
    assert view.timestamp == 1_746_100_800_250
    assert AGENTS.read(view.user_agent) == Agent("Chrome", None, "Windows", "10", "desktop")
    assert (signup.event_type, signup.user_id, signup.referrer) == ("signup", "umami u7", None)
    assert signup.props == {"tag": "b", "plan": "pro", "seats": "3"}
    assert AGENTS.read(signup.user_agent) == Agent("Safari", None, "iOS", None, "mobile")


PLAUSIBLE = """\
"timestamp","name","site_id","user_id","session_id","hostname","pathname","referrer","referrer_source","country_code","screen_size","operating_system","browser","utm_medium","utm_source","utm_campaign","meta.key","meta.value","browser_version","operating_system_version","revenue_source_amount","revenue_source_currency","scroll_depth","engagement_time"
"2025-05-01 12:00:00","pageview",1,77,88,"shop.example","/shoes","search.example/a","Search","KR","Desktop","Mac","Chrome","","","","[]","[]","147.0","10.15",\\N,\\N,255,0
"2025-05-01 12:00:09","engagement",1,77,88,"shop.example","/shoes","","","\0\0","Mobile","GNU/Linux","Microsoft Edge","","","","[]","[]","","",\\N,\\N,70,9000
"2025-05-01 12:01:00","Buy",1,77,88,"(none)","/cart","","Hacker News","","","","","","","spring","['plan','it\\'s']","['pro','a,b']","","",12.9,"EUR",255,0
"""


def test_plausible_events(tmp_path):
    """Views, attention and custom events of its table, with their money."""
    view, engagement, buy = read(tmp_path, "events_v2.csv", PLAUSIBLE)
    assert (view.event_type, view.page_url) == (PAGE_VIEW, "https://shop.example/shoes")
    assert (view.referrer, view.utm_source) == ("https://search.example/a", None)
    assert (view.timestamp, view.user_id, view.session_id) == (
        *(1_746_100_800_000, "plausible 77"),
        "88",
    )
    assert AGENTS.read(view.user_agent) == Agent("Chrome", "147", "macOS", "10", "desktop")
    assert (engagement.event_type, engagement.engaged_ms, engagement.scroll_depth) == (
        *(ENGAGEMENT, 9000),
        70,
    )
    assert AGENTS.read(engagement.user_agent) == Agent("Edge", None, "Linux", None, "mobile")
    assert (buy.event_type, buy.page_url, buy.country) == (
        *("Buy", "https://shop.example/cart"),
        None,
    )
    assert (buy.utm_source, buy.utm_campaign) == ("Hacker News", "spring")
    assert buy.props == {"plan": "pro", "it's": "a,b"}
    assert (str(buy.revenue.amount), buy.revenue.currency) == ("12.9", "EUR")


def an_action(kind, at, **about):
    return {"type": kind, "timestamp": at, "idpageview": "abc", **about}


VISIT = {
    "idVisit": "2199",
    "visitorId": "0123456789abcdef",
    "userId": None,
    "firstActionTimestamp": 1_720_111_385,
    "siteCurrency": "EUR",
    "referrerType": "search",
    "referrerName": "Search",
    "referrerUrl": "https://search.example/",
    "languageCode": "fr-fr",
    "countryCode": "fr",
    "resolution": "1440x900",
    "deviceType": "Bureau",
    "deviceTypeIcon": "plugins/Morpheus/icons/dist/devices/desktop.png",
    "browserName": "Chrome",
    "browserVersion": "126.0",
    "operatingSystemName": "Mac",
    "operatingSystemVersion": "10.15",
    # Two hours ahead: the site's clock, told as if it were UTC.
    "actionDetails": [
        an_action("action", 1_720_118_585, url="https://shop.example/", pageTitle="Home"),
        an_action("outlink", 1_720_118_590, url="https://elsewhere.example/x"),
        an_action("event", 1_720_118_600, eventCategory="Form", eventAction="send", eventValue="2"),
        an_action("search", 1_720_118_610, siteSearchKeyword="red"),
        an_action("ecommerceOrder", 1_720_118_617, orderId="o1", revenue="25.50"),
        an_action("unheard", 1_720_118_618),
    ],
}


def test_matomo_visits(tmp_path):
    """Their actions by the visit's clock, each on the page where it was; whence is told once."""
    told = read(tmp_path, "visits.json", json.dumps([VISIT]))
    assert [(one.event_type, one.page_url) for one in told] == [
        (name, "https://shop.example/")
        for name in (PAGE_VIEW, "Outbound Link: Click", "send", "Site Search", "Order")
    ]
    assert [one.timestamp // 1000 - 1_720_111_385 for one in told] == [0, 5, 15, 25, 32]
    assert [one.referrer for one in told] == ["https://search.example/", None, None, None, None]
    assert [one.props for one in told] == [
        None,
        {"url": "https://elsewhere.example/x"},
        {"category": "Form", "value": 2},
        {"term": "red"},
        {"order": "o1"},
    ]
    assert (str(told[4].revenue.amount), told[4].revenue.currency) == ("25.5", "EUR")
    assert {one.user_id for one in told} == {"matomo 0123456789abcdef"}
    assert AGENTS.read(told[0].user_agent) == Agent("Chrome", "126", "macOS", "10", "desktop")
    assert (told[0].country, told[0].language, told[0].screen) == ("FR", "fr-fr", "1440x900")


def test_matomo_campaigns(tmp_path):
    """Are tags, as in addresses."""
    came = {"referrerType": "campaign", "referrerName": "spring", "referrerKeyword": "red"}
    view, *_ = read(tmp_path, "visits.json.gz", json.dumps([VISIT | came]))
    assert (view.utm_campaign, view.utm_term, view.referrer) == ("spring", "red", None)


def a_line(request="GET /a?x=1 HTTP/1.1", status=200, referrer="-", agent=FIREFOX, before=""):
    return (
        f'{before}192.0.2.7 - - [01/May/2025:14:00:00 +0200] "{request}" {status} 512'
        f' "{referrer}" "{agent}"\n'
    )


def test_a_log_in_the_combined_format(tmp_path):
    """Pages that were sent, and files; nothing that pages load, and nothing that failed."""
    lines = (
        a_line(),
        a_line(before="blog.example:443 ", referrer='https://search.example/?q=\\"a\\"'),
        a_line("GET /img/logo.png HTTP/1.1"),
        a_line("GET /style.css?v=2 HTTP/2.0"),
        a_line("GET /price.pdf HTTP/1.1", referrer="https://shop.example/prices"),
        a_line("POST /a HTTP/1.1"),
        a_line("GET /gone HTTP/1.1", 404),
        a_line("GET /robots.txt HTTP/1.1"),
        a_line("GET /api/v1/x HTTP/1.1"),
        a_line("GET /release/v1.2 HTTP/1.1", 304),
        '192.0.2.7 - - [01/May/2025:14:00:00 +0200] "\\x16\\x03\\x01" 400 150 "-" "-"\n',
        "rubbish\n",
    )
    first, second, file, last = read(tmp_path, "access.log.2.gz", "".join(lines))
    assert (first.page_url, first.timestamp) == (
        "https://shop.example/a?x=1",
        1_746_100_800_000,
    )
    assert (first.ip, first.user_agent, first.referrer) == ("192.0.2.7", FIREFOX, None)
    assert (second.page_url, second.referrer) == (
        "https://blog.example/a?x=1",
        'https://search.example/?q="a"',
    )
    assert (file.event_type, file.page_url, file.props) == (
        *("File Download", "https://shop.example/prices"),
        {"url": "https://shop.example/price.pdf"},
    )
    assert last.page_url == "https://shop.example/release/v1.2"


def caddys(uri="/a", media="text/html; charset=utf-8", status=200):
    request = {
        "client_ip": "192.0.2.7",
        "method": "GET",
        "host": "shop.example:443",
        "uri": uri,
        "headers": {"User-Agent": [FIREFOX], "Referer": ["https://search.example/"]},
    }
    told = {"ts": 1_746_100_800.25, "request": request, "status": status}
    return json.dumps(told | {"resp_headers": {"Content-Type": [media]}}) + "\n"


def test_a_log_of_caddy(tmp_path):
    """What is HTML is a page, whatever its path."""
    lines = caddys(), caddys("/feed", "application/rss+xml"), caddys(status=302), "{}\n"
    (view,) = read(tmp_path, "caddy.log", "".join(lines), host=None)
    assert (view.page_url, view.timestamp) == ("https://shop.example/a", 1_746_100_800_250)
    assert (view.referrer, view.ip) == ("https://search.example/", "192.0.2.7")


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("x.log", "nothing\nof a log\n", "access log"),
        ("x.log", a_line(), "domain"),
        ("x.csv", UMAMI.replace("shop.example", ""), "domain"),
        ("x.csv", PLAUSIBLE.replace("shop.example", ""), "domain"),
        ("x.json", '{"result":"error","message":"no token"}', "record 1"),
        ("x.jsonl.gz", "{", "record 1"),
        ("imported_visitors.csv", "date,visitors,pageviews\n2025-05-01,1,2\n", "totals by day"),
        ("plausible.zip", "PK\x03\x04", "is a zip"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, name, text, word):
    """By the record, and what to do."""
    with pytest.raises(Invalid, match=word):
        read(tmp_path, name, text, host=None)


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("x.csv", PLAUSIBLE.replace("['pro','a,b']", "[pro"), "no list"),
        (
            "x.csv",
            PLAUSIBLE.replace('"shop.example","/shoes","search', '"bad host","/x","s'),
            "host",
        ),
        ("x.csv", UMAMI.replace("2025-05-01 12:00", "yesterday"), "yesterday"),
        ("x.csv", UMAMI.replace('"{""plan"": ""pro"", ""seats"": ""3""}"', "[]"), "object"),
        ("x.log", a_line() + a_line().replace("/2025", "/1915"), "time"),
        ("x.log", a_line() + a_line().replace("192.0.2.7", "1:" * 40), "length"),
        ("x.log", a_line() + a_line(before="bad{host} "), "host"),
    ],
)
def test_what_a_stranger_told_costs_itself_alone(tmp_path, name, text, wrong):
    """Nobody can mend it: it is passed over, and said."""
    found = read(tmp_path, name, text)
    (other,) = (one for one in found if isinstance(one, Wrong))
    assert wrong in other.why
    assert len(found) > 1


def test_one_visit_that_is_none_costs_itself_alone(tmp_path):
    """Also where all of a file is one text."""
    first, *rest = read(tmp_path, "visits.json", json.dumps([{"idVisit": 1}, VISIT]))
    assert isinstance(first, Wrong)
    assert len(rest) == 5
    odd = VISIT | {"actionDetails": [
        an_action("action", 5, url="file:///C:/x"),
        an_action("action", 6, url="https://shop.example/"),
        an_action("ecommerceOrder", 7, revenue="33.3333333333"),
        an_action("ecommerceOrder", 8, revenue=""),
    ]}  # fmt: skip
    view, order, free = read(tmp_path, "visits.json", json.dumps([odd | {"countryCode": "xx"}]))
    assert (view.country, str(order.revenue.amount), free.revenue) == (None, "33.333333", None)


def test_an_agent_of_ours_cannot_be_told_by_a_stranger(tmp_path):
    """What is told by name comes from records of names, and from no log."""
    (view,) = read(tmp_path, "x.log", a_line(agent="\x1fChrome\x1f1\x1f\x1f\x1fdesktop"))
    assert "\x1f" not in view.user_agent
    for text in ("\x1fx", "\x1f\x1f\x1f\x1f\x1fbot", "\x1f" * 9):
        assert AGENTS.read(text).is_bot


def test_a_file_from_elsewhere_is_no_page_of_theirs(tmp_path):
    """Who comes to a file from a search came to the file."""
    line = a_line("GET /price.pdf HTTP/1.1", referrer="https://search.example/")
    (file,) = read(tmp_path, "x.log", line)
    assert (file.page_url, file.referrer) == (
        "https://shop.example/price.pdf",
        "https://search.example/",
    )


def test_apps_are_referrers_as_they_are_told(tmp_path):
    """They have a scheme of their own."""
    text = PLAUSIBLE.replace('"search.example/a"', '"android-app://com.google.android.gm"')
    view, *_ = read(tmp_path, "x.csv", text)
    assert view.referrer == "android-app://com.google.android.gm"


def test_a_record_has_the_same_id_in_whatever_file_it_comes(tmp_path):
    """A log that grew, or was put aside; two that are equal are two."""
    lines = [a_line(f"GET /{n} HTTP/1.1") for n in (1, 2, 2, 3)]
    first = read(tmp_path, "access.log", "".join(lines[:3]))
    grown = read(tmp_path, "access.log.1.gz", "".join(lines))
    ids = [one.event_id for one in grown]
    assert [one.event_id for one in first] == ids[:3]
    assert len(set(ids)) == 4
    # Of all versions: else what is brought again after an upgrade would count again.
    assert ids[0] == "013722e8150ad56dfa4f1b7d1fb4e04c-1"


def test_hostile_lines_cost_no_more_than_others(tmp_path):
    """Neither long ones nor those that nearly are of the form."""
    long = (
        '1.1.1.1 - - [01/May/2025:14:00:00 +0200] "GET /' + "a" * 60_000 + ' \\"b HTTP/1.1" 400\n'
    )
    assert read(tmp_path, "x.log", long * 200 + "x" * 200_000 + "\n" + a_line())


def test_a_file_that_is_cut_is_told(tmp_path):
    """What is packed and lacks its end is read as far as it is there."""
    path = tmp_path / "cut.log.gz"
    path.write_bytes(
        gzip.compress("".join(a_line(f"GET /{n} HTTP/1.1") for n in range(999)).encode())[:-9]
    )
    with pytest.raises(Invalid, match="record"):
        list(sightings(path, "shop.example"))


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["csv", "json", "log", "jsonl", "csv.gz"]),
    head=st.sampled_from(
        ["", UMAMI[:300], PLAUSIBLE[:430], "2Path,Bot\n", json.dumps([VISIT])[:400]]
    ),
    rest=st.text(max_size=200),
)
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory, kind, head, rest):
    """Nothing else comes of it."""
    path = tmp_path_factory.mktemp("any") / f"any.{kind}"
    path.write_bytes((head + rest).encode("utf-8", "surrogatepass"))
    with suppress(Invalid):
        list(sightings(path, "shop.example"))
