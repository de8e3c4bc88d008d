"""`POST /api/events`: every form, field, limit, answer and error of the interface."""

import gzip
import json

import pytest

from builders import NOON_MS
from front_house import BOT, CHROME, House, a_view, zipped
from liveinsight.adapters.local.control import SqliteControl
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.period import DAY_MS, HOUR_MS, MINUTE_MS
from liveinsight.domain.site import Site
from liveinsight.http.auth import CLI
from liveinsight.http.tokens import SignedTokens
from liveinsight.http.wire import MAX_BODY_BYTES, MAX_EVENTS


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def any_house(tmp_path_factory):
    """For tests that leave nothing to another: making a folder takes its time."""
    made = House(tmp_path_factory.mktemp("any"))
    yield made
    made.close()


def the_details(answer):
    status, told = answer
    assert (status, told["status"]) == (400, "error")
    return told["details"]


def test_a_bare_event_is_collected(house):
    """The owner's fields are in the answer, and the event is kept as it was told."""
    status, data = house.post(a_view(event_id="e1", title="Shoes", language="ko-KR"))
    assert status == 200
    assert data == {
        "processed_events": 1,
        "session_updated": True,
        "new_session": True,
        "dropped": {},
        "event_ids": ["e1"],
    }
    (event,) = house.hot.events
    assert (event.site, event.type, event.hostname, event.page) == (
        "shop",
        "page_view",
        "shop.example",
        "/shoes",
    )
    assert (event.title, event.language, event.time_ms) == ("Shoes", "ko-KR", NOON_MS)
    assert (event.browser, event.os, event.device) == ("Firefox", "Linux", "desktop")


def test_a_batch_is_collected_in_its_order(house):
    """Each event has its id in the answer, given or made, in the order of sending."""
    batch = {"events": [a_view(event_id="a"), a_view(), a_view(event_id="c")]}
    _, data = house.post(batch)
    assert data["processed_events"] == 3
    assert [data["event_ids"][0], data["event_ids"][2]] == ["a", "c"]
    assert len(set(data["event_ids"])) == 3


def test_a_visit_goes_on_without_being_new(house):
    """`new_session` is told of the first event of a visit only."""
    assert house.post(a_view())[1]["new_session"] is True
    assert house.post(a_view())[1]["new_session"] is False
    house.clock.advance(31 * MINUTE_MS)
    assert house.post(a_view())[1]["new_session"] is True


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/json"},
        {"content_type": "text/plain"},
        {"content_type": "text/plain;charset=UTF-8"},
        {"content_type": "Application/JSON; charset=utf-8"},
        {"content_type": ""},
        {"content_encoding": "identity"},
    ],
)
def test_json_comes_under_several_names(any_house, headers):
    """Browsers send text/plain to spare themselves the preflight."""
    assert any_house.post(a_view(), **headers)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/xml"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_encoding": "br"},
        {"content_encoding": "gzip, gzip"},
    ],
)
def test_other_types_and_encodings_are_415(any_house, headers):
    """They are refused before anything is read."""
    any_house.hot.events.clear()
    status, told = any_house.post(a_view(), **headers)
    assert (status, told["status"]) == (415, "error")
    assert not any_house.hot.events


@pytest.mark.parametrize("encoding", ["gzip", "GZIP"])
def test_gzip_is_unpacked(any_house, encoding):
    """A packed body is the same body."""
    batch = {"events": [a_view() for _ in range(MAX_EVENTS)]}
    status, data = any_house.post(zipped(batch), content_encoding=encoding)
    assert (status, data["processed_events"]) == (200, MAX_EVENTS)


