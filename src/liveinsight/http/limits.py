"""How much one address may ask: so many requests in each minute of the clock."""

from ipaddress import IPv6Address, ip_address

from liveinsight.domain.errors import RateLimited
from liveinsight.domain.period import MINUTE_MS

# Addresses that are counted at once; with more in one minute it is no single address's doing.
MOST_ADDRESSES = 1_000_000


class RateLimit:
    """Counts by address. `per_minute` 0 is no limit."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute = 0
        self._counts: dict[str, int] = {}
        self.refused = 0

    def check(self, address: str, now_ms: int) -> None:
        """Count a request; raise `RateLimited` over the limit."""
        if not self._per_minute:
            return
        minute = now_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        who = address if ":" not in address else _neighbourhood(address)
        count = self._counts.get(who, 0) + 1
        if count > self._per_minute:
            self.refused += 1
            seconds = (MINUTE_MS - now_ms % MINUTE_MS) // 1000 + 1
            raise RateLimited(f"More than {self._per_minute} requests in a minute.", seconds)
        if len(self._counts) < MOST_ADDRESSES:
            self._counts[who] = count


def _neighbourhood(address: str) -> str:
    """One customer holds a whole /64 of IPv6 addresses."""
    ip = ip_address(address)
    return str(int(ip) >> 64) if isinstance(ip, IPv6Address) else address
