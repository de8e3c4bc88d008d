"""Countries of addresses, looked up in a file that lies on this machine."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import maxminddb

from liveinsight.adapters.recognise.built import DATA, missing
from liveinsight.domain.errors import Misconfigured

REMEMBERED = 20_000


class MaxmindCountries:
    """Knows where addresses are, by any MaxMind database that has countries; without it, never."""

    def __init__(self, path: Path = DATA / "countries.mmdb") -> None:
        self._reader = None if missing(path, "no countries are told") else _open(path)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._look_up)

    def of(self, address: str) -> str | None:
        """The ISO 3166 code; None for private and unknown addresses and what is none."""
        return self._remembered(address) if self._reader else None

    def _look_up(self, address: str) -> str | None:
        """Private addresses are not asked for, which is slow: no database has them."""
        try:
            ip = ip_address(address)
        except ValueError:
            return None
        assert self._reader is not None
        plain = (isinstance(ip, IPv6Address) and ip.ipv4_mapped) or ip
        return _code(self._reader.get(str(plain).partition("%")[0]))


def _open(path: Path) -> maxminddb.Reader:
    try:
        return maxminddb.open_database(path)  # mapped into memory, in C where that is there
    except maxminddb.InvalidDatabaseError:
        raise Misconfigured(f"{path} is no MaxMind database (.mmdb)") from None


def _code(record: object) -> str | None:
    """The code in either of the two shapes that such files have."""
    match record:
        case {"country_code": str(code)} | {"country": {"iso_code": str(code)}} if len(code) == 2:
            return code.upper()
        case _:
            return None