def test_broken_gzip_is_named(any_house):
    """Cut off, garbage, and empty: a 400 that says so."""
    packed = zipped(a_view())
    for body, error in (
        (packed[:-9], "is cut-off gzip"),
        (packed[: len(packed) // 2], "is cut-off gzip"),
        (b"no gzip at all", "is not gzip"),
        (b"\x1f\x8b", "is cut-off gzip"),
    ):
        details = the_details(any_house.post(body, content_encoding="gzip"))
        assert details == {"field": "body", "error": error}


def test_a_gzip_bomb_is_413(any_house):
    """A gigabyte in a megabyte is not unpacked."""
    bomb = gzip.compress(bytes(MAX_BODY_BYTES * 50), 9)
    assert len(bomb) < MAX_BODY_BYTES
    assert any_house.post(bomb, content_encoding="gzip")[0] == 413


def test_a_megabyte_is_read_and_no_byte_more(any_house):
    """The limit is of the body, packed or not."""
    body = json.dumps(a_view()).encode()
    just = body + b" " * (MAX_BODY_BYTES - len(body))
    assert any_house.post(just)[0] == 200
    assert any_house.post(gzip.compress(just), content_encoding="gzip")[0] == 200
    assert any_house.post(just + b" ")[0] == 413
    assert any_house.post(gzip.compress(just + b" "), content_encoding="gzip")[0] == 413


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 200), (100, 200), (101, 400)])
def test_a_batch_has_1_to_100_events(any_house, count, status):
    """Less and more is refused whole."""
    assert any_house.post({"events": [a_view()] * count})[0] == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b'{"page_url": "https://shop.example/\xff"}',
        rb'{"page_url": "https://shop.example/", "title": "\ud800 alone"}',
        b"[" * 100_000,
        b'{"props": ' + b'{"a":' * 100_000,
        b'{"unknown": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_no_event_is_a_400(any_house, body):
    """Nothing that is sent makes the server fail: not depth, not lone surrogates, not bytes."""
    any_house.hot.events.clear()
    status, told = any_house.post(body, content_type="application/json")
    assert (status, told["status"]) == (400, "error")
    assert told["details"]["field"]
    assert not any_house.hot.events


def test_unknown_fields_are_passed_over(house):
    """Newer trackers may tell more than is known here."""
    assert house.post(a_view(colour="red", _x=[1, {"y": None}]))[1]["processed_events"] == 1


@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("event_id", "i" * 64, "i" * 65),
        ("event_id", "i", ""),
        ("session_id", "s" * 100, "s" * 101),
        ("session_id", "s", 7),
        ("user_id", "u" * 100, "u" * 101),
        ("event_type", "t" * 64, "t" * 65),
        ("event_type", "Sign up", ""),
        ("page_url", "https://shop.example/" + "p" * 2027, "https://shop.example/" + "p" * 2028),
        ("page_url", "http://shop.example", "ftp://shop.example"),
        ("page_url", "https://shop.example?x", "/shoes"),
        ("page_url", "https://shop.example", "https://"),
        ("page_url", "https://shop.example", "https://[::1"),
        ("page_url", "https://shop.example", "javascript:alert(1)"),
        ("referrer", "r" * 2048, "r" * 2049),
        ("user_agent", "a" * 512, "a" * 513),
        ("country", "kr", "KOR"),
        ("props", {}, []),
        ("props", {f"p{n}": n for n in range(30)}, {f"p{n}": n for n in range(31)}),
        ("props", {"k" * 64: "v"}, {"k" * 65: "v"}),
        ("props", {"k": "v" * 500}, {"k": "v" * 501}),
        ("props", {"k": None, "b": True, "f": 1.5}, {"k": {"deep": 1}}),
        ("props", {"k": 2**63 - 1}, {"k": 2**63}),
        ("props", {"k": -(2**63)}, {"k": ["list"]}),
        ("revenue", {"amount": "12.90", "currency": "EUR"}, {"amount": "12.90"}),
        ("revenue", {"amount": 12.9, "currency": "EUR"}, {"amount": "1", "currency": "eur"}),
        ("revenue", {"amount": -5, "currency": "KRW"}, {"amount": "NaN", "currency": "EUR"}),
        ("revenue", {"amount": 0, "currency": "KRW"}, {"amount": "Infinity", "currency": "EUR"}),
        (
            "revenue",
            {"amount": "999999999999999.123456", "currency": "EUR"},
            {"amount": "1000000000000000", "currency": "EUR"},
        ),
        (
            "revenue",
            {"amount": "0.000001", "currency": "EUR"},
            {"amount": "0.0000001", "currency": "EUR"},
        ),
        ("revenue", {"amount": "1e3", "currency": "EUR"}, {"amount": "12,90", "currency": "EUR"}),
        ("engaged_ms", 0, -1),
        ("engaged_ms", 86_400_000, 86_400_001),
        ("scroll_depth", 100, -1),
        ("screen", "1920x1080", "big"),
        ("language", "ko-Hang-KR", "l" * 36),
        ("utm_source", "n" * 500, "n" * 501),
        ("utm_term", "n" * 500, "n" * 501),
        ("timestamp", NOON_MS, -1),
        ("timestamp", NOON_MS + 0.5, 1e300),
        ("timestamp", "2026-05-28T20:26:40Z", "garbage"),
        ("timestamp", "2026-05-29T05:26:40.000+09:00", "0001-01-01T00:00:00Z"),
        ("timestamp", None, True),
        ("site", "shop", 7),
        ("sent_at", NOON_MS, -1),
        ("sent_at", NOON_MS, 2**60),
    ],
)
def test_every_field_has_its_limits(any_house, field, value, wrong):
    """Up to the limit it is taken, beyond it the field is named; nothing of it is kept."""
    assert any_house.post(a_view(**{field: value}))[0] == 200
    any_house.hot.events.clear()
    details = the_details(any_house.post(a_view(**{field: wrong})))
    assert details["field"].partition(".")[0] == field
    assert "index" not in details
    assert not any_house.hot.events


