"""Uvicorn's HTTP protocol with a limit to what comes before the body.

It has none of its own: a header without an end would be gathered until memory is full.
"""

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 65_536
TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
REFUSAL = (
    f"HTTP/1.1 {TOO_LARGE} {TOO_LARGE.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
).encode()


class LimitedProtocol(HttpToolsProtocol):
    """Lets go of who sends a head over the limit."""

    _in_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Bytes came. They are counted as long as the head is not whole."""
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(REFUSAL)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        super().on_headers_complete()
