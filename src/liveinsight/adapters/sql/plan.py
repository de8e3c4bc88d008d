"""Which days of a count are answered by the roll-up and which are scanned.

The roll-up knows one dimension at a time, of whole settled days; it is taken wherever it gives
the very same integers. What it cannot give is scanned: live days, days that the span cuts, and
everything else when the question is finer than the roll-up.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from msgspec import Struct, structs

from liveinsight.adapters.sql.metrics import OF_EVENTS, OF_ROLLUP, OF_VISITORS, OF_VISITS
from liveinsight.adapters.sql.relations import ROLLED_UP, Piece, Relations
from liveinsight.domain.count import Count
from liveinsight.domain.dimension import CASELESS, Kind, kind
from liveinsight.domain.event import BUILT_IN_TYPES
from liveinsight.domain.filter import And, Condition, Filter, Op, Or
from liveinsight.domain.lake import Relation
from liveinsight.domain.metric import Part
from liveinsight.domain.period import local_day
from liveinsight.domain.range import Span
from liveinsight.domain.report import Explained, Read

ONE_DAY = timedelta(days=1)
RELATIONS: Mapping[Read, Relation] = {
    "rollup": Relation.ROLLUP,
    "visits": Relation.VISITS,
    "events": Relation.EVENTS,
}
BY_DAYS = frozenset({None, "time:day", "time:week", "time:month"})
# Visits are the visitor's and values of a visit dimension share none of these; visitors they may.
_ADDABLE = frozenset(Part) - {Part.VISITORS}


class Days(Struct, frozen=True):
    """A span by the site's calendar."""

    first: date
    last: date
    cuts_first: bool
    cuts_last: bool


