"""Around collecting: the pixel, CSRF tokens, whose address it is, and how much one may send."""

import pytest

from front_house import FIREFOX, House, a_view
from liveinsight.domain.errors import Forbidden
from liveinsight.domain.period import MINUTE_MS
from liveinsight.domain.site import Site, network
from liveinsight.http.addresses import MOST_HOPS_BYTES, Addresses, is_loopback, parsed
from liveinsight.http.collect import GIF
from liveinsight.http.exchange import MAX_PARAMS, Request
from liveinsight.http.limits import RateLimit
from liveinsight.http.tokens import LIFETIME_S, SignedTokens

PIXEL = "/api/pixel.gif"


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def guarded(tmp_path):
    """A house with a site that demands CSRF tokens and one that does not."""
    made = House(
        tmp_path,
        Site(id="bank", domains=("bank.example",), csrf_required=True),
        Site(id="shop", domains=("shop.example",)),
    )
    yield made
    made.close()


def the_token(house, session_id):
    status, data = house.post({"session_id": session_id}, path="/api/csrf-token")
    assert (status, data["expires_in"]) == (200, LIFETIME_S)
    return data["csrf_token"]


def at_bank(**about):
    return {"page_url": "https://bank.example/"} | about


def test_the_pixel_collects_a_page_view(house):
    """Its parameters are the event; the picture is never cached."""
    query = "?site=shop&url=https%3A%2F%2Fshop.example%2Fcaf%C3%A9&title=Caf%C3%A9&event_id=p1"
    answer = house.ask("GET", PIXEL + query)
    assert (answer.status, answer.body) == (200, GIF)
    assert (b"content-type", b"image/gif") in answer.headers
    assert (b"cache-control", b"no-store") in answer.headers
    house.ask("GET", PIXEL + query)
    (event,) = house.hot.events
    assert (event.page, event.title, event.browser) == ("/café", "Café", "Firefox")


def test_the_pixel_knows_its_page_from_the_referer(house):
    """Where the address is not told, the browser tells it."""
    house.ask("GET", PIXEL, referer="https://shop.example/about")
    assert house.hot.events[0].page == "/about"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "page_url"),
        ("?url=nowhere", "page_url"),
        ("?url=https://shop.example/&title=" + "x" * 10 + "&event_id=" + "i" * 65, "event_id"),
        ("?" + "&".join(f"a{n}=1" for n in range(MAX_PARAMS + 1)), "query"),
    ],
)
def test_a_wrong_pixel_is_a_400(house, query, field):
    """The field is named; the server does not fail."""
    answer = house.ask("GET", PIXEL + query)
    assert answer.status == 400
    assert f'"field":"{field}"'.encode() in answer.body
    assert not house.hot.events


def test_a_token_lets_events_in(guarded):
    """In the header with the session id, or in the body beside it."""
    token = the_token(guarded, "s1")
    headers = {"x_csrf_token": token, "x_session_id": "s1"}
    assert guarded.post(at_bank(), **headers)[1]["processed_events"] == 1
    assert guarded.post(at_bank(session_id="s1", csrf_token=token))[0] == 200
    batch = {"events": [at_bank(session_id="s1")] * 2, "csrf_token": token}
    assert guarded.post(batch)[1]["processed_events"] == 2


def test_a_site_can_demand_a_token(guarded):
    """Without one its events are refused, alone, in a batch, or as a picture; not other sites'."""
    assert guarded.post(at_bank())[0] == 403
    assert guarded.post({"events": [a_view(), at_bank()]})[0] == 403
    assert guarded.ask("GET", f"{PIXEL}?url=https://bank.example/").status == 403
    assert guarded.post(a_view())[0] == 200
    assert guarded.ask("GET", f"{PIXEL}?url=https://shop.example/").status == 200
    assert guarded.post(at_bank(), x_api_key=guarded.key("server"))[0] == 200
    assert [event.site for event in guarded.hot.events] == ["shop", "shop", "bank"]


@pytest.mark.parametrize(
    "token", ["", "x", "v1.1.n.x", "v1..", "....", "한글", "v1.99999999999999.n.AAAA", "é" * 150]
)
def test_garbage_is_no_token(guarded, token):
    """Whatever it is, it is a 403 and nothing more."""
    status, told = guarded.post(at_bank(session_id="s1", csrf_token=token))
    assert (status, told["status"]) == (403, "error")


