"""What recognising costs: microseconds at first sight and when remembered, and what loading takes.

Run as `python benchmarks/recognise.py`. ua-parser's own parser is measured beside ours in the same
run: the ratio is what counts. Each part loads in a process of its own, so that memory is its own.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address

from results import keep

VERSIONS = range(100, 148)
AGENTS = [
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) {browser}"
    for version in VERSIONS
    for system, browser in (
        ("Windows NT 10.0; Win64; x64", f"Chrome/{version}.0.0.0 Safari/537.36"),
        ("Linux; Android 10; K", f"Chrome/{version}.0.0.0 Mobile Safari/537.36"),
        ("Windows NT 10.0; Win64; x64", f"Chrome/{version}.0.0.0 Safari/537.36 Edg/{version}.0"),
        ("iPhone; CPU iPhone OS 18_6 like Mac OS X", f"Version/{version - 82}.1 Mobile/15E148"),
        ("iPhone; CPU iPhone OS 18_6 like Mac OS X", f"Mobile/15E148 KAKAOTALK {version}.0.0"),
    )
]
BOTS = [
    f"Mozilla/5.0 (compatible; Some{n}bot/2.{n}; +https://some{n}.example/)" for n in range(240)
]
HOSTS = ["www.google.co.kr", "search.naver.com", "t.co", "chatgpt.com", "l.facebook.com"]
REFERRERS = [f"https://{host}/a/{n}?q=1" for n in range(100) for host in HOSTS]
REFERRERS += [f"https://www.site{n}.example/some/page" for n in range(500)]
_random = random.Random(1)
ADDRESSES = [str(IPv4Address(_random.getrandbits(32))) for _ in range(2_000)]
ADDRESSES6 = [str(IPv6Address((0x2001 << 112) | _random.getrandbits(112))) for _ in range(2_000)]

LOADS = {
    "nothing": "pass",
    "agents": "from liveinsight.adapters.recognise.agents import UaParserAgents as part; it = part()",
    "ua-parser's own parser": "import ua_parser; it = ua_parser.parser",
    "countries": "from liveinsight.adapters.recognise.locations import MaxmindLocations as part; it = part()",
    "sources": "from liveinsight.adapters.recognise.sources import KnownSources as part; it = part()",
}
# What the collector's process holds anyway, so that nobody is charged for it.
BEFORE = "import asyncio, json, logging, msgspec, numpy, sqlite3, time, uvicorn, uvloop"
LOAD = f"""{BEFORE}
def resident_kb():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmRSS"))
kb, start = resident_kb(), time.perf_counter()
CODE
print(json.dumps(
    {{"ms": round((time.perf_counter() - start) * 1000), "kb": resident_kb() - kb}}))
"""


def each_us(read: Callable[[str], object], items: Sequence[str]) -> float:
    """Mean microseconds of one call."""
    start = time.perf_counter()
    for item in items:
        read(item)
    return round((time.perf_counter() - start) / len(items) * 1e6, 2)


def twice(read: Callable[[str], object], items: Sequence[str]) -> dict[str, float]:
    return {"first_us": each_us(read, items), "remembered_us": each_us(read, items)}


def loading(code: str) -> object:
    command = [sys.executable, "-c", LOAD.replace("CODE", code)]
    runs = [json.loads(subprocess.check_output(command)) for _ in range(3)]
    return min(runs, key=lambda run: int(run["ms"]))


def parts() -> dict[str, object]:
    import ua_parser  # noqa: PLC0415 - not before the others have loaded

    from liveinsight.adapters.recognise.agents import UaParserAgents  # noqa: PLC0415
    from liveinsight.adapters.recognise.locations import MaxmindLocations  # noqa: PLC0415
    from liveinsight.adapters.recognise.sources import KnownSources  # noqa: PLC0415
    from liveinsight.domain.source import Campaign  # noqa: PLC0415

    agents, countries, sources = UaParserAgents(), MaxmindLocations(), KnownSources()
    campaign = Campaign()
    own = ("shop.example",)
    agents.read("curl/8.14.1")
    return {
        "agents, browsers": twice(agents.read, AGENTS),
        "agents, bots": twice(agents.read, BOTS),
        "ua-parser's own parser, browsers": twice(ua_parser.parse, AGENTS),
        "countries, IPv4": twice(countries.of, ADDRESSES),
        "countries, IPv6": twice(countries.of, ADDRESSES6),
        "sources": twice(lambda referrer: sources.read(referrer, campaign, own), REFERRERS),
    }


if __name__ == "__main__":
    result = {
        "python": sys.version.split()[0],
        "loading": {name: loading(code) for name, code in LOADS.items()},
        "reading": parts(),
    }
    print(json.dumps(result, indent=1))
    print(keep("recognise", result))
