"""What the usecases need of the world, on one screen; only domain words."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import BinaryIO, Protocol

from liveinsight.domain.agent import Agent
from liveinsight.domain.alert import Alert
from liveinsight.domain.backup import Part
from liveinsight.domain.behaviour import Paths, Returns, Steps
from liveinsight.domain.bringing import Bringing, Content
from liveinsight.domain.count import Count, Counted
from liveinsight.domain.drop import Drop
from liveinsight.domain.event import Event
from liveinsight.domain.filter import Filter
from liveinsight.domain.holding import Holding
from liveinsight.domain.key import Key
from liveinsight.domain.lake import LakeFile
from liveinsight.domain.letter import Letter
from liveinsight.domain.live import Live
from liveinsight.domain.location import Location
from liveinsight.domain.person import Person
from liveinsight.domain.question import Question
from liveinsight.domain.range import Span
from liveinsight.domain.rows import Export, Sql, SqlReport
from liveinsight.domain.session import Session, Share
from liveinsight.domain.site import Site, SiteBook
from liveinsight.domain.source import Campaign, Origin
from liveinsight.domain.visit import Step

NewId = Callable[[], str]  # an event id nobody had before
Drops = dict[tuple[str, Drop], int]  # (site, reason) -> how many


class Clock(Protocol):
    """The only source of time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        ...


class HotStore(Protocol):
    """Made for small durable writes."""

    def check_room(self) -> None:
        """Raise `Unavailable` if nothing can be kept now."""
        ...

    async def keep(self, events: Sequence[Event], drops: Mapping[tuple[str, Drop], int]) -> None:
        """Return when the events, and all that were given before, are durable."""
        ...


class HotReader(Protocol):
    """Events that are kept but not sealed, in the order in which they were kept."""

    def after(self, seq: int) -> Iterator[tuple[int, Sequence[Event], Drops]]:
        """Commit groups after `seq` that are not sealed."""
        ...

    def of_late(self, events: int, since_ms: int) -> Iterator[Sequence[Event]]:
        """So many of the newest events and all since then, sealed ones too if still here."""
        ...

    def last_seq(self) -> int:
        """The newest group's number; it never goes back, not even when all is sealed."""
        ...


class Salts(Protocol):
    """A site's secret of a local day, made when first asked for and forgotten two days later."""

    def of(self, site: Site, day: date) -> bytes:
        """The salt of the day; it is durable before it is told."""
        ...

    def if_known(self, site: Site, day: date) -> bytes | None:
        """The salt of the day if there is one, without making it."""
        ...


class Control(Protocol):
    """Sites and keys: what people decide."""

    def sites(self) -> SiteBook: ...
    def put_site(self, site: Site) -> None: ...
    def remove_site(self, site_id: str) -> bool: ...
    def keys(self) -> Sequence[Key]: ...
    def put_key(self, key: Key) -> None: ...
    def revoke_key(self, key_id: str) -> bool: ...
    def key_of_hash(self, key_hash: bytes) -> Key | None: ...
    def secret(self, name: str) -> bytes:
        """A random secret of the installation, made when first asked for."""
        ...


class History(Protocol):
    """All that is kept of the past, sealed or not, as it is at one moment."""

    @property
    def fresh_ms(self) -> int:
        """All that was acknowledged until then is in; mostly, that is now."""
        ...

    def first_ms(self, site: str, zone: str) -> int | None:
        """When the site's first day with events begins."""
        ...

    def count(self, count: Count) -> Counted:
        """Carry out a count, exactly."""
        ...

    def funnel(self, steps: Steps) -> tuple[int, ...]:
        """How many took each step after the one before."""
        ...

    def journeys(self, paths: Paths) -> tuple[list[tuple[tuple[str | None, ...], int]], int]:
        """The pages seen first and by how many visits; and how many visits there are."""
        ...

    def returns(self, returns: Returns) -> list[tuple[date, date, int]]:
        """Visitors by the bucket in which they were first seen, and each in which they were."""
        ...

    def set_aside(self, site: str, zone: str, span: Span) -> list[tuple[str, int]]:
        """Reasons why something was not counted, and how often."""
        ...

    def prop_keys(
        self, site: str, zone: str, span: Span, event: str | None
    ) -> list[tuple[str, int]]:
        """Names of properties, and how many events carry each."""
        ...

    def sql(self, question: Sql) -> SqlReport:
        """The rows of one SELECT over the site's own events and visits."""
        ...


class Asker(Protocol):
    """Has questions answered where history is, without making the collector wait."""

    async def ask(self, question: Question, site: Site) -> bytes:
        """The reply as JSON; cancelling it stops the work."""
        ...

    def export(self, export: Export, site: Site) -> AsyncIterator[bytes]:
        """The site's events as a file, piece by piece."""
        ...


class Movable(Protocol):
    """A home that another can take over, or that takes one over."""

    def seal(self) -> None:
        """Put everything that is hot into files."""
        ...

    def holding(self) -> Holding:
        """What is there now."""
        ...

    def read(self, file: LakeFile) -> AbstractContextManager[BinaryIO]:
        """A file's content."""
        ...

    def has(self, file: LakeFile) -> bool:
        """Whether it lies here, byte for byte, after it was read to the end."""
        ...

    def put(self, file: LakeFile, content: BinaryIO) -> None:
        """Lay a file down; it doesn't count yet."""
        ...

    def adopt(self, holding: Holding, gone: Sequence[LakeFile]) -> None:
        """Have all of it count, instead of the files that are gone."""
        ...


