"""Whose address it is: the peer's, or behind trusted proxies the one they tell."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from liveinsight.http.exchange import Request

# What a client itself wrote into the header may be long, and is remembered.
MOST_HOPS_BYTES = 1024

Networks = tuple[IPv4Network | IPv6Network, ...]
LOOPBACK = frozenset({"127.0.0.1", "::1"})


class Addresses:
    """Reads `X-Forwarded-For` from the right, as far as its writers are trusted.

    Whoever is trusted wrote what stands left of them; the first who is not is the client, and
    all that the client itself wrote further left is never looked at.
    """

    def __init__(self, trusted: Networks = ()) -> None:
        self._trusted = trusted
        self._client = lru_cache(maxsize=8192)(self._walk)

    def client(self, request: Request) -> str:
        """The client's address, empty where the peer has none (a Unix socket)."""
        told = request.headers.get(b"x-forwarded-for") if self._trusted else None
        if told is not None and len(told) > MOST_HOPS_BYTES:
            # The first that is left may be cut in two.
            told = told[-MOST_HOPS_BYTES:].partition(b",")[2]
        return self._client(request.peer, told)

    def is_proxied(self, request: Request) -> bool:
        """Whether a trusted proxy speaks, so that its other headers are to be believed."""
        return bool(self._trusted) and self._is_trusted(parsed(request.peer))

    def _walk(self, peer: str, told: bytes | None) -> str:
        address = parsed(peer)
        hops = told.decode("latin-1").split(",") if told else []
        while hops and self._is_trusted(address):
            hop = parsed(hops.pop().strip())
            if hop is None:
                break
            address = hop
        return "" if address is None else str(address)

    def _is_trusted(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: with a port, in brackets, or IPv4 within IPv6."""
    text = text.strip().removeprefix("[").partition("]")[0]
    if text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def is_loopback(request: Request) -> bool:
    """Whether it comes from this machine and through no proxy."""
    return request.peer in LOOPBACK and b"x-forwarded-for" not in request.headers
