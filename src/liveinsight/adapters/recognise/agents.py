"""User agents by the rules of the uap-core project, in Rust.

Its 633 rules for devices are left out: they name models, which we don't keep, and those of them
that tell spiders find none that the others miss, but take Fire tablets and Cubot phones for some
when they stand alone. What is left takes half the memory and a third of the time to load.
"""

from functools import lru_cache
from itertools import chain
from operator import attrgetter
from pathlib import Path

from ua_parser.loaders import load_lazy_builtins
from ua_parser_rs import OSExtractor, UserAgentExtractor

from liveinsight.adapters.recognise.bots import IsbotPatterns
from liveinsight.adapters.recognise.built import DATA
from liveinsight.domain.agent import AGENT_CHARACTERS, Agent, Device, device_of, is_automatic

REMEMBERED = 20_000

# One browser has one name, whatever it runs on: the device tells the rest.
BROWSERS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Android WebView",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "iOS WebView",
    "Opera Mobile": "Opera",
    "Opera Tablet": "Opera",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Yandex Browser Mobile": "Yandex Browser",
    "Vivaldi Mobile": "Vivaldi",
    "IE Mobile": "IE",
    "Brave Mobile": "Brave",
}
# Korea's apps, which uap-core takes for bare web views. First group: the name, second: the version.
OWN_BROWSERS = (
    (r"(KAKAOTALK)[ /](\d{1,2})", "KakaoTalk", None, None, None, None),
    (r"(NAVER)\(inapp; [^;]*; [^;]*; (\d+)", "Naver", None, None, None, None),
    (r"(DaumApps)/(\d+)", "Daum", None, None, None, None),
    (r"\b(BAND)/(\d+)\.\d+\.\d+ \(", "Band", None, None, None, None),
)
SYSTEMS = {"Mac OS X": "macOS", "Mac OS": "macOS", "Chrome OS": "ChromeOS"}


class UaParserAgents:
    """Knows user agents; the latest 20,000 are remembered."""

    def __init__(self, bots: Path = DATA / "bots.json") -> None:
        browsers, systems, _ = load_lazy_builtins()
        rule = attrgetter("regex", "family", "major", "minor", "patch", "patch_minor")
        self._browsers = UserAgentExtractor(chain(OWN_BROWSERS, map(rule, browsers)))
        self._systems = OSExtractor(map(rule, systems))
        self._bots = IsbotPatterns(bots)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._recognise)

    def read(self, user_agent: str) -> Agent:
        """Recognise it by its first 512 characters."""
        return self._remembered(user_agent[:AGENT_CHARACTERS])

    def _recognise(self, user_agent: str) -> Agent:
        browser = self._browsers.extract(user_agent)
        system = self._systems.extract(user_agent)
        is_bot = is_automatic(user_agent) or self._bots.match(user_agent)
        return Agent(
            browser=BROWSERS.get(browser.family, browser.family) if browser else None,
            browser_version=browser.major if browser else None,
            os=SYSTEMS.get(system.family, system.family) if system else None,
            os_version=system.major if system else None,
            device=Device.BOT if is_bot else device_of(user_agent),
            is_bot=is_bot,
        )
