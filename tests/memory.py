"""The ports in memory: each as simply as it can be, to say what the real ones must do.

The contract suites run on these beside both homes' adapters; other tests take them where what is
kept is to be looked at. `oracle.live` has who is here now, `oracle.naive` what was.
"""

import hashlib
import secrets
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from msgspec.structs import replace

from liveinsight.domain.holding import Holding
from liveinsight.domain.period import DAY_MS, day_span
from liveinsight.domain.site import SiteBook


class MemoryHot:
    """The port `HotStore`; `refusal` is what it says when it cannot."""

    def __init__(self):
        self.events = []
        self.drops = {}
        self.refusal = None

    def check_room(self):
        if self.refusal is not None:
            raise self.refusal

    async def keep(self, events, drops):
        self.events += [event.row() for event in events]
        for about, count in drops.items():
            self.drops[about] = self.drops.get(about, 0) + count


class MemoryControl:
    """The port `Control`; those that share `kept` are of one installation."""

    def __init__(self, kept=None):
        self._kept = {} if kept is None else kept

    def _of(self, kind):
        return self._kept.setdefault(kind, {})

    def sites(self):
        return SiteBook(self._of("site").values())

    def put_site(self, site):
        self._of("site")[site.id] = site

    def remove_site(self, site_id):
        return self._of("site").pop(site_id, None) is not None

    def keys(self):
        return sorted(self._of("key").values(), key=lambda key: (key.created_ms, key.id))

    def put_key(self, key):
        self._of("key")[key.id] = key

    def revoke_key(self, key_id):
        return self._of("key").pop(key_id, None) is not None

    def key_of_hash(self, key_hash):
        return next((key for key in self._of("key").values() if key.hash == key_hash), None)

    def secret(self, name):
        return self._of("secret").setdefault(name, secrets.token_bytes(32))


class MemorySalts:
    """The port `Salts`, forgotten when the day after is over."""

    def __init__(self, clock, kept):
        self._clock = clock
        self._kept = kept

    def of(self, site, day):
        known = self.if_known(site, day)
        if known is None:
            known = secrets.token_bytes(16)
            over_ms = day_span(day, site.timezone).end_ms + DAY_MS
            self._kept[site.id, day] = known, over_ms
        return known

    def if_known(self, site, day):
        now_ms = self._clock.now_ms()
        for about, (_, over_ms) in list(self._kept.items()):
            if over_ms <= now_ms:
                del self._kept[about]
        return self._kept.get((site.id, day), (None, 0))[0]


class MemoryVault:
    """The port `Vault`."""

    def __init__(self):
        self._kept = {}

    def sizes(self):
        return {key: len(body) for key, body in self._kept.items()}

    def put(self, key, path):
        self._kept[key] = Path(path).read_bytes()

    def get(self, key, path):
        Path(path).write_bytes(self._kept[key])

    def write(self, key, body):
        self._kept[key] = bytes(body)

    def read(self, key):
        return self._kept[key]

    def remove(self, key):
        self._kept.pop(key, None)


class MemoryMovable:
    """The port `Movable`: files by name, and what counts."""

    def __init__(self):
        self.kept = {}
        self._held = Holding((), 0)

    def seal(self):
        """Nothing is hot here."""

    def holding(self):
        return self._held

    @contextmanager
    def read(self, file):
        yield BytesIO(self.kept[file.name])

    def has(self, file):
        body = self.kept.get(file.name)
        return body is not None and hashlib.blake2b(body, digest_size=16).hexdigest() == file.digest

    def put(self, file, content):
        self.kept[file.name] = content.read()

    def adopt(self, holding, gone):
        gone_names = {file.name for file in (*gone, *holding.files)}
        others = tuple(file for file in self._held.files if file.name not in gone_names)
        generation = max(self._held.generation, holding.generation)
        self._held = replace(holding, files=(*others, *holding.files), generation=generation)