def test_a_page_view_needs_its_page(house):
    """Other events may happen nowhere, to the only site there is."""
    assert the_details(house.post({"title": "x"}))["field"] == "page_url"
    assert house.post({"event_type": "Signup"})[1]["processed_events"] == 1


def test_an_invalid_event_refuses_its_whole_batch(house):
    """Nothing of it leaves a trace: corrected, the same ids are counted."""
    good = [a_view(event_id=f"e{n}") for n in range(5)]
    for wrong in (
        {"event_id": "e9"},
        a_view(event_id="e9", timestamp="garbage"),
        a_view(event_id="e9", timestamp=-5),
        a_view(event_id="e9", page_url="nowhere"),
        a_view(event_id="e9", revenue={"amount": "NaN", "currency": "EUR"}),
    ):
        details = the_details(house.post({"events": [*good[:3], wrong, *good[3:]]}))
        assert details["index"] == 3
    assert not house.hot.events
    assert len(house.window) == 0
    corrected = {"events": [*good, a_view(event_id="e9")]}
    _, data = house.post(corrected)
    assert (data["processed_events"], data["dropped"], data["new_session"]) == (6, {}, True)


def test_sending_again_is_harmless(house):
    """The same ids are told as duplicates and kept once, in one batch too."""
    assert house.dropped({"events": [a_view(event_id="a"), a_view(event_id="a")]}) == {
        "duplicate": 1
    }
    assert house.dropped(a_view(event_id="a")) == {"duplicate": 1}
    assert house.dropped(a_view(event_id="b")) == {}
    assert len(house.hot.events) == 2


def test_a_failure_while_judging_leaves_no_trace(house, monkeypatch):
    """When a part fails in the middle of a batch, all of it can be sent again and is counted."""
    yesterday = a_view(event_id="b", user_id="x", timestamp=NOON_MS - 20 * HOUR_MS)
    batch = {"events": [a_view(event_id="a"), yesterday]}
    whole = house.salts.of
    asked = []

    def full(site, day):
        asked.append(day)
        if len(asked) == 2:
            raise Unavailable("The disk is full.", retry_after_s=5)
        return whole(site, day)

    monkeypatch.setattr(house.salts, "of", full)
    answer = house.ask("POST", "/api/events", batch)
    assert (answer.status, dict(answer.headers)[b"retry-after"]) == (503, b"5")
    assert house.post(batch)[1]["processed_events"] == 2
    assert len(house.hot.events) == 2


def test_a_full_store_is_503_with_retry_after(house):
    """What cannot be kept is not judged: sent again later it is counted."""
    house.hot.refusal = Unavailable("Too many events are waiting.", retry_after_s=2)
    answer = house.ask("POST", "/api/events", a_view(event_id="a"))
    assert answer.status == 503
    assert (b"retry-after", b"2") in answer.headers
    assert (b"access-control-allow-origin", b"*") in answer.headers
    house.hot.refusal = None
    assert house.post(a_view(event_id="a"))[1]["processed_events"] == 1


