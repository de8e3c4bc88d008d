"""What answers are broken down by and filtered on: of the event, of its visit, of time."""

from enum import Enum

from liveinsight.domain.errors import Invalid

PROP = "prop:"
MAX_PROP_KEY = 64

OF_EVENT = ("page", "hostname", "event", "title")
OF_VISIT = (
    "source",
    "channel",
    "referrer",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_term",
    "country",
    "region",
    "city",
    "browser",
    "browser_version",
    "os",
    "os_version",
    "device",
    "screen",
    "language",
    "entry_page",
    "exit_page",
)
OF_TIME = ("time:minute", "time:hour", "time:day", "time:week", "time:month")
KNOWN = ", ".join((*OF_EVENT, *OF_VISIT, *OF_TIME))
# These are names that people write in either case; all other values are told apart by it.
CASELESS = frozenset({"country", "source"})


class Kind(Enum):
    """Where a dimension's value comes from."""

    EVENT = "event"
    VISIT = "visit"  # told by the visit's first event (exit_page: by its last page view)
    TIME = "time"


_KINDS = (
    dict.fromkeys(OF_EVENT, Kind.EVENT)
    | dict.fromkeys(OF_VISIT, Kind.VISIT)
    | dict.fromkeys(OF_TIME, Kind.TIME)
)


def kind(name: str) -> Kind | None:
    """What kind of dimension this is; None if there is none of that name."""
    if name.startswith(PROP):
        return Kind.EVENT if 0 < len(name) - len(PROP) <= MAX_PROP_KEY else None
    return _KINDS.get(name)


def checked(raw: object, field: str) -> str:
    """The dimension's name, if it is one."""
    if not isinstance(raw, str):
        raise Invalid(field, "must be the name of a dimension")
    if kind(raw) is None:
        raise Invalid(field, f"{raw!r} is no dimension: there are {KNOWN} and {PROP}NAME")
    return raw


def prop_key(name: str) -> str | None:
    """The key of a `prop:<key>` dimension."""
    return name[len(PROP) :] if name.startswith(PROP) else None
