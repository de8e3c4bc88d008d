"""Sites: whose an event is, what they shut out, and which settings can't be."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liveinsight.domain.errors import Invalid
from liveinsight.domain.site import Site, SiteBook, checked, host_name

SHOP = Site(id="shop", domains=("shop.example", "shop.test"))
BLOG = Site(id="blog", domains=("blog.shop.example",))
HOSTS = st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,5}){0,3}", fullmatch=True)


@pytest.mark.parametrize(
    ("hostname", "site"),
    [
        ("shop.example", "shop"),
        ("www.shop.example", "shop"),
        ("shop.test", "shop"),
        ("blog.shop.example", "blog"),
        ("a.blog.shop.example", "blog"),
        ("notshop.example", None),
        ("example", None),
        ("", None),
        (None, None),
    ],
)
def test_of_host(hostname, site):
    """The longest domain wins; what only ends alike is nobody's."""
    found = SiteBook([SHOP, BLOG]).of_host(hostname)
    assert (found.id if found else None) == site


def test_the_only_site():
    """Where there is one site, events of any host are its."""
    assert SiteBook([SHOP]).of_host("other.example") is SHOP
    assert SiteBook([SHOP]).of_host(None) is SHOP
    assert SiteBook().of_host("shop.example") is None


@pytest.mark.parametrize("name", ["shop", "shop.example", "SHOP.example", "www.shop.test"])
def test_by_name(name):
    """A site goes by its id and by its domains, in any case."""
    assert SiteBook([SHOP, BLOG]).by_name(name) is SHOP


@pytest.mark.parametrize("name", ["", "other", "other.example"])
def test_unknown_names(name):
    """A name that nobody has is nobody's, even where there is one site."""
    assert SiteBook([SHOP]).by_name(name) is None


@given(st.lists(HOSTS, min_size=1, max_size=4), HOSTS)
def test_a_site_found_by_host_allows_it(domains, hostname):
    """The two rules about hosts never contradict each other."""
    site = Site(id="shop", domains=tuple(domains))
    book = SiteBook([site, Site(id="other", domains=("other.example",))])
    assert (book.of_host(hostname) is site) is site.allows_host(hostname)


def test_no_domains():
    """A site without domains takes events of every host."""
    assert Site(id="shop").allows_host("anything.example")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("198.51.100.1", True),
        ("", False),
        ("unknown", False),
        ("192.0.2.7:8080", False),
    ],
)
def test_excluded_addresses(address, expected):
    """Ranges and single addresses are shut out, IPv4 ones in their IPv6 form too."""
    ranges = ("192.0.2.0/24", "2001:db8::/32", "198.51.100.1")
    assert Site(id="shop", excluded_ips=ranges).excludes_address(address) is expected


@given(st.ip_addresses().map(str))
@example("::ffff:192.0.2.7")
def test_excluded_by_itself(address):
    """Every address is in the range of its own, and in none where none is given."""
    assert Site(id="shop", excluded_ips=(address,)).excludes_address(address)
    assert not Site(id="shop").excludes_address(address)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/admin", True),
        ("/admin/a", False),
        ("/preview/a", True),
        ("/preview", False),
        ("/", False),
    ],
)
def test_excluded_pages(path, expected):
    """A page is shut out by its path, or by what it begins with."""
    site = Site(id="shop", excluded_pages=("/admin", "/preview/*"))
    assert site.excludes_page(path) is expected


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"id": ""}, "site"),
        ({"id": "Shop"}, "site"),
        ({"id": "a" * 41}, "site"),
        ({"id": "shop\n"}, "site"),
        ({"domains": ("https://shop.example",)}, "domain"),
        ({"domains": ("Shop.example",)}, "domain"),
        ({"domains": ("shop.example.",)}, "domain"),
        ({"domains": ("shop..example",)}, "domain"),
        ({"domains": ("a" * 64 + ".example",)}, "domain"),
        ({"timezone": "Asia/Soul"}, "timezone"),
        ({"excluded_ips": ("300.1.1.1",)}, "address"),
        ({"excluded_ips": ("192.0.2.0/33",)}, "address"),
    ],
)
def test_settings_that_cannot_be(settings, field):
    """The first wrong setting is refused by its name."""
    with pytest.raises(Invalid) as refusal:
        checked(Site(**({"id": "shop"} | settings)))
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Shop.Example", "shop.example"),
        ("상점.한국", "xn--hg4bs7k.xn--3e0b707e"),
        ("é" * 70 + ".example", "é" * 70 + ".example"),
    ],
)
def test_hosts_are_known_as_addresses_write_them(told, name):
    """What cannot be written so is left to be refused."""
    assert host_name(told) == name


def test_settings_that_can():
    """Right settings come back as they are."""
    site = Site(
        id="my-shop-1",
        domains=("shop.example", "localhost", "xn--bj0bv9k.kr", "my_host.example"),
        timezone="America/Argentina/Buenos_Aires",
        excluded_ips=("192.0.2.1", "192.0.2.9/24", "2001:db8::/32"),
    )
    assert checked(site) is site
