"""Heads that were read before: who sends again sends the same head, but for the length of the body.

The parser has read each of them once, as the begin of a packet that held one whole request and
nothing else. From then on a packet that begins with the same bytes, and ends where they say, is
known for what it is without being parsed, which is most of what a request costs before it is judged.
"""

Fields = dict[bytes, bytes]

END = b"\r\n\r\n"
# At the begin of a line, so it is no part of another's value; there is one, or the parser refuses.
LENGTH, SMALL_LENGTH = b"\r\nContent-Length: ", b"\r\ncontent-length: "
MOST_DIGITS = 7
# What was read of them takes four times as much besides. Longer ones are no browser's.
MOST_BYTES = 2_000_000
LONGEST = 2048


class Heads:
    """Those of late, by their bytes but the digits of the length."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._known: dict[bytes, Fields] = {}

    def read(self, packet: bytes) -> tuple[Fields, bytes] | None:
        """Headers and body, if the packet is a whole request with a known head."""
        cut = _cut(packet)
        if cut is None:
            return None
        head, digits, body = cut
        headers = self._known.get(head)
        if headers is None or len(digits) > MOST_DIGITS or not digits.isdigit():
            return None
        return (headers, body) if int(digits) == len(body) else None

    def remember(self, packet: bytes, headers: Fields, body: bytes) -> None:
        """The packet was parsed, and had one request at least. If it had no other its head counts."""
        cut = _cut(packet)
        if cut is None or cut[2] != body or len(cut[0]) > LONGEST:
            return
        head = cut[0]
        self._bytes += len(head)
        if self._bytes > self._most_bytes:
            self._known.clear()
            self._bytes = len(head)
        self._known[head] = headers


def _cut(packet: bytes) -> tuple[bytes, bytes, bytes] | None:
    """A head without the digits of its length, these digits, and what follows the head."""
    end = packet.find(END)
    if end < 0:
        return None
    begin = packet.find(LENGTH, 0, end)
    if begin < 0:
        begin = packet.find(SMALL_LENGTH, 0, end)
        if begin < 0:
            return None
    begin += len(LENGTH)
    stop = packet.find(b"\r", begin)
    return packet[:begin] + packet[stop:end], packet[begin:stop], packet[end + len(END) :]