def test_a_token_is_its_sessions_and_of_late(guarded):
    """Not another's, not an hour later, not from before its making, and also where none is asked."""
    token = the_token(guarded, "s1")
    assert guarded.post(at_bank(session_id="s2", csrf_token=token))[0] == 403
    assert guarded.post(a_view(session_id="s2", csrf_token=token))[0] == 403
    assert guarded.post(at_bank(csrf_token=token))[0] == 403
    guarded.clock.advance(LIFETIME_S * 1000)
    assert guarded.post(at_bank(session_id="s1", csrf_token=token))[0] == 200
    guarded.clock.advance(1000)
    assert guarded.post(at_bank(session_id="s1", csrf_token=token))[0] == 403
    guarded.clock.advance(-2 * LIFETIME_S * 1000)
    assert guarded.post(at_bank(session_id="s1", csrf_token=token))[0] == 403


def test_tokens_of_another_secret_are_worthless():
    """Only who holds the secret makes them."""
    token = SignedTokens(b"one").make("s1", 1000)
    SignedTokens(b"one").check(token, "s1", 1000)
    with pytest.raises(Forbidden):
        SignedTokens(b"two").check(token, "s1", 1000)


@pytest.mark.parametrize("body", [{}, {"session_id": ""}, {"session_id": "s" * 101}, {"x": 1}])
def test_a_token_is_for_somebody(house, body):
    """The session id has the event's limits."""
    assert house.post(body, path="/api/csrf-token")[0] == 400


