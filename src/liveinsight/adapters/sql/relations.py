"""How the sealed files and the hot tables are put together for a site and a range of days.

The compiler gets its FROM clauses here and knows no file. Their columns stand in
docs/relations.md. A fragment holds only names and dates of our own, never a stranger's text.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from msgspec import Struct

from liveinsight.domain.lake import LakeFile, Relation

ONE_DAY = timedelta(days=1)

VISIT_DIMENSIONS = (
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
)
ROLLED_UP = (
    *("total", "time:hour", "custom"),
    *("page", "hostname", "title", "event", "entry_page", "exit_page"),
    *VISIT_DIMENSIONS,
)
EVENT_COLUMNS = (
    *("day", "visit", "view", "event_id", "time_ms", "type", "visitor", "prior", "session"),
    *("hostname", "page", "title", *VISIT_DIMENSIONS),
    *("props", "revenue_amount", "revenue_currency", "engaged_ms", "scroll_depth"),
    *("own_origin", "own_client"),
)
VISIT_COLUMNS = (
    *("day", "visit", "visitor", "session", "start_ms", "end_ms", "pageviews", "customs"),
    *("bounce", "ended", "entry_page", "entry_hostname", "exit_page", "exit_hostname"),
    *VISIT_DIMENSIONS,
)
ASIDE_COLUMNS = (*EVENT_COLUMNS, "reason")
ROLLUP_COLUMNS = (
    *("day", "start_day", "dimension", "value", "visitors", "pageviews", "events"),
    *("visits", "bounces", "duration_ms"),
    *("engaged_ms", "engaged_views", "scroll_sum", "scroll_views"),
)
ROLLUP_FIGURES = ROLLUP_COLUMNS[4:]
# Before a dimension of the roll-up: the figures of all days of its file together.
OF_MONTH = "month:"
COLUMNS: Mapping[Relation, tuple[str, ...]] = {
    Relation.EVENTS: EVENT_COLUMNS,
    Relation.VISITS: VISIT_COLUMNS,
    Relation.ASIDE: ASIDE_COLUMNS,
    Relation.ROLLUP: ROLLUP_COLUMNS,
}
# The tables in memory; each has a column `site` before those of its relation.
HOT_TABLES: Mapping[Relation, str] = {
    Relation.EVENTS: "hot_events",
    Relation.VISITS: "hot_visits",
    Relation.ASIDE: "hot_aside",
}


class Piece(Struct, frozen=True):
    """Days of one site and calendar month that are read alike.

    A settled piece is answered by its files alone, roll-up included; `names` is a cache key for
    whatever was computed from it. A live one changes with every event and has no roll-up.
    """

    site: str
    first_day: date
    last_day: date
    is_live: bool
    files: tuple[LakeFile, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names, which stand for their content."""
        return tuple(file.name for file in self.files)

    @property
    def is_rolled_up(self) -> bool:
        """Whether its roll-ups have all that is asked of them."""
        return not self.is_live and not any(file.is_outdated for file in self.files)

    @property
    def has_all_of_months(self) -> bool:
        """Whether its roll-ups hold no days but its own, so that they need not be told apart."""
        rolled = [file for file in self.files if file.relation is Relation.ROLLUP]
        return self.is_rolled_up and all(
            self.first_day <= file.first_day and file.last_day <= self.last_day for file in rolled
        )

    def sql(self, relation: Relation) -> str:
        """The rows of the piece, as a parenthesised SELECT for a FROM clause."""
        return over((self,), relation)


class Relations:
    """What can be read at one moment: the files that count and the days that hot rows touch."""

    def __init__(
        self,
        files: Iterable[LakeFile] = (),
        live_days: Mapping[str, frozenset[date]] | None = None,
    ) -> None:
        self._all = tuple(files)
        self._files: dict[str, list[LakeFile]] = {}
        for file in sorted(self._all, key=lambda file: (file.first_day, file.name)):
            self._files.setdefault(file.site, []).append(file)
        self._live_days = live_days or {}

    def files(self, site: str) -> Sequence[LakeFile]:
        """The site's files, in order of time."""
        return self._files.get(site, ())

    def settled(self, site: str, day: date) -> tuple[LakeFile, ...] | None:
        """All files, if they alone tell what was up to the day; a seal puts others in their place."""
        live = self._live_days.get(site, frozenset())
        return None if any(touched <= day for touched in live) else self._all

    def sites(self) -> frozenset[str]:
        """The sites that have anything."""
        return frozenset(self._files) | frozenset(self._live_days)

    def days(self, site: str) -> tuple[date, date] | None:
        """The first and the last day that the site has anything on."""
        files = self.files(site)
        live = self._live_days.get(site, frozenset())
        firsts = [file.first_day for file in files] + list(live)
        lasts = [file.last_day for file in files] + list(live)
        return (min(firsts), max(lasts)) if firsts else None

    def zone(self, site: str) -> str | None:
        """The time zone in which the site's newest sealed days are told, if that is noted."""
        files = self.files(site)
        return max(files, key=lambda file: file.last_day).zone or None if files else None

    def pieces(self, site: str, first_day: date, last_day: date) -> tuple[Piece, ...]:
        """The range (both ends included) cut into months and live days, in order of time.

        Days on which there is nothing are in no piece or in one with nothing in it.
        """
        known = self.days(site)
        if known is None:
            return ()
        live = self._live_days.get(site, frozenset())
        day, end = max(first_day, known[0]), min(last_day, known[1])
        days = [day + ONE_DAY * n for n in range((end - day).days + 1)]
        return tuple(
            self._piece(site, run[0], run[-1], is_live=is_live)
            for (_, _, is_live), run in (
                (key, list(days_alike))
                for key, days_alike in groupby(days, lambda d: (d.year, d.month, d in live))
            )
        )

    def _piece(self, site: str, first_day: date, last_day: date, *, is_live: bool) -> Piece:
        files = tuple(
            file
            for file in self._files.get(site, ())
            if file.first_day <= last_day and first_day <= file.last_day
        )
        return Piece(site, first_day, last_day, is_live, files)


