"""What the store may use of the machine. The collector knows it too, so it knows no engine."""

from msgspec import Struct

# Of the store's memory two thirds may be hot events, of some 0.3 KB.
HOT_EVENTS_PER_MB = 2000
# Events of one batch: enough that DuckDB's fixed cost is small, little enough to stay in memory.
# As Python's objects they are a kilobyte each, beside what DuckDB may have.
BATCH_EVENTS = 50_000
BATCH_EVENTS_PER_MB = 150
# A hot million is 0.3 GB: a busy hour is sealed in parts.
SEAL_EVENTS = 500_000
# Some 10 to 30 microseconds each: there is room for what comes meanwhile.
REDATED_EVENTS_PER_MB = 100_000
# Each thread has hash tables of its own: with less memory a second one takes more than it gives.
TWO_THREADS_MB = 128


class Limits(Struct, frozen=True):
    """What DuckDB may use, and what follows from it."""

    memory_mb: int = 1024
    threads: int = 2

    @property
    def fitting_threads(self) -> int:
        """As many as memory is for."""
        return self.threads if self.memory_mb >= TWO_THREADS_MB else 1

    @property
    def most_hot(self) -> int:
        """Hot events of which no more are taken."""
        return self.memory_mb * HOT_EVENTS_PER_MB

    @property
    def batch_events(self) -> int:
        """So many are taken in at once."""
        return min(BATCH_EVENTS, self.memory_mb * BATCH_EVENTS_PER_MB)

    @property
    def most_redated(self) -> int:
        """Events whose days are told anew at once, while nothing is sealed."""
        return self.memory_mb * REDATED_EVENTS_PER_MB

    @property
    def seal_events(self) -> int:
        """So many unsealed ones are sealed before their hour is over."""
        return min(SEAL_EVENTS, self.most_hot // 4)

    @property
    def most_kept_hot(self) -> int:
        """With more than that after sealing, visits that go on are let go too: there has to be
        room for the next part, or nothing would ever be taken and sealed again.
        """
        return self.most_hot - self.seal_events
