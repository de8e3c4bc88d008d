"""What the collector and the store say to each other, over a pair of sockets that nobody else has.

Messages are pickled: both ends are this program, at the same version, and the pair is made by
one of them for the other.
"""

import pickle
import struct
from dataclasses import dataclass

from liveinsight.domain.question import Question
from liveinsight.domain.rows import Export
from liveinsight.domain.site import Site

LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, to be answered with `Answered` or `Failed` of the same number."""

    number: int
    question: Question
    site: Site


@dataclass(frozen=True, slots=True)
class Give:
    """Events to be written to a pipe; `Answered` tells that the pipe is open, then it is filled."""

    number: int
    export: Export
    site: Site
    path: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for this answer any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer as JSON."""

    number: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no answer. Taken apart, as an error of ours is not made from its text alone."""

    number: int
    kind: type[Exception]
    told: tuple[object, ...]
    fields: dict[str, object]

    @classmethod
    def of(cls, number: int, error: Exception) -> "Failed":
        """The error, ready to be sent."""
        return cls(number, type(error), error.args, error.__dict__)

    @property
    def error(self) -> Exception:
        """The error as it was."""
        error = self.kind.__new__(self.kind, *self.told)
        error.__dict__.update(self.fields)
        return error


@dataclass(frozen=True, slots=True)
class State:
    """How the store is doing; told when it changes."""

    is_ready: bool = False
    hot_seq: int = 0
    backlog_groups: int = 0
    read_events: int = 0
    hot_events: int = 0
    is_sealing: bool = False
    seals: int = 0
    seal_ms: int = 0
    failure: str | None = None


Message = Ask | Give | Cancel | Answered | Failed | State


def packed(message: Message) -> bytes:
    """A frame: its length and the message."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def unpacked(body: bytes) -> Message:
    """The message in a frame."""
    message: Message = pickle.loads(body)  # noqa: S301 - from our own other end
    return message
