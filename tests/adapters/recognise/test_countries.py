"""Countries, from the built file and from files of the other shape."""

import pytest

from liveinsight.adapters.recognise.built import DATA
from liveinsight.adapters.recognise.countries import MaxmindCountries, _code
from liveinsight.domain.errors import Misconfigured

built = pytest.mark.skipif(not (DATA / "countries.mmdb").is_file(), reason="web/ is not built")
NOWHERE = ["", "-", "10.0.0.1", "192.168.1.7", "172.16.0.1", "127.0.0.1", "::1", "fe80::1%eth0"]
NOWHERE += ["fc00::1", "100.64.0.1", "169.254.1.1", "0.0.0.0", "1.2.3", "1.2.3.4:80", "localhost"]
KNOWN = {
    "8.8.8.8": "US",
    "168.126.63.1": "KR",
    "164.124.101.2": "KR",
    "193.0.6.139": "NL",
    "::ffff:168.126.63.1": "KR",
    "2a00:1450:4001::1": "DE",
    "2001:2b8::1": "KR",
    "2001:200::1": "JP",
}


@built
@pytest.mark.parametrize(("address", "country"), KNOWN.items())
def test_known_addresses(address, country):
    """Public addresses have a country, IPv4 ones also in their IPv6 form."""
    assert MaxmindCountries().of(address) == country


@built
@pytest.mark.parametrize("address", NOWHERE)
def test_addresses_that_are_nowhere(address):
    """Private, local and reserved addresses, and what is no address, have none."""
    assert MaxmindCountries().of(address) is None


def test_without_the_file(caplog, tmp_path):
    """Where the file is missing that is said once, and no address has a country."""
    countries = MaxmindCountries(tmp_path / "countries.mmdb")
    assert [countries.of("8.8.8.8"), countries.of("8.8.4.4")] == [None, None]
    assert [record.message for record in caplog.records] == [
        "countries.mmdb is missing: no countries are told; `npm run data` in web/ makes it"
    ]


def test_another_file(tmp_path):
    """A file that is no database is refused by name."""
    path = tmp_path / "countries.mmdb"
    path.write_bytes(b"no database")
    with pytest.raises(Misconfigured, match=r"countries\.mmdb is no MaxMind database"):
        MaxmindCountries(path)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"country_code": "KR"}, "KR"),
        ({"country": {"iso_code": "kr", "names": {"en": "South Korea"}}}, "KR"),
        ({"country": {}}, None),
        ({"country_code": ""}, None),
        (None, None),
        ("KR", None),
    ],
)
def test_both_shapes(record, code):
    """An owner's own GeoLite2 or DB-IP file is read like the one that we bring."""
    assert _code(record) == code
