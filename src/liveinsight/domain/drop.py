"""Why an event is not kept: one reason of a closed list, each counted where the owner sees it."""

from enum import StrEnum


class Drop(StrEnum):
    """The reasons. `bot` and `spam_referrer` are set aside, not thrown away (`event.Aside`)."""

    BOT = "bot"
    SPAM_REFERRER = "spam_referrer"
    UNKNOWN_SITE = "unknown_site"
    HOST_NOT_ALLOWED = "host_not_allowed"
    EXCLUDED_IP = "excluded_ip"
    EXCLUDED_PAGE = "excluded_page"
    OPTED_OUT = "opted_out"
    DUPLICATE = "duplicate"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    NO_VISIT = "no_visit"
    RATE_LIMITED = "rate_limited"
    INVALID = "invalid"
