"""Countries, from the built file and from files of the other shape."""

import pytest

from liveinsight.adapters.recognise import locations
from liveinsight.adapters.recognise.built import DATA
from liveinsight.adapters.recognise.locations import MaxmindLocations, _location
from liveinsight.domain.errors import Misconfigured
from liveinsight.domain.location import NOWHERE, Location

built = pytest.mark.skipif(not (DATA / "countries.mmdb").is_file(), reason="web/ is not built")
UNKNOWN = ["", "-", "10.0.0.1", "192.168.1.7", "172.16.0.1", "127.0.0.1", "::1", "fe80::1%eth0"]
UNKNOWN += ["fc00::1", "100.64.0.1", "169.254.1.1", "0.0.0.0", "1.2.3", "1.2.3.4:80", "localhost"]
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
    assert MaxmindLocations().of(address) == Location(country)


@built
@pytest.mark.parametrize("address", UNKNOWN)
def test_addresses_that_are_nowhere(address):
    """Private, local and reserved addresses, and what is no address, have none."""
    assert MaxmindLocations().of(address) == NOWHERE


def test_without_the_file(caplog, tmp_path, monkeypatch):
    """Where the file is missing that is said once, and no address has a country."""
    monkeypatch.setattr(locations, "BUILT", tmp_path / "countries.mmdb")
    known = MaxmindLocations()
    assert [known.of("8.8.8.8"), known.of("8.8.4.4")] == [NOWHERE, NOWHERE]
    assert [record.message for record in caplog.records] == [
        "countries.mmdb is missing: no countries are told; `npm run data` in web/ makes it"
    ]


def test_another_file(tmp_path):
    """A file that is no database is refused by name."""
    path = tmp_path / "countries.mmdb"
    path.write_bytes(b"no database")
    with pytest.raises(Misconfigured, match=r"countries\.mmdb is no MaxMind database"):
        MaxmindLocations([path])
    with pytest.raises(Misconfigured, match="there is no file"):
        MaxmindLocations([tmp_path / "elsewhere.mmdb"])


class OfIPv4:
    """A database that knows no other."""

    def get(self, address):
        if ":" in address:
            raise ValueError(address)
        return {"country_code": "US", "city": "Austin"} if address == "192.0.2.1" else None


@built
def test_of_several_files_the_first_that_knows_tells(monkeypatch):
    """One may be of IPv4 alone."""
    known = MaxmindLocations()
    monkeypatch.setattr(known, "_readers", [OfIPv4(), *known._readers])
    assert known.of("192.0.2.1") == Location("US", None, "Austin")
    assert known.of("168.126.63.1") == known.of("2001:2b8::1") == Location("KR")


CITY = {
    "country": {"iso_code": "KR", "names": {"en": "South Korea"}},
    "subdivisions": [{"iso_code": "11", "names": {"en": "Seoul", "de": "Seoul"}}, {}],
    "city": {"geoname_id": 1, "names": {"en": "Gangnam-gu"}},
}


@pytest.mark.parametrize(
    ("record", "location"),
    [
        ({"country_code": "KR"}, Location("KR")),
        ({"country": {"iso_code": "kr", "names": {"en": "South Korea"}}}, Location("KR")),
        (CITY, Location("KR", "Seoul", "Gangnam-gu")),
        (CITY | {"city": {}, "subdivisions": []}, Location("KR")),
        (
            {"country_code": "US", "state1": "Texas", "city": "Austin"},
            Location("US", "Texas", "Austin"),
        ),
        ({"country_code": "US", "state1": "", "city": ""}, Location("US")),
        ({"country": {}}, NOWHERE),
        ({"country_code": ""}, NOWHERE),
        (None, NOWHERE),
        ("KR", NOWHERE),
    ],
)
def test_all_shapes(record, location):
    """An owner's own GeoLite2 or DB-IP file is read like the one that we bring."""
    assert _location(record) == location


def test_what_is_found_in_another_country_is_not_told():
    """Whoever knows the country better knows nothing of the city."""
    seoul = Location("KR", "Seoul", "Gangnam-gu")
    assert seoul.within(None) is seoul
    assert seoul.within("KR") is seoul
    assert seoul.within("US") == Location("US")