class Kept(Protocol):
    """Everything on disk, for who wants to know whether it can still be read."""

    def parts(self) -> Sequence[str]:
        """What there is, by name."""
        ...

    def fault(self, part: str) -> str | None:
        """What is wrong with a part, after it was read to the end."""
        ...


class Copied(Protocol):
    """A data folder as it was at one moment, held still until it is copied."""

    schema: int
    unsealed_events: int

    def parts(self) -> Sequence[Part]:
        """Its files."""
        ...

    def path(self, part: Part) -> str:
        """Where a file is to be read."""
        ...


class Vault(Protocol):
    """Where backups are kept: by key, each written whole or not at all."""

    def sizes(self) -> Mapping[str, int]:
        """What is there, with its size in bytes."""
        ...

    def put(self, key: str, path: str) -> None:
        """Return when the file is there for good, byte for byte."""
        ...

    def get(self, key: str, path: str) -> None:
        """Copy a file to a path."""
        ...

    def write(self, key: str, body: bytes) -> None: ...
    def read(self, key: str) -> bytes: ...
    def remove(self, key: str) -> None: ...


class Seen(Protocol):
    """Event ids of late, so that sending again is harmless."""

    def add(self, event_ids: Sequence[int]) -> Sequence[int]:
        """Remember them; those that were there before are told, by their indices from 0 up."""
        ...


class Visits(Protocol):
    """Where each visitor's visit stands now."""

    def touch(self, events: Sequence[Event]) -> Mapping[int, Step]:
        """Take the events into their visits, in their order; told are the steps of those that did
        more or less than go on with theirs, by their indices.
        """
        ...

    def latest(self, visitor: int, session: int | None) -> int | None:
        """When the visitor was seen last, as far as it is known."""
        ...


class Agents(Protocol):
    """Knows user agents."""

    def read(self, user_agent: str) -> Agent:
        """What it is recognised as; the device of a bot is `bot`."""
        ...


class Letters(Protocol):
    """Knows who gets a site's figures by e-mail."""

    def all(self, site: str | None = None) -> Sequence[Letter]:
        """Those of a site, or of all."""
        ...

    def put(self, letter: Letter) -> None:
        """One more."""
        ...

    def remove(self, letter: Letter) -> bool:
        """No more of it; whether there was one."""
        ...


class Alerts(Protocol):
    """Who wants a word when many come, or few."""

    def all(self, site: str | None = None) -> Sequence[Alert]:
        """Those of a site, or of all."""
        ...

    def put(self, alert: Alert) -> None:
        """One more, or another threshold."""
        ...

    def remove(self, alert: Alert) -> bool:
        """No more of it; whether there was one."""
        ...


class Locations(Protocol):
    """Knows where addresses are."""

    def of(self, address: str) -> Location:
        """The country, and what of it is known."""
        ...


class Sources(Protocol):
    """Knows sites that send visitors."""

    def read(self, referrer: str | None, campaign: Campaign, own_hosts: tuple[str, ...]) -> Origin:
        """Source, channel and referrer; a referrer of `own_hosts` (or under them) is none."""
        ...


class Watching(Protocol):
    """What is happening now, counted."""

    def version(self, site: str) -> int:
        """Raised with each event of the site, so that nobody counts what has not changed."""
        ...

    def check(self, tree: Filter) -> None:
        """Raise `Invalid` for a filter that cannot be answered."""
        ...

    def look(self, site: str, tree: Filter, now_ms: int) -> Live:
        """The site's last half hour, of the events that pass the filter."""
        ...


class Passwords(Protocol):
    """Makes passwords into what may be kept of them."""

    def hash(self, password: str) -> str: ...
    def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password; without a hash it never is, and takes as long to say."""
        ...


class PeopleStore(Protocol):
    """People, who of them is signed in, and share links."""

    def people(self) -> Sequence[Person]: ...
    def person(self, email: str) -> Person | None: ...
    def put_person(self, person: Person) -> None: ...
    def remove_person(self, email: str) -> bool: ...
    def session(self, token_hash: bytes, now_ms: int) -> Session | None: ...
    def put_session(self, session: Session, now_ms: int) -> None: ...
    def end_session(self, token_hash: bytes) -> None: ...
    def end_sessions_of(self, email: str) -> None: ...
    def shares(self) -> Sequence[Share]: ...
    def share(self, share_id: str) -> Share | None: ...
    def share_of_hash(self, token_hash: bytes) -> Share | None: ...
    def put_share(self, share: Share) -> None: ...
    def revoke_share(self, share_id: str) -> bool: ...


class Imports(Protocol):
    """Files of the past on their way in."""

    def told(self, site_id: str) -> Sequence[Bringing]: ...
    def get(self, import_id: str) -> Bringing: ...
    def begin(self, site: Site, name: str, content: Content, size_bytes: int) -> Bringing:
        """Make room for a file."""
        ...

    async def take(self, import_id: str, offset: int, piece: bytes) -> Bringing:
        """Keep a piece; the last one starts the import."""
        ...

    def cancel(self, import_id: str) -> None: ...