@pytest.mark.parametrize(
    ("timestamp", "dropped"),
    [
        (NOON_MS - DAY_MS, {}),
        (NOON_MS - DAY_MS - 1, {"too_old": 1}),
        (NOON_MS + 5 * MINUTE_MS, {}),
        (NOON_MS + 5 * MINUTE_MS + 1, {"too_new": 1}),
        (0, {"too_old": 1}),
        ("2026-05-28T20:26:40.000Z", {}),
        ("2026-05-28T20:26:40", {}),
        ("2026-05-26T20:26:39+00:00", {"too_old": 1}),
        ("9999-12-31T23:59:59Z", {"too_new": 1}),
    ],
)
def test_the_past_and_the_future_are_dropped(any_house, timestamp, dropped):
    """A day back and five minutes ahead, to the millisecond."""
    assert any_house.dropped(a_view(timestamp=timestamp)) == dropped


def test_a_batch_tells_its_clock(house):
    """`sent_at` sets right what a wrong clock told; a small difference is the network's."""
    wrong = NOON_MS + 3 * DAY_MS
    batch = {"events": [a_view(timestamp=wrong - 1000), a_view(timestamp=wrong)]}
    assert house.dropped(batch) == {"too_new": 2}
    assert house.dropped(batch | {"sent_at": wrong}) == {}
    assert [event.time_ms for event in house.hot.events] == [NOON_MS - 1000, NOON_MS]
    house.dropped({"events": [a_view(timestamp=NOON_MS)], "sent_at": NOON_MS + 20_000})
    assert house.hot.events[-1].time_ms == NOON_MS


def test_bots_are_told_and_kept_apart(house):
    """They are set aside with their reason; the live view never sees them."""
    assert house.dropped(a_view(), user_agent=BOT) == {"bot": 1}
    (event,) = house.hot.events
    assert (event.aside, event.device) == ("bot", "bot")
    assert len(house.window) == 0


def test_spam_is_told_and_kept_apart(house):
    """A known spamming referrer sets the event aside."""
    assert house.dropped(a_view(referrer="https://semalt.com/x")) == {"spam_referrer": 1}
    assert house.hot.events[0].aside == "spam_referrer"


def test_silent_events_need_a_visit(house):
    """Engagement before any view is `no_visit`; after one it belongs to it."""
    engagement = a_view(event_type="engagement", engaged_ms=900, scroll_depth=40)
    assert house.dropped(engagement) == {"no_visit": 1}
    house.post(a_view())
    assert house.dropped(engagement) == {}


def test_excluded_pages_and_addresses_are_dropped(tmp_path):
    """By path, by prefix, by address and by range, IPv6 too."""
    site = Site(
        id="shop",
        excluded_pages=("/admin/*", "/health"),
        excluded_ips=("198.51.100.0/24", "2001:db8::/32"),
    )
    house = House(tmp_path, site)
    for path, dropped in (
        ("/admin/users", {"excluded_page": 1}),
        ("/health", {"excluded_page": 1}),
        ("/healthy", {}),
    ):
        assert house.dropped(a_view(page_url=f"https://shop.example{path}")) == dropped
    for peer, dropped in (
        ("198.51.100.9", {"excluded_ip": 1}),
        ("::ffff:198.51.100.9", {"excluded_ip": 1}),
        ("2001:db8::5", {"excluded_ip": 1}),
        ("198.51.101.9", {}),
    ):
        assert house.dropped(a_view(), peer=peer) == dropped
    house.close()


def test_who_opts_out_is_not_counted_where_that_is_honoured(tmp_path):
    """Sec-GPC and DNT, each by its own setting."""
    house = House(
        tmp_path,
        Site(id="gpc", honour_gpc=True),
        Site(id="dnt", honour_dnt=True),
        Site(id="none"),
    )
    for site, header, dropped in (
        ("gpc", "sec_gpc", {"opted_out": 1}),
        ("gpc", "dnt", {}),
        ("dnt", "dnt", {"opted_out": 1}),
        ("dnt", "sec_gpc", {}),
        ("none", "sec_gpc", {}),
    ):
        assert house.dropped(a_view(site=site), **{header: "1"}) == dropped
        assert house.dropped(a_view(site=site), **{header: "0"}) == {}
    house.close()