class Scan(Struct, frozen=True):
    """Days to look through: `cut` ones share only some moments with the span."""

    whole: tuple[Piece, ...]
    cut: tuple[Piece, ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All of them."""
        return self.whole + self.cut


class Plan(Struct, frozen=True):
    """Where a count is read: `dimension` of the roll-up for `rolled`, the rest by a scan."""

    days: Days
    dimension: str | None
    rolled: tuple[Piece, ...]
    scan: Scan
    read: Read


def plan(
    count: Count, relations: Relations, *, rollup: bool = True, one_spelling: bool = False
) -> Plan:
    """Cut the count's days; without `rollup` all is scanned, which must give the same.

    `one_spelling`: the value that is filtered on was looked up, and settled days know it in no
    two spellings.
    """
    days = days_of(count.span, count.zone)
    dimension = rollup_dimension(count, one_spelling=one_spelling) if rollup else None
    whole, cut = _cut(count.site, days, relations)
    rolled: tuple[Piece, ...] = ()
    # Visits of a day that the span cuts may go on into the next: then its first moment decides,
    # of which the roll-up knows nothing.
    if dimension is not None and not days.cuts_first:
        rolled = tuple(piece for piece in whole if piece.is_rolled_up)
    scan = Scan(tuple(piece for piece in whole if piece not in rolled), cut)
    return Plan(days, dimension, rolled, scan, _read(count, rolled))


def days_of(span: Span, zone_name: str) -> Days:
    """The local days that the span touches."""
    first = local_day(span.start_ms, zone_name)
    last = local_day(span.end_ms - 1, zone_name)
    return Days(
        first.date,
        last.date,
        cuts_first=span.start_ms > first.start_ms,
        cuts_last=span.end_ms < last.end_ms,
    )


def _cut(
    site: str, days: Days, relations: Relations
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    first = days.first + ONE_DAY if days.cuts_first else days.first
    last = days.last - ONE_DAY if days.cuts_last else days.last
    whole = relations.pieces(site, first, last) if first <= last else ()
    ends = {days.first} if days.cuts_first else set()
    ends |= {days.last} if days.cuts_last else set()
    return whole, tuple(piece for day in sorted(ends) for piece in relations.pieces(site, day, day))


def _read(count: Count, rolled: tuple[Piece, ...]) -> Read:
    if rolled:
        return "rollup"
    return "visits" if asks_visits_only(count) else "events"


def explained(count: Count, planned: Plan) -> list[Explained]:
    """Where each stretch of days is read, as few as can be."""
    scanned = _read(count, ())
    looks = [_look("rollup", piece) for piece in planned.rolled]
    looks += [_look(scanned, piece) for piece in planned.scan.pieces]
    found: list[Explained] = []
    for look in sorted(looks, key=lambda look: look.first_day):
        last = found[-1] if found else None
        if last is not None and _goes_on(last, look):
            files = last.files + look.files
            found[-1] = structs.replace(last, last_day=look.last_day, files=files)
        else:
            found.append(look)
    return found


def _look(read: Read, piece: Piece) -> Explained:
    relation = RELATIONS[read]
    files = sum(1 for file in piece.files if file.relation is relation)
    return Explained(read, piece.first_day, piece.last_day, files, piece.is_live)


def _goes_on(last: Explained, look: Explained) -> bool:
    is_next = look.first_day == last.last_day + ONE_DAY
    return is_next and look.read == last.read and look.hot == last.hot


def asks_visits_only(count: Count) -> bool:
    """Whether the relation of visits can answer alone."""
    return count.parts <= OF_VISITS.keys() and not count.wants_revenue and not of_events(count)


def of_events(count: Count) -> bool:
    """Whether anything is grouped or filtered by what single events tell."""
    return any(kind(name) is Kind.EVENT for name in count.looked_at)


def adds_by_days(count: Count) -> bool:
    """Whether scanned days may be counted one by one and added.

    Visits with a matching event may match on both sides of a midnight; all else is of one day.
    """
    return not count.wants_revenue and not (of_events(count) and count.parts & OF_VISITS.keys())


def asks_total_too(count: Count) -> bool:
    """Whether the total of the count's rows will have to be scanned for, and events alone give it.

    Visitors are in several rows; the total is no sum of these.
    """
    if not count.dimensions or count.is_series or Part.VISITORS not in count.parts:
        return False
    total = structs.replace(count, dimensions=())
    is_rolled = rollup_dimension(total, one_spelling=True) is not None
    return not is_rolled and count.parts <= OF_EVENTS.keys() | OF_VISITORS.keys()


def rollup_dimension(count: Count, *, one_spelling: bool = False) -> str | None:
    """The roll-up's dimension that has the count's integers, if there is one."""
    if count.wants_revenue or not count.parts <= OF_ROLLUP.keys():
        return None
    looked_at = count.looked_at
    if not looked_at:
        return _of_time(count)
    dimension, *others = looked_at
    if others or count.interval not in BY_DAYS or dimension not in ROLLED_UP:
        return None
    if dimension not in count.dimensions and _asks_custom_events(count.filters):
        return "custom"
    if dimension in count.dimensions or one_spelling or _can_be_added(count, dimension):
        return dimension
    return None


def _of_time(count: Count) -> str | None:
    if count.interval in BY_DAYS:
        return "total"
    return "time:hour" if count.interval == "time:hour" else None


def _can_be_added(count: Count, dimension: str) -> bool:
    """Whether the rows of several values may be summed: those of one value always."""
    if _has_one_value(count.filters):
        return True
    return kind(dimension) is Kind.VISIT and count.parts <= _ADDABLE


def _asks_custom_events(tree: Filter) -> bool:
    """Whether it lets all events pass that are not built in, and no other."""
    match _alone(tree):
        case Condition(op=Op.IS_NOT, dimension="event", values=values):
            return set(values) == BUILT_IN_TYPES
        case _:
            return False


def _has_one_value(tree: Filter) -> bool:
    match _alone(tree):
        case Condition(op=Op.IS, dimension=dimension, values=values):
            return len(values) == 1 and (dimension not in CASELESS or values == (None,))
        case _:
            return False


def spelled(count: Count) -> Condition | None:
    """The only condition, if it asks for one value that may be written in several ways."""
    match _alone(count.filters):
        case Condition(op=Op.IS, dimension=dimension, values=(str(),)) as test:
            return test if dimension in CASELESS else None
        case _:
            return None


def _alone(tree: Filter) -> Filter:
    """The condition within an `and` or `or` of one."""
    while isinstance(tree, (And, Or)) and len(tree.filters) == 1:
        (tree,) = tree.filters
    return tree
