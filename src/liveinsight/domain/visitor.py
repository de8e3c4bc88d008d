"""Who it was, without knowing who: an id that lasts a local day and cannot be walked back.

The salt is random, one for each site and local day, and deleted when the next day is over.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

_number = int.from_bytes  # the first byte is the highest


def anonymous(salt: bytes, address: str, user_agent: str) -> int:
    """The visitor behind an address and agent, for as long as the salt is known."""
    digest = blake2b(f"{address}\n{user_agent}".encode(), digest_size=8, key=salt).digest()
    return _number(digest)


def identified(secret: bytes, site: str, user_id: str) -> int:
    """The visitor whom the site itself named; the same on every day, so that they come back."""
    digest = blake2b(f"{site}\n{user_id}".encode(), digest_size=8, key=secret).digest()
    return _number(digest)


def fingerprint(site: str, given: str) -> int:
    """64 bits that stand for a given event or session id of a site."""
    return fingerprints_of(site)(given)


@lru_cache(maxsize=1024)
def fingerprints_of(site: str) -> Callable[[str], int]:
    """The same of one site's ids. To go on from what they have in common takes half as long."""
    begun = blake2b(f"{site}\n".encode(), digest_size=8).copy

    def fingerprint(given: str) -> int:
        digest = begun()
        digest.update(given.encode())
        return _number(digest.digest())

    return fingerprint