def test_whose_event_it_is(tmp_path):
    """By id, by domain, by the page's host; else it is nobody's, and the sender is told a 200."""
    house = House(
        tmp_path,
        Site(id="shop", domains=("shop.example", "shop2.example")),
        Site(id="blog", domains=("blog.shop.example",)),
    )
    for event, expected in (
        (a_view(site="shop"), "shop"),
        (a_view(site="shop2.example"), "shop"),
        (a_view(site="SHOP.example"), "shop"),
        (a_view(), "shop"),
        (a_view(page_url="https://www.shop2.example/"), "shop"),
        (a_view(page_url="https://blog.shop.example/"), "blog"),
        ({"site": "blog", "event_type": "Signup"}, "blog"),
    ):
        assert house.dropped(event) == {}
        assert house.hot.events[-1].site == expected
    for event, dropped in (
        (a_view(site="nobody"), {"unknown_site": 1}),
        (a_view(page_url="https://elsewhere.example/"), {"unknown_site": 1}),
        ({"event_type": "Signup"}, {"unknown_site": 1}),
        (a_view(site="blog"), {"host_not_allowed": 1}),
        (a_view(site="shop", page_url="https://evil-shop.example/"), {"host_not_allowed": 1}),
    ):
        assert house.dropped(event) == dropped
    assert house.hot.drops["", "unknown_site"] == 3
    assert house.hot.drops["blog", "host_not_allowed"] == 1
    house.close()


def test_the_only_site_takes_what_names_none(tmp_path):
    """With one site and no domains, events of any host are its own."""
    house = House(tmp_path, Site(id="default"))
    assert house.dropped(a_view(page_url="https://any.example/")) == {}
    assert house.dropped(a_view(site="other")) == {"unknown_site": 1}
    house.close()


def test_strangers_cannot_tell_who_they_are(house):
    """Without a key of scope server the request's own address, agent and country count."""
    told = a_view(ip="198.51.100.1", user_agent=BOT, country="KR")
    house.post(told)
    house.post(a_view())
    house.post(told, x_api_key=house.key("read"))
    first, second, third = house.hot.events
    assert first.visitor == second.visitor == third.visitor
    assert (first.browser, first.country, first.aside) == ("Firefox", None, None)


@pytest.mark.parametrize("scope", ["server", "import"])
def test_servers_tell_whom_they_speak_of(house, scope):
    """With a key the given address, agent and country are the visitor's."""
    key = house.key(scope)
    told = a_view(ip="198.51.100.1", user_agent=CHROME, country="kr")
    house.post(told, authorization=f"Bearer {key}")
    house.post(told | {"ip": "198.51.100.2"}, x_api_key=key)
    house.post(a_view(), peer="198.51.100.1", user_agent=CHROME)
    first, second, own = house.hot.events
    assert (first.browser, first.country) == ("Chrome", "KR")
    assert first.visitor == own.visitor
    assert first.visitor != second.visitor
    assert house.post(told | {"ip": "no address"}, x_api_key=key)[0] == 200


def test_only_imports_tell_the_past(house):
    """Any past time with scope import; the future with none; odd clocks fail nobody."""
    server, past = house.key("server"), house.key("import")
    long_ago = a_view(timestamp="2019-03-01T12:00:00Z")
    assert house.dropped(long_ago) == {"too_old": 1}
    assert house.dropped(long_ago, x_api_key=server) == {"too_old": 1}
    assert house.dropped(long_ago, x_api_key=past) == {}
    assert house.dropped(a_view(timestamp=0), x_api_key=past) == {}
    assert house.dropped(a_view(timestamp=NOON_MS + DAY_MS), x_api_key=past) == {"too_new": 1}
    skewed = {"events": [a_view(timestamp=5)], "sent_at": 2**53}
    assert house.dropped(skewed, x_api_key=past) == {}
    assert the_details(house.post(a_view(timestamp="1969-12-31T00:00:00Z"), x_api_key=past))


