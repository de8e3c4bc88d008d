"""What a user agent was recognised as; the string itself is never kept."""

from enum import StrEnum

from msgspec import Struct


class Device(StrEnum):
    """Classes of devices."""

    DESKTOP = "desktop"
    MOBILE = "mobile"
    TABLET = "tablet"
    BOT = "bot"
    OTHER = "other"


class Agent(Struct, frozen=True):
    """A browser on a device; versions are one number (`156`)."""

    browser: str | None = None
    browser_version: str | None = None
    os: str | None = None
    os_version: str | None = None
    device: str = Device.OTHER
    is_bot: bool = False
