"""A connection in memory, for tests of a protocol."""

import asyncio


class Memory(asyncio.Transport):
    """A transport that remembers what was written."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.closed

    def get_write_buffer_size(self):
        return 0

    def close(self):
        """Nothing is heard or said any more."""
        self.closed = True

    def pause_reading(self):
        """Nothing is read."""

    def resume_reading(self):
        """Nothing is read."""


async def turns(number=10):
    """Let the loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)
