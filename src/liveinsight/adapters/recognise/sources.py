"""Known sources from our own table (`sources.toml`), and referrer spam (`spam.txt`)."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from liveinsight.domain.channel import Kind
from liveinsight.domain.source import NOWHERE, Campaign, Known, Origin, bare, origin_of

REMEMBERED = 20_000
_HERE = Path(__file__).parent
_COUNTRY = re.compile(r"\.((?:com?|or|ne|net|org|gov|edu)\.[a-z]{2}|com|cat|[a-z]{2})")


class SourceTable:
    """The names of hosts, apps and campaigns (`domain.source.Names`)."""

    def __init__(self) -> None:
        self._hosts: dict[str, Known] = {}
        self._countries: dict[str, Known] = {}
        self._tags: dict[str, Known] = {}
        for kind, sources in tomllib.loads(_text("sources.toml")).items():
            for name, signs in sources.items():
                self._add(Known(name, Kind(kind)), signs)
        spam = [line for line in _text("spam.txt").splitlines() if not line.startswith("#")]
        self._spam = frozenset(host for host in spam if "*" not in host)
        self._spam_families = _families(host for host in spam if "*" in host)

    def of_tag(self, tag: str) -> Known | None:
        """By alias or name, else as a host: ChatGPT tags its links with `chatgpt.com`."""
        folded = tag.strip().casefold()
        found = self._tags.get(folded)
        return self.of_host(bare(folded)) if found is None and "." in folded else found

    def of_host(self, host: str) -> Known | None:
        """The longest known host wins: mail.google.com before google.*."""
        for part in _upwards(host):
            if known := self._hosts.get(part):
                return known
        without_country = next((host[: end.start()] for end in _endings(host)), "")
        return next(filter(None, map(self._countries.get, _upwards(without_country))), None)

    def is_spam(self, host: str) -> bool:
        """Whether the host is spam or lies under one that is."""
        if any(part in self._spam for part in _upwards(host)):
            return True
        return self._spam_families.search(host) is not None

    def _add(self, known: Known, signs: Iterable[str]) -> None:
        self._tags[known.name.casefold()] = known
        for sign in signs:
            if sign.endswith(".*"):
                self._countries[sign.removesuffix(".*")] = known
            else:
                (self._hosts if "." in sign else self._tags)[sign] = known


class KnownSources:
    """Knows sites that send visitors; the latest 20,000 answers are remembered."""

    def __init__(self) -> None:
        self._names = SourceTable()
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._tell)

    def read(self, referrer: str | None, campaign: Campaign, own_hosts: tuple[str, ...]) -> Origin:
        """Source, channel and referrer; a referrer of `own_hosts` (or under them) is none."""
        # Searches and feeds differ in their queries only: one answer for all of them.
        page = referrer.partition("?")[0] if referrer else None
        return self._remembered(page, campaign, own_hosts)

    def _tell(self, referrer: str | None, campaign: Campaign, own_hosts: tuple[str, ...]) -> Origin:
        origin = origin_of(referrer, campaign, own_hosts, self._names)
        return NOWHERE if origin == NOWHERE else origin


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _upwards(host: str) -> Iterator[str]:
    """The host and all that it lies under."""
    while host:
        yield host
        host = host.partition(".")[2]


def _endings(host: str) -> Iterator[re.Match[str]]:
    """The ending of a country, the longer one first: `.co.kr` before `.kr`."""
    for label in re.finditer(r"\.", host):
        if found := _COUNTRY.fullmatch(host, label.start()):
            yield found


def _families(patterns: Iterable[str]) -> re.Pattern[str]:
    joined = "|".join(re.escape(pattern).replace(r"\*", "[a-z0-9-]*") for pattern in patterns)
    return re.compile(rf"(?:^|\.)(?:{joined})$")