@pytest.mark.parametrize(
    ("trusted", "peer", "told", "expected"),
    [
        ((), "198.51.100.1", "203.0.113.9", "198.51.100.1"),
        (("10.0.0.0/8",), "198.51.100.1", "203.0.113.9", "198.51.100.1"),
        (("10.0.0.0/8",), "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (("10.0.0.0/8",), "10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (("10.0.0.0/8",), "10.0.0.1", "1.1.1.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        (("10.0.0.0/8",), "10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1"),
        (("10.0.0.0/8",), "10.0.0.1", "", "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", "unknown", "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", "1.1.1.1, unknown, 10.2.2.2", "10.2.2.2"),
        (("10.0.0.0/8",), "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        (("10.0.0.0/8",), "10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        (("10.0.0.0/8",), "10.0.0.1", "2001:db8::7", "2001:db8::7"),
        (("10.0.0.0/8",), "10.0.0.1", "fe80::1%eth0", "fe80::1"),
        (("10.0.0.0/8",), "::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (("::1",), "::1", "::ffff:203.0.113.9", "203.0.113.9"),
        (("2001:db8::/32",), "2001:db8::1", "203.0.113.9, 2001:db8::2", "203.0.113.9"),
        (("10.0.0.0/8",), "", "203.0.113.9", ""),
        (("10.0.0.0/8",), "10.0.0.1", "é, 203.0.113.9", "203.0.113.9"),
    ],
)
def test_whose_address_it_is(trusted, peer, told, expected):
    """Read from the right, as far as its writers are trusted; what a client wrote is not."""
    addresses = Addresses(tuple(network(text) for text in trusted))
    headers = {b"x-forwarded-for": told.encode("latin-1")}
    assert addresses.client(Request("GET", "/", "", headers, peer=peer)) == expected


def test_a_long_chain_is_read_from_its_end():
    """What a client wrote may be long; a hop cut in two is never taken for an address."""
    addresses = Addresses((network("10.0.0.0/8"),))
    hops = ", ".join(["110.0.0.1"] * 400)
    for cut in range(12):
        told = (hops + " " * cut + ", 10.0.0.2" * (MOST_HOPS_BYTES // 10)).encode()
        request = Request("GET", "/", "", {b"x-forwarded-for": told}, peer="10.0.0.1")
        assert addresses.client(request) in {"110.0.0.1", "10.0.0.2"}
    told = (hops + ", 203.0.113.9, 10.0.0.2").encode()
    request = Request("GET", "/", "", {b"x-forwarded-for": told}, peer="10.0.0.1")
    assert addresses.client(request) == "203.0.113.9"


def test_addresses_that_are_none():
    """Garbage is no address."""
    assert [parsed(text) for text in ("", "x", "1.2.3", "[", ":", "1.2.3.4.5", "300.1.1.1")] == [
        None
    ] * 7


def test_loopback_through_a_proxy_is_not_this_machine():
    """Who forwards speaks for somebody else."""
    assert is_loopback(Request("GET", "/", "", {}, peer="127.0.0.1"))
    assert not is_loopback(Request("GET", "/", "", {b"x-forwarded-for": b"1"}, peer="127.0.0.1"))
    assert not is_loopback(Request("GET", "/", "", {}, peer="10.0.0.1"))


def test_a_spoofed_address_changes_nothing(tmp_path):
    """Behind no trusted proxy the header is the client's own word: the visitor stays one."""
    house = House(tmp_path)
    house.post(a_view(), x_forwarded_for="1.1.1.1")
    house.post(a_view(), x_forwarded_for="2.2.2.2")
    house.post(a_view(), peer="198.51.100.77")
    first, second, other = house.hot.events
    assert first.visitor == second.visitor != other.visitor
    house.close()


def test_the_edges_country_is_believed_only_from_the_edge(tmp_path):
    """The header counts through a trusted proxy alone, and only as a code."""
    house = House(tmp_path, trusted=("10.0.0.0/8",), country_header=b"cf-ipcountry")
    for peer, told, expected in (
        ("10.0.0.1", "kr", "KR"),
        ("10.0.0.1", "XX", None),
        ("10.0.0.1", "T1", None),
        ("203.0.113.7", "KR", None),
    ):
        house.post(a_view(), peer=peer, cf_ipcountry=told)
        assert house.hot.events[-1].country == expected
    house.close()


def test_too_many_requests_of_one_address_are_429(tmp_path):
    """With Retry-After to the next minute; another address and a server's key go on."""
    house = House(tmp_path, limit=3)
    house.clock.advance(MINUTE_MS - house.clock.now_ms() % MINUTE_MS + 15_000)
    assert [house.post(a_view())[0] for _ in range(3)] == [200] * 3
    answer = house.ask("POST", "/api/events", a_view())
    assert answer.status == 429
    assert 45 <= int(dict(answer.headers)[b"retry-after"]) <= 46
    assert house.ask("GET", f"{PIXEL}?url=https://shop.example/").status == 429
    assert house.post({"session_id": "s"}, path="/api/csrf-token")[0] == 429
    assert house.post(a_view(), peer="203.0.113.8")[0] == 200
    assert house.post(a_view(), x_api_key=house.key("server"))[0] == 200
    assert house.post(a_view(), x_api_key=house.key("import"))[0] == 200
    assert house.post(a_view(), x_api_key=house.key("read"))[0] == 429
    assert (house.limit.refused, house.collect.dropped["rate_limited"]) == (4, 4)
    house.clock.advance(46_000)
    assert house.post(a_view())[0] == 200
    assert house.hot.drops["", "rate_limited"] == 4
    house.close()


def test_a_customer_of_ipv6_is_one_address():
    """A /64 is one sender; a mapped IPv4 address is its own."""
    limit = RateLimit(2)
    limit.check("2001:db8:0:1::1", 0)
    limit.check("2001:db8:0:1:ffff::2", 0)
    with pytest.raises(Exception, match="More than 2"):
        limit.check("2001:db8:0:1::3", 0)
    limit.check("2001:db8:0:2::1", 0)


def test_no_limit_is_no_limit():
    """0 is off."""
    limit = RateLimit(0)
    for _ in range(5000):
        limit.check("203.0.113.7", 0)
    assert limit.refused == 0


def test_long_headers_are_cut_before_they_are_remembered(house):
    """A stranger's long agent is the same visitor as its first 512 characters."""
    agent = FIREFOX + " " + "x" * 600
    house.post(a_view(), user_agent=agent, accept_language="ko-KR," + "x" * 100_000)
    house.post(a_view(), user_agent=agent[:512])
    first, second = house.hot.events
    assert first.visitor == second.visitor
    assert first.language == "ko-KR"