def over(pieces: Sequence[Piece], relation: Relation, only: Sequence[str] | None = None) -> str:
    """The rows of all the pieces (of one site) in one scan, as a parenthesised SELECT.

    A roll-up of live pieces is not theirs to give: ask for settled ones, compute the others.
    `only` names the columns, for what is fast: DuckDB takes half a millisecond to leave others out.
    """
    settled = [piece for piece in pieces if not piece.is_live]
    live = [piece for piece in pieces if piece.is_live]
    if live and relation is Relation.ROLLUP:
        raise ValueError("the roll-up does not hold for live days")
    columns = ", ".join(only or COLUMNS[relation])
    parts = [*_sealed(settled, relation, columns), *_sealed(live, relation, columns)]
    if live:
        table = HOT_TABLES[relation]
        parts.append(
            f"SELECT {columns}\nFROM {table}\nWHERE site = {_site(live)} AND {_days(live)}"
        )
    return "(" + "\nUNION ALL\n".join(parts or [_nothing(relation, columns)]) + ")"


def rolled_up(
    pieces: Sequence[Piece], dimension: str, figures: Sequence[str], *, by_day: bool
) -> str:
    """Figures of a dimension, day by day or where it can be by the month, in the same way."""
    columns = ("start_day", "dimension", "value", *figures)
    together = [] if by_day else [piece for piece in pieces if piece.has_all_of_months]
    others = [piece for piece in pieces if piece not in together]
    parts = [
        f"FROM {over(some, Relation.ROLLUP, columns)}\nWHERE dimension = {quoted(name)}"
        for some, name in ((together, OF_MONTH + dimension), (others, dimension))
        if some
    ]
    return "(" + "\nUNION ALL\n".join(parts) + ")"


def paths_of(pieces: Iterable[Piece], relation: Relation) -> list[str]:
    """The files that tell of the pieces; none, where nothing happened on all of their days."""
    return sorted(
        {file.path for piece in pieces for file in piece.files if file.relation is relation}
    )


def _sealed(pieces: list[Piece], relation: Relation, columns: str) -> list[str]:
    paths = paths_of(pieces, relation)
    if not paths:
        return []
    listed = ", ".join(quoted(path) for path in paths)
    select = f"SELECT {columns}\nFROM read_parquet([{listed}]) AS sealed"
    if pieces[0].is_live:
        table, key = _mask(relation)
        select += (
            f"\nANTI JOIN {table} AS mask"
            f"\nON mask.site = {_site(pieces)} AND mask.{key} = sealed.{key}"
        )
    return [f"{select}\nWHERE {_days(pieces)}"]


def _mask(relation: Relation) -> tuple[str, str]:
    """Sealed rows that a hot row stands for: visits by their id, what has none by its event's."""
    return ("masked_aside", "event_id") if relation is Relation.ASIDE else ("masked", "visit")


def _days(pieces: Sequence[Piece]) -> str:
    """The days as few spans: neighbouring months are one, which lets DuckDB skip row groups."""
    spans: list[tuple[date, date]] = []
    for piece in sorted(pieces, key=lambda piece: piece.first_day):
        if spans and piece.first_day == spans[-1][1] + ONE_DAY:
            spans[-1] = (spans[-1][0], piece.last_day)
        else:
            spans.append((piece.first_day, piece.last_day))
    told = [f"day BETWEEN DATE '{first}' AND DATE '{last}'" for first, last in spans]
    return f"({' OR '.join(told)})" if len(told) > 1 else told[0]


def _site(pieces: Sequence[Piece]) -> str:
    return quoted(pieces[0].site)


def _nothing(relation: Relation, columns: str) -> str:
    """No row, of the right types: the hot tables have them."""
    table = HOT_TABLES.get(relation, "no_rollup")
    return f"SELECT {columns}\nFROM {table}\nWHERE false"


def quoted(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def read(files: Iterable[LakeFile]) -> str:
    """The rows of these files, in order of days."""
    ordered = sorted(files, key=lambda file: file.first_day)
    return "read_parquet([" + ", ".join(quoted(file.path) for file in ordered) + "])"
