"""Who it was, without knowing who: an id that lasts a local day and cannot be walked back.

The salt is random, one for each site and local day, and deleted when the next day is over.
"""

from functools import lru_cache
from hashlib import blake2b


def anonymous(salt: bytes, address: str, user_agent: str) -> int:
    """The visitor behind an address and agent, for as long as the salt is known."""
    digest = blake2b(f"{address}\n{user_agent}".encode(), digest_size=8, key=salt).digest()
    return int.from_bytes(digest, "big")


def identified(secret: bytes, site: str, user_id: str) -> int:
    """The visitor whom the site itself named; the same on every day, so that they come back."""
    digest = blake2b(f"{site}\n{user_id}".encode(), digest_size=8, key=secret).digest()
    return int.from_bytes(digest, "big")


def fingerprint(site: str, given: str) -> int:
    """64 bits that stand for a given event or session id of a site."""
    begun = _begun(site).copy()
    begun.update(given.encode())
    return int.from_bytes(begun.digest(), "big")


@lru_cache(maxsize=1024)
def _begun(site: str) -> blake2b:
    """The hash of what a site's ids have in common: to go on from it takes half as long."""
    return blake2b(f"{site}\n".encode(), digest_size=8)
