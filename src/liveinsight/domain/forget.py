"""What is to be forgotten: all events of somebody whom the site named, or of a span of time."""

from msgspec import Struct

from liveinsight.domain.event import Event
from liveinsight.domain.range import Span

ALWAYS = Span(0, 2**62)


class Doomed(Struct, frozen=True):
    """Events of a site; of one visitor or of all."""

    site: str
    visitor: int | None = None
    span: Span = ALWAYS

    def covers(self, event: Event) -> bool:
        """Whether the event goes."""
        return (
            event.place.site == self.site
            and (self.visitor is None or event.visitor == self.visitor)
            and self.span.start_ms <= event.time_ms < self.span.end_ms
        )
