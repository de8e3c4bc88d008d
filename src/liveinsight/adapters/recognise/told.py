"""Browsers, systems and devices that records of the past tell by name, in our names.

Others keep what they recognised and no user agent. It comes in as one all the same, in a form that
no browser's has, so that who judges events need not know of it.
"""

from liveinsight.adapters.recognise.agents import UaParserAgents
from liveinsight.domain.agent import Agent, Device

MARK = "\x1f"  # what ASCII has for it: no header may hold it
LONGEST = 64
BROWSERS = {
    "android webview": "Android WebView",
    "chrome mobile": "Chrome",
    "chrome mobile ios": "Chrome",
    "chromium-webview": "Android WebView",
    "crios": "Chrome",
    "edge-android": "Edge",
    "edge-chromium": "Edge",
    "edge-ios": "Edge",
    "firefox mobile": "Firefox",
    "fxios": "Firefox",
    "google chrome": "Chrome",
    "ie": "IE",
    "internet explorer": "IE",
    "ios": "Safari",
    "ios-webview": "iOS WebView",
    "microsoft edge": "Edge",
    "mobile safari": "Safari",
    "opera-mini": "Opera Mini",
    "samsung": "Samsung Internet",
    "samsung browser": "Samsung Internet",
    "yandexbrowser": "Yandex Browser",
}
# Names that are written small there.
BROWSERS |= {name.lower(): name for name in ("Chrome", "Edge", "Facebook", "Firefox", "Instagram")}
BROWSERS |= {name.lower(): name for name in ("Opera", "Safari", "Silk")}
SYSTEMS = {
    "android os": "Android",
    "chrome os": "ChromeOS",
    "gnu/linux": "Linux",
    "ipados": "iOS",
    "mac": "macOS",
    "mac os": "macOS",
    "mac os x": "macOS",
    "macos": "macOS",
}
WINDOWS = "windows "
DEVICES = {
    "desktop": Device.DESKTOP,
    "laptop": Device.DESKTOP,
    "mobile": Device.MOBILE,
    "smartphone": Device.MOBILE,
    "phablet": Device.MOBILE,
    "feature_phone": Device.MOBILE,
    "tablet": Device.TABLET,
}

KINDS = frozenset({*DEVICES.values(), Device.OTHER})


def agent(
    *, browser: str = "", browser_version: str = "", os: str = "", os_version: str = "", device: str
) -> str:
    """What stands for a user agent; nothing where nothing is told of it."""
    if os.lower().startswith(WINDOWS):
        os, os_version = os[: len(WINDOWS) - 1], os_version or os[len(WINDOWS) :]
    facts = (
        BROWSERS.get(browser.lower(), browser),
        _major(browser_version),
        SYSTEMS.get(os.lower(), os),
        _major(os_version),
        DEVICES.get(device.lower(), Device.OTHER),
    )
    if not any(facts[:-1]) and facts[-1] == Device.OTHER:
        return ""
    return MARK + MARK.join(fact.replace(MARK, "")[:LONGEST] for fact in facts)


def _major(version: str) -> str:
    return version.partition(".")[0]


class ToldAgents(UaParserAgents):
    """Knows what is told by name too. A record may also tell nothing of it, and is no bot's."""

    def read(self, user_agent: str) -> Agent:
        """Recognise it, where that is still to be done."""
        if not user_agent:
            return Agent()
        match user_agent.split(MARK):
            case ["", browser, version, os, os_version, device] if device in KINDS:
                return Agent(
                    browser or None, version or None, os or None, os_version or None, device
                )
            case _:
                return super().read(user_agent)
