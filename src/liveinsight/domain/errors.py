"""What can go wrong, by name.

LiveInsightError
├── Invalid           a field of what was sent is wrong; says which
├── Unauthorized      no key, or none that is known
├── Forbidden         known, but not allowed this
├── NotFound
├── TooLarge
├── TooSlow
├── UnsupportedType   a content type or encoding that is not read here
├── MethodNotAllowed
├── RateLimited       says when to come back
├── Unavailable       cannot be kept or answered now; says when to come back
└── Misconfigured     a setting or a folder is wrong; says what to do
"""


class LiveInsightError(Exception):
    """Every error of ours; its text is for the person who caused it."""


class Invalid(LiveInsightError):
    """`field` is the name as it was sent, `index` its event's place in the batch."""

    def __init__(self, field: str, error: str, index: int | None = None) -> None:
        super().__init__(f"{field}: {error}")
        self.field = field
        self.error = error
        self.index = index

    def alone(self) -> "Invalid":
        """The same of an event that came in no batch, and so has no place in one."""
        return Invalid(self.field, self.error)


class Unauthorized(LiveInsightError):
    """Who asks is not known."""


class Forbidden(LiveInsightError):
    """Who asks is known and may not."""


class NotFound(LiveInsightError):
    """There is no such thing."""


class TooLarge(LiveInsightError):
    """More than is read."""


class TooSlow(LiveInsightError):
    """It did not arrive in time."""


class UnsupportedType(LiveInsightError):
    """Not a content type or encoding that is read."""


class MethodNotAllowed(LiveInsightError):
    """The path knows other methods."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(f"This path answers {', '.join(allowed)}.")
        self.allowed = allowed


class ComeBack(LiveInsightError):
    """Not now."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(ComeBack):
    """Too many requests from one address."""


class Unavailable(ComeBack):
    """The store cannot take or tell more at the moment."""


class Misconfigured(LiveInsightError):
    """A setting, file or folder is wrong; the text names it and says what to do."""
