"""From counts to rows of a report: empty buckets filled, figures made, compared and put in order."""

from collections.abc import Iterable
from datetime import date

from liveinsight.domain.bucket import keys as buckets
from liveinsight.domain.bucket import label
from liveinsight.domain.count import Count, Counted, Counts, Keys, Value
from liveinsight.domain.metric import (
    METRICS,
    REVENUE,
    Figure,
    Money,
    change,
    figure,
    money,
    money_change,
    money_sum,
)
from liveinsight.domain.query import Order
from liveinsight.domain.report import Change, Compared, Row


def nothing(count: Count, keys: Keys) -> Counts:
    """A row in which nothing happened."""
    return Counts(keys, dict.fromkeys(count.parts, 0), {})


def filled(count: Count, counted: Counted) -> list[Counts]:
    """The rows; of a series one for every bucket, of no dimensions exactly one."""
    if not count.dimensions:
        return list(counted.rows) or [nothing(count, ())]
    if not count.is_series:
        return list(counted.rows)
    known = {row.keys: row for row in counted.rows}
    wanted = [(key,) for key in _buckets(count)]
    return [known.get(keys) or nothing(count, keys) for keys in wanted]


def _buckets(count: Count) -> tuple[Value, ...]:
    return buckets(count.span, count.interval, count.zone) if count.interval else ()


def page_of(count: Count, rows: list[Counts]) -> list[Counts]:
    """Filled rows in the order asked for, and the part of them: no engine did that before."""
    for order in reversed(count.order_by):
        if order.by in METRICS:
            rows = _by_figure(rows, order.by, descending=order.descending)
        elif order.descending:
            rows = rows[::-1]
    return rows[count.offset : count.offset + count.limit]


def arranged(count: Count, rows: list[Counts]) -> tuple[list[Counts], int]:
    """Rows that were added up piece by piece: the part asked for, and how many there are in all."""
    if count.only is not None:
        wanted = set(count.only)
        return [row for row in rows if row.keys in wanted], len(wanted)
    if not count.dimensions or count.is_series:
        return rows, len(rows)
    told = {METRICS[name].denominator or METRICS[name].numerator for name in count.metrics}
    rows = [row for row in rows if any(row.parts[part] for part in told)]
    for place in reversed(range(len(count.dimensions))):
        rows = _by_key(rows, place, descending=False)
    order = list(count.order_by)
    if not order:
        order = [Order(count.interval, descending=False)] if count.interval else []
        order += [Order(name, descending=True) for name in count.metrics[:1] if name in METRICS]
    for by in reversed(order):
        if by.by in METRICS:
            rows = _by_figure(rows, by.by, descending=by.descending)
        else:
            place = count.dimensions.index(by.by)
            rows = _by_key(rows, place, descending=by.descending)
    return rows[count.offset : count.offset + count.limit], len(rows)


def _by_key(rows: list[Counts], place: int, *, descending: bool) -> list[Counts]:
    """Rows without a value come last, whichever way."""

    def of(row: Counts) -> str | int:
        key = row.keys[place]
        return key.toordinal() if isinstance(key, date) else key if key is not None else ""

    there = [row for row in rows if row.keys[place] is not None]
    missing = [row for row in rows if row.keys[place] is None]
    return sorted(there, key=of, reverse=descending) + missing


def summed(count: Count, rows: Iterable[Counts]) -> Counts:
    """All rows together; exact where a series is of days or longer, as ids are a day's."""
    rows = list(rows)
    parts = {part: sum(row.parts[part] for row in rows) for part in count.parts}
    total: Money = {}
    for row in rows:
        total = money_sum(total, row.money)
    return Counts((), parts, total)


def _by_figure(rows: list[Counts], name: str, *, descending: bool) -> list[Counts]:
    """Rows without a figure come last, whichever way."""
    told = {row.keys: figure(METRICS[name], row.parts) for row in rows}

    def of(row: Counts) -> float:
        return told[row.keys] or 0

    there = [row for row in rows if told[row.keys] is not None]
    missing = [row for row in rows if told[row.keys] is None]
    return sorted(there, key=of, reverse=descending) + missing


def counterparts(count: Count, before: Count, rows: Iterable[Counts]) -> list[Keys | None]:
    """For each row the keys of the one it is compared with: buckets by position, the rest by value."""
    if count.interval is None:
        return [row.keys for row in rows]
    place = count.dimensions.index(count.interval)
    twin = dict(zip(_buckets(count), _buckets(before), strict=False))

    def of(keys: Keys) -> Keys | None:
        bucket = twin.get(keys[place])
        return None if bucket is None else (*keys[:place], bucket, *keys[place + 1 :])

    return [of(row.keys) for row in rows]


def told(count: Count, row: Counts, compared: Compared | None = None) -> Row:
    """The row as it is answered."""
    return Row(_labels(count, row.keys), figures(count, row), compared)


def figures(count: Count, row: Counts) -> list[Figure]:
    """The metrics of a row, in the order asked for."""
    return [
        money(row.money) if name == REVENUE else figure(METRICS[name], row.parts)
        for name in count.metrics
    ]


def compared(count: Count, row: Counts, before: Counts | None) -> Compared:
    """What the row is compared with; all null where the compared span has no such bucket."""
    if before is None:
        return Compared([None] * len(count.metrics), [None] * len(count.metrics))
    return Compared(figures(count, before), _changes(count, row, before))


def _changes(count: Count, row: Counts, before: Counts) -> list[Change]:
    return [
        money_change(row.money, before.money)
        if name == REVENUE
        else change(METRICS[name], row.parts, before.parts)
        for name in count.metrics
    ]


def _labels(count: Count, keys: Keys) -> list[str | None]:
    return [_label(name, key, count.zone) for name, key in zip(count.dimensions, keys, strict=True)]


def _label(dimension: str, key: Value, zone: str) -> str | None:
    if isinstance(key, (date, int)):
        return label(key, dimension, zone)
    return key
