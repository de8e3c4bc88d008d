"""What a user agent was recognised as; the string itself is never kept."""

import re
from enum import StrEnum

from msgspec import Struct

AGENT_CHARACTERS = 512


class Device(StrEnum):
    """Classes of devices."""

    DESKTOP = "desktop"
    MOBILE = "mobile"
    TABLET = "tablet"
    BOT = "bot"
    OTHER = "other"


class Agent(Struct, frozen=True):
    """A browser on a device; versions are one number (`156`). A bot's device is `bot`."""

    browser: str | None = None
    browser_version: str | None = None
    os: str | None = None
    os_version: str | None = None
    device: str = Device.OTHER
    is_bot: bool = False


# Browsers on televisions, consoles, glasses and in cars, which say Android, Windows or Linux too.
_NEITHER_DESK_NOR_POCKET = (
    r"TV\b|AppleTV|SmartTV|BRAVIA|\bAFT[A-Z]|Web0S|CrKey|Roku"
    r"|PlayStation|Xbox|Nintendo|OculusBrowser|\bVR\b|Tesla/|QtCarBrowser|Watch"
)
# The first that is found names the device; an Android that isn't `Mobile` is a tablet.
DEVICE_RULES: tuple[tuple[Device, re.Pattern[str]], ...] = tuple(
    (device, re.compile(pattern))
    for device, pattern in (
        (Device.OTHER, _NEITHER_DESK_NOR_POCKET),
        (Device.TABLET, r"iPad|Tablet(?! PC)|PlayBook|Kindle|\bSilk/(?!.*Mobile)|\bSM-[TX]\d"),
        (Device.MOBILE, r"Mobi|iPhone|iPod|Windows Phone|Opera Mini|BlackBerry|\bBB10\b|KAIOS"),
        (Device.TABLET, r"Android"),
        (Device.DESKTOP, r"Windows|Macintosh|X11|Linux|CrOS|FreeBSD|OpenBSD|Mac OS X"),
    )
)


def device_of(user_agent: str) -> Device:
    """The class of the device, as far as a user agent tells it."""
    found = (device for device, rule in DEVICE_RULES if rule.search(user_agent))
    return next(found, Device.OTHER)


def is_automatic(user_agent: str, brands: str = "") -> bool:
    """What a request gives away before any list is asked.

    People's browsers have a user agent with a version in it, and don't call themselves headless:
    neither there nor in the brands (`Sec-CH-UA`), where a forged user agent is often forgotten.
    """
    if "/" not in user_agent:
        return True
    return "headless" in user_agent.lower() or "headless" in brands.lower()
