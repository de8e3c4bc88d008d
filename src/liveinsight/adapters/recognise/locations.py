"""Where addresses are, looked up in a file that lies on this machine."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import maxminddb

from liveinsight.adapters.recognise.built import DATA, missing
from liveinsight.domain.errors import Misconfigured
from liveinsight.domain.location import NOWHERE, Location

BUILT = DATA / "countries.mmdb"
REMEMBERED = 20_000
LONGEST = 64


class MaxmindLocations:
    """Knows where addresses are, by any MaxMind database that has countries; without it, never.

    The one that we bring has no more. An owner's own may have regions and cities; of several, as
    of one for IPv4 and one for IPv6, the first that knows an address tells.
    """

    def __init__(self, own: Sequence[Path] = ()) -> None:
        for path in own:
            if not path.is_file():
                raise Misconfigured(f"GEO_DATABASE: there is no file {path}")
        paths = own or (() if missing(BUILT, "no countries are told") else (BUILT,))
        self._readers = [_open(path) for path in paths]
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._look_up)

    def of(self, address: str) -> Location:
        """Nowhere for private and unknown addresses and what is none."""
        return self._remembered(address) if self._readers else NOWHERE

    def _look_up(self, address: str) -> Location:
        """Private addresses are not asked for, which is slow: no database has them."""
        try:
            ip = ip_address(address)
        except ValueError:
            return NOWHERE
        told = (isinstance(ip, IPv6Address) and ip.ipv4_mapped) or ip
        plain = str(told).partition("%")[0]
        found = (_location(_record(reader, plain)) for reader in self._readers)
        return next((location for location in found if location.country), NOWHERE)


def _record(reader: maxminddb.Reader, address: str) -> object:
    try:
        return reader.get(address)
    except ValueError:  # it is of IPv4 alone
        return None


def _open(path: Path) -> maxminddb.Reader:
    try:
        return maxminddb.open_database(path)  # mapped into memory, in C where that is there
    except maxminddb.InvalidDatabaseError:
        raise Misconfigured(f"{path} is no MaxMind database (.mmdb)") from None


def _location(record: object) -> Location:
    """What a record tells, in any of the shapes that such files have."""
    match record:
        case {"country_code": str(code)} | {"country": {"iso_code": str(code)}} if len(code) == 2:
            return Location(code.upper(), _region(record), _city(record))
        case _:
            return NOWHERE


def _region(record: object) -> str | None:
    match record:
        case {"subdivisions": [{"names": {"en": str(name)}}, *_]} | {"state1": str(name)}:
            return name[:LONGEST] or None
        case _:
            return None


def _city(record: object) -> str | None:
    match record:
        case {"city": {"names": {"en": str(name)}}} | {"city": str(name)}:
            return name[:LONGEST] or None
        case _:
            return None
