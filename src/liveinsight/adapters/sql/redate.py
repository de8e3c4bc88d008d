"""Redating: what is sealed of a site, written anew under the days that another time zone has.

Visits stay as they were judged; only which day a moment belongs to is told again, of its time. So
it may be done twice, or over files of several zones, and gives the same.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from liveinsight.adapters.sql.relations import ONE_DAY, Relations, over
from liveinsight.adapters.sql.seal import Change, Sealing
from liveinsight.adapters.sql.wall_clock import day_number
from liveinsight.domain.lake import LakeFile, Relation
from liveinsight.domain.period import day_span
from liveinsight.domain.range import Span

# No two zones tell one moment as days further apart.
APART = timedelta(days=2)


class Redating(Sealing):
    """Over the files alone: what is hot of the site is read anew from where it is kept."""

    _first_day: date

    def newest(self, most_events: int) -> Change:
        """The newest days that hold no more events together, those at least that may be today
        somewhere. Older ones stay as they are, so what would now belong to a day before is told as
        of the first.
        """
        files = self._relations.files(self._site)
        self._first_day = _first_day(files, most_events)
        days: set[date] = set()
        for file in files:
            if file.last_day >= self._first_day:
                length = (file.last_day - file.first_day + 2 * APART).days + 1
                days |= {file.first_day - APART + ONE_DAY * n for n in range(length)}
        return self.days(day for day in days if day >= self._first_day)

    def _rows(self, relation: Relation, first_day: date, last_day: date) -> str:
        """The rows that are of these days now, looked for on all days on which they may have been."""
        pieces = self._relations.pieces(
            self._site, max(self._first_day, first_day - APART), last_day + APART
        )
        rows = over(pieces, relation)
        if relation is Relation.EVENTS:
            rows = self._with_ids(rows, over(pieces, Relation.VISITS), first_day, last_day)
        moment = "start_ms" if relation is Relation.VISITS else "time_ms"
        told = f"SELECT * REPLACE ({self._day(moment, first_day, last_day)} AS day) FROM {rows}"
        return f"(FROM ({told}) WHERE day BETWEEN DATE '{first_day}' AND DATE '{last_day}')"

    def _with_ids(self, events: str, visits: str, first_day: date, last_day: date) -> str:
        """A month's file has no ids but where midnight needs them, and midnight is another now."""
        is_over = (
            f"{self._day('told.time_ms', first_day, last_day)}"
            f" > {self._day('begun.start_ms', first_day, last_day)}"
        )
        made = f"CASE WHEN {is_over} THEN hash(told.visit, told.time_ms) END"
        return (
            f"(SELECT told.* REPLACE (coalesce(told.event_id, {made}) AS event_id)"
            f" FROM {events} AS told LEFT JOIN {visits} AS begun ON begun.visit = told.visit)"
        )

    def _day(self, moment: str, first_day: date, last_day: date) -> str:
        first = day_span(first_day - 2 * APART, self._zone).start_ms
        last = day_span(last_day + 2 * APART, self._zone).end_ms
        number = day_number(moment, Span(first, last), self._zone)
        day = f"DATE '1970-01-01' + CAST({number} AS INTEGER)"
        return f"greatest({day}, DATE '{self._first_day}')"

    def _zone_of(self, gone: Iterable[LakeFile], relation: Relation, period: str) -> str:
        del gone, relation, period  # all of it is told anew
        return self._zone

    def _before(self, change: Change) -> Relations:
        """Not the files that are replaced: they tell other days."""
        gone = {file.name for file in change.gone}
        kept = [file for file in self._relations.files(self._site) if file.name not in gone]
        return Relations([*kept, *change.new])


def _first_day(files: Sequence[LakeFile], most_events: int) -> date:
    """A day on which a file begins; where there is room for all, the first day there is."""
    events: Counter[date] = Counter()
    for file in files:
        if file.relation is Relation.EVENTS:
            day = file.first_day
            events[day.replace(day=1) if file.period_is_month else day] += file.rows
    first = newest = max((file.last_day for file in files), default=date.min)
    for day in sorted(events, reverse=True):
        most_events -= events[day]
        if most_events < 0 and first <= newest - APART:
            return first
        first = day
    return date.min