def test_a_keys_site_is_all_it_reaches(tmp_path):
    """With a key of one site, events of another are nobody's."""
    house = House(tmp_path, Site(id="shop", domains=("shop.example",)), Site(id="blog"))
    key = house.key("server", site="blog")
    assert house.dropped(a_view(site="shop"), x_api_key=key) == {"unknown_site": 1}
    assert house.dropped(a_view(site="blog"), x_api_key=key) == {}
    house.close()


def test_a_keys_site_is_meant_where_nothing_else_tells_it(tmp_path):
    """Neither the event nor the host of its page; a name that is none here stays none."""
    house = House(tmp_path, Site(id="shop", domains=("shop.example",)), Site(id="blog"))
    key, all_sites = house.key("server", site="blog"), house.key("server")
    for event in ({"event_type": "Signup"}, a_view(page_url="https://elsewhere.example/")):
        assert house.dropped(event, x_api_key=key) == {}
        assert house.hot.events[-1].site == "blog"
        assert house.dropped(event, x_api_key=all_sites) == {"unknown_site": 1}
    assert house.dropped(a_view(site="nobody"), x_api_key=key) == {"unknown_site": 1}
    assert house.dropped(a_view(), x_api_key=key) == {"unknown_site": 1}
    house.close()


def test_unknown_keys_are_401(house):
    """A wrong key is an error, so that its owner hears of it; other schemes are none of ours."""
    for headers in ({"x_api_key": "wrong"}, {"authorization": "Bearer wrong"}):
        answer = house.ask("POST", "/api/events", a_view(), **headers)
        assert answer.status == 401
        assert (b"www-authenticate", b"Bearer") in answer.headers
    assert house.post(a_view(), authorization="Basic dTpw")[0] == 200
    assert house.post(a_view(), x_api_key="v1.forged.token.x")[0] == 403


def test_a_command_finds_what_the_one_before_it_changed(house):
    """The command line writes beside the server: what comes with its key knows the last word."""
    elsewhere = SqliteControl(house.folder)
    elsewhere.put_site(Site(id="new", domains=("new.example",)))
    key = SignedTokens(house.control.secret(CLI)).make(CLI, NOON_MS)
    view = {"site": "new", "page_url": "https://new.example/"}
    assert house.dropped(view) == {"unknown_site": 1}
    assert house.dropped(view, x_api_key=key) == {}
    elsewhere.close()


def test_invalid_requests_are_counted(house):
    """They are no events, so their number is kept with the next ones."""
    house.post(b"{")
    house.post({"title": "x"})
    house.ask("GET", "/api/pixel.gif?url=nowhere")
    assert house.collect.dropped["invalid"] == 3
    house.post(a_view())
    assert house.hot.drops["", "invalid"] == 3
    house.post(a_view())
    assert house.hot.drops["", "invalid"] == 3


def test_text_without_what_no_page_shows(house):
    """Control characters are taken out of names and titles, and long titles are cut."""
    house.post(a_view(title="Sh\x00oes\n" + "x" * 400, event_type="Sign\x1bup"))
    (event,) = house.hot.events
    assert event.title == "Shoes" + "x" * 295
    assert event.type == "Signup"


def test_props_and_money_are_kept_exactly(house):
    """Values keep their types, absent ones are left out, amounts are decimals."""
    props = {"plan": "pro", "seats": 3, "trial": True, "rate": 0.1, "none": None}
    house.post(a_view(props=props, revenue={"amount": "12.90", "currency": "EUR"}))
    house.post(a_view(revenue={"amount": "1E+3", "currency": "KRW"}))
    first, second = house.hot.events
    assert first.props == {"plan": "pro", "seats": 3, "trial": True, "rate": 0.1}
    assert (first.revenue_amount, first.revenue_currency) == ("12.90", "EUR")
    assert second.revenue_amount == "1000"


def test_campaigns_are_told_or_read(house):
    """What the sender says goes before what the address says."""
    url = "https://shop.example/?utm_source=newsletter&utm_medium=email&utm_campaign=may"
    house.post(a_view(page_url=url, utm_campaign="june"))
    (event,) = house.hot.events
    assert (event.utm_source, event.utm_medium, event.utm_campaign) == (
        "newsletter",
        "email",
        "june",
    )
    assert event.page == "/"
