"""Imagine a past: believable events of many days, the same for the same seed.

Days have their rhythm: nights are quiet, weekends quieter, the site grows, and one campaign
brings a crowd for a few days. Nothing here is random but by the seed.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from liveinsight.domain.agent import Device
from liveinsight.domain.channel import Channel
from liveinsight.domain.event import ENGAGEMENT, PAGE_VIEW, Aside, Client, Event
from liveinsight.domain.location import Location
from liveinsight.domain.period import day_span
from liveinsight.domain.site import Site
from liveinsight.domain.source import Campaign, Origin
from liveinsight.domain.visitor import fingerprint
from liveinsight.ports import Agents, Sources
from liveinsight.usecases.places import place_of
from liveinsight.usecases.senders import client_of

Weighted = Sequence[tuple[str | None, int]]
# How much happens in each hour of the wall clock, of 100.
HOURS = (1, 1, 1, 1, 1, 1, 2, 3, 5, 7, 7, 6, 5, 6, 7, 7, 6, 5, 5, 5, 6, 6, 4, 2)
GROWN = 1.4  # the last day's visits, of an average day's
# Some are signed in, and so are the same on each of their days; most of them are new ones.
MEMBERS_PERCENT, NEW_MEMBERS_A_DAY, MEMBERS_STAY = 15, 40, 300
WEEKDAYS = (1.05, 1.1, 1.1, 1.05, 1.0, 0.65, 0.6)
CITIES: Mapping[str, tuple[tuple[str | None, str | None], ...]] = {
    "KR": (("Seoul", "Seoul"), ("Seoul", "Seoul"), ("Busan", "Busan"), ("Gyeonggi", "Suwon")),
    "US": (("California", "San Francisco"), ("New York", "New York"), ("Texas", "Austin")),
    "DE": (("Berlin", "Berlin"), ("Berlin", "Berlin"), ("Bavaria", "Munich")),
}
LANGUAGES = {"KR": "ko-KR", "DE": "de-DE", "JP": "ja-JP", "FR": "fr-FR", "BR": "pt-BR"}
SCREENS = {"mobile": ("390x844", "412x915"), "desktop": ("1920x1080", "1440x900", "2560x1440")}


class Cast(Struct, frozen=True):
    """Who comes from where with what, and what there is to see; each with a weight."""

    host: str
    pages: Sequence[tuple[str, str, int]]
    referrers: Weighted
    countries: Weighted
    agents: Weighted
    visits_a_day: int = 1000
    campaign: Campaign = Campaign(source="newsletter", medium="email", name="autumn")


def visits_a_minute(cast: Cast, hour: int) -> float:
    """How many come live, so that today ends about where the imagined days left off.

    A night is kept at half an even day: who looks at a demo then wants to see somebody.
    """
    a_minute = cast.visits_a_day * GROWN / (24 * 60)
    return a_minute * max(0.5, HOURS[hour] * 24 / sum(HOURS))


class Past:
    """The days of one site."""

    def __init__(
        self, site: Site, cast: Cast, agents: Agents, sources: Sources, *, seed: int
    ) -> None:
        self._site = site
        self._cast = cast
        self._draw = random.Random(seed)  # noqa: S311 - it makes up visitors, not secrets
        self._agents = [agents.read(text or "") for text, _ in cast.agents]
        self._origins = [
            sources.read(referrer, Campaign(), (cast.host,)) for referrer, _ in cast.referrers
        ]
        self._from_campaign = sources.read(None, cast.campaign, (cast.host,))
        self._pages = [(path, title) for path, title, _ in cast.pages]
        self._countries = [country for country, _ in cast.countries]
        self._page_weights = [weight for *_, weight in cast.pages]
        self._origin_weights = [weight for _, weight in cast.referrers]
        self._country_weights = [weight for _, weight in cast.countries]
        self._agent_weights = [weight for _, weight in cast.agents]
        self._number = 0
        self._newest_member = 0

    def days(self, last_day: date, count: int) -> Iterator[list[Event]]:
        """The events of each day, oldest first."""
        for n in range(count):
            day = last_day - timedelta(days=count - 1 - n)
            self._newest_member += NEW_MEMBERS_A_DAY
            yield self._day(day, n / count)

    def _day(self, day: date, age: float) -> list[Event]:
        draw, span = self._draw, day_span(day, self._site.timezone)
        growth = GROWN - 0.8 * (1 - age) + 0.05 * math.sin(age * 20)
        crowd = 0.7 * max(0.0, 1 - abs(age - 0.62) * 25)  # the campaign's days
        visits = self._cast.visits_a_day * WEEKDAYS[day.weekday()] * draw.gauss(1, 0.06)
        count = max(1, round(visits * (growth + crowd)))
        share = crowd / (growth + crowd)
        hours = draw.choices(range(len(HOURS)), HOURS, k=count)
        length = span.end_ms - span.start_ms
        events: list[Event] = []
        for hour in hours:
            at_ms = span.start_ms + int((hour + draw.random()) / len(HOURS) * length)
            start_ms = min(at_ms, span.end_ms - 1)
            self._visit(events, day, start_ms, span.end_ms, is_campaign=draw.random() < share)
        return events

    def _visit(
        self, events: list[Event], day: date, at_ms: int, end_ms: int, *, is_campaign: bool
    ) -> None:
        draw, cast = self._draw, self._cast
        visitor, shown = self._visitor(day), self._page()
        client = self._client(visitor)
        come = (
            (self._from_campaign, cast.campaign)
            if is_campaign
            else (draw.choices(self._origins, self._origin_weights)[0], Campaign())
        )
        while at_ms < end_ms:  # nobody stays over midnight: that takes a salt of the day before
            events.append(self._event(at_ms, PAGE_VIEW, visitor, shown, come, client))
            come = NOWHERE
            done_ms = min(at_ms + int(draw.lognormvariate(3.2, 0.9) * 1000), end_ms - 1)
            told = {"engaged_ms": done_ms - at_ms, "scroll_depth": draw.randrange(20, 101)}
            events.append(self._event(done_ms, ENGAGEMENT, visitor, shown, come, client, **told))
            if shown[0] == "/pricing" and draw.random() < 0.2:
                events.append(self._signup(done_ms, visitor, shown, client))
            if draw.random() < 0.42:
                return
            at_ms, shown = done_ms + 500, self._page()

    def _visitor(self, day: date) -> int:
        draw = self._draw
        if draw.randrange(100) < MEMBERS_PERCENT:
            member = self._newest_member - int(draw.expovariate(1 / MEMBERS_STAY))
            return fingerprint(f"{self._site.id} member", str(member))
        # Some come twice a day.
        number = draw.randrange(self._cast.visits_a_day * 4)
        return fingerprint(f"{self._site.id} {day}", str(number))

    def _signup(self, at_ms: int, visitor: int, shown: tuple[str, str], client: Client) -> Event:
        plan = self._draw.choice(("free", "free", "pro"))
        paid = {"revenue_amount": "19.00", "revenue_currency": "EUR"} if plan == "pro" else {}
        told = {"props": {"plan": plan}, **paid}
        return self._event(at_ms, "Signup", visitor, shown, NOWHERE, client, **told)

    def _client(self, visitor: int) -> Client:
        """A visitor's own, whenever they come."""
        draw = random.Random(visitor)  # noqa: S311 - as above
        country = draw.choices(self._countries, self._country_weights)[0]
        region, city = draw.choice(CITIES.get(country or "", ((None, None),)))
        agent = draw.choices(self._agents, self._agent_weights)[0]
        screens = SCREENS["mobile" if agent.device == "mobile" else "desktop"]
        where, language = Location(country, region, city), LANGUAGES.get(country or "", "en-US")
        return client_of(agent, where, draw.choice(screens), language)

    def _page(self) -> tuple[str, str]:
        return self._draw.choices(self._pages, self._page_weights)[0]

    def _event(
        self,
        at_ms: int,
        kind: str,
        visitor: int,
        shown: tuple[str, str],
        come: tuple[Origin, Campaign],
        client: Client,
        **about: object,
    ) -> Event:
        self._number += 1
        told = (self._cast.host, *shown)
        return Event(
            event_id=fingerprint(self._site.id, f"past {self._number}"),
            time_ms=at_ms,
            place=place_of(self._site, kind, told, *come),
            visitor=visitor,
            prior=None,
            session=None,
            client=client,
            aside=Aside.BOT if client.device == Device.BOT else None,
            **(NOTHING | about),  # type: ignore[arg-type] # the fields that differ by type
        )


NOWHERE = (Origin(None, Channel.DIRECT, None), Campaign())
NOTHING: dict[str, object] = dict.fromkeys(
    ("props", "revenue_amount", "revenue_currency", "engaged_ms", "scroll_depth")
)
