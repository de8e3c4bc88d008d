"""Watch: what is happening now on a site, counted once for all who ask the same."""

from liveinsight.domain.filter import Filter
from liveinsight.domain.lately import Lately
from liveinsight.domain.live import Live
from liveinsight.ports import Clock, Watching

# Without new events a count is good for so long: visitors leave by time alone.
GOOD_FOR_MS = 1000
REMEMBERED = 256


class Watch:
    """The usecase, over its ports."""

    def __init__(self, watching: Watching, clock: Clock) -> None:
        self._watching = watching
        self._clock = clock
        self._last: Lately[tuple[str, Filter], tuple[int, Live]] = Lately(REMEMBERED)

    def check(self, tree: Filter) -> None:
        """Raise `Invalid` for a filter that cannot be answered."""
        self._watching.check(tree)

    def version(self, site: str) -> int:
        """Raised with each event of the site."""
        return self._watching.version(site)

    def __call__(self, site: str, tree: Filter) -> Live:
        """The site's last half hour."""
        now_ms = self._clock.now_ms()
        version = self._watching.version(site)
        known = self._last.get((site, tree))
        if known is not None:
            counted_at, live = known
            if counted_at == version and 0 <= now_ms - live.timestamp < GOOD_FOR_MS:
                return live
        live = self._watching.look(site, tree, now_ms)
        self._last.keep((site, tree), (version, live))
        return live
