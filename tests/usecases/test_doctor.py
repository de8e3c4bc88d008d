import pytest

from builders import NOON_MS
from liveinsight.domain.agent import Agent
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.sighting import Caller, Guest
from liveinsight.domain.site import Site
from liveinsight.usecases.doctor import Doctor, Finding

SHOP = Site(id="shop", domains=("shop.example",))


class Clock:
    def __init__(self):
        self.ms = NOON_MS

    def now_ms(self):
        return self.ms


class Agents:
    """Bots are those who say so."""

    def read(self, user_agent):
        return Agent(is_bot="bot" in user_agent)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def doctor(clock):
    return Doctor(Agents(), clock, b"salt")


def see(doctor, address="203.0.113.1", user_agent="A", host="shop.example", skew_ms=0, **more):
    caller = Caller(NOON_MS, Guest(address, user_agent))
    doctor.saw_script("shop", host, caller, skew_ms, forwarded=more.get("forwarded", False))


def test_without_a_batch_there_is_no_script(doctor):
    """A new site is told to embed the script."""
    told = doctor(SHOP)
    assert told.findings == [Finding.NO_SCRIPT_YET]
    assert (told.script.seen, told.clock.median_skew_ms) == (False, None)


def test_a_good_installation_has_no_findings(doctor):
    """Different visitors on the site's own hosts are how it should be."""
    for n in range(40):
        see(doctor, f"203.0.113.{n}", f"Agent {n % 5}", "www.shop.example")
    told = doctor(SHOP)
    assert told.findings == []
    assert (told.addresses.distinct, told.addresses.agents) == (40, 5)
    assert [(host.host, host.batches, host.allowed) for host in told.script.hosts] == [
        ("www.shop.example", 40, True)
    ]


def test_hosts_that_are_not_allowed_are_named(doctor):
    """A copy of the site, or a forgotten domain."""
    see(doctor, host="copy.example")
    assert doctor(SHOP).findings == [Finding.HOST_NOT_ALLOWED]


def test_many_browsers_behind_one_address_are_a_proxy(doctor):
    """The proxy hides who is who; one visitor alone is no proxy."""
    for _ in range(40):
        see(doctor, "10.0.0.1", "A")
    assert doctor(SHOP).findings == []
    for n in range(3):
        see(doctor, "10.0.0.1", f"Agent {n}")
    told = doctor(SHOP)
    assert told.findings == [Finding.ONE_PROXY]
    assert told.addresses.private == 43


def test_a_proxy_that_is_not_trusted_is_told(doctor):
    """It speaks of other addresses, and is not believed until the owner names it."""
    see(doctor, forwarded=True)
    assert doctor(SHOP).findings == [Finding.UNTRUSTED_PROXY]


def test_a_single_wrong_clock_is_the_browsers(doctor):
    """When most browsers disagree with the server, it is the server that is wrong."""
    for n in range(25):
        see(doctor, f"203.0.113.{n}", skew_ms=50)
    see(doctor, skew_ms=9_000_000)
    assert doctor(SHOP).clock.median_skew_ms == 50
    for n in range(60):
        see(doctor, f"203.0.113.{n}", skew_ms=-120_000)
    told = doctor(SHOP)
    assert told.findings == [Finding.SERVER_CLOCK_OFF]
    assert told.clock.median_skew_ms == -120_000


def pages(count, first=0):
    return [(f"203.0.113.{n}", "A") for n in range(first, first + count)]


def test_the_blocked_are_those_who_got_pages_and_ran_no_script(doctor):
    """Bots are nobody, and whoever the server did not tell of is not counted either."""
    doctor.saw_pages("shop", [*pages(40), ("203.0.113.99", "a bot")], NOON_MS, counted=False)
    for n in range(10, 60):
        see(doctor, f"203.0.113.{n}")
    told = doctor(SHOP)
    assert (told.middleware.visitors, told.middleware.blocked) == (40, 10)
    assert told.middleware.blocked_percent == 25.0
    assert told.findings == [Finding.MANY_BLOCKED]


def test_one_address_in_two_spellings_is_one_visitor(doctor):
    """Servers spell IPv6 as they please."""
    doctor.saw_pages("shop", [("2001:DB8:0::1", "A")], NOON_MS, counted=False)
    see(doctor, "2001:db8::1")
    assert doctor(SHOP).middleware.blocked == 0


def test_script_and_counting_server_count_twice(doctor):
    """The server's middleware is told to stand beside the script."""
    doctor.saw_pages("shop", pages(1), NOON_MS, counted=True)
    assert Finding.COUNTED_TWICE not in doctor(SHOP).findings
    see(doctor, "203.0.113.0")
    assert doctor(SHOP).findings == [Finding.COUNTED_TWICE]


def test_who_came_is_forgotten_with_the_day(doctor, clock):
    """What was seen of the installation stays, who was seen does not."""
    see(doctor)
    doctor.saw_pages("shop", pages(3), NOON_MS, counted=False)
    clock.ms += DAY_MS
    told = doctor(SHOP)
    assert told.script.seen
    assert (told.addresses.distinct, told.middleware.visitors) == (0, 0)


def test_no_address_is_kept(doctor):
    """What is remembered tells nobody's address or agent."""
    see(doctor, "203.0.113.77", "Secret agent")
    kept = repr([vars(facts) for facts in doctor._sites.values()])
    assert "203.0.113" not in kept
    assert "Secret" not in kept
