"""The alarm, over a real home and a mail server: what is told, how often, and what fails."""

import asyncio
import threading
import time
from functools import partial

import msgspec
import pytest

from builders import an_event
from liveinsight.adapters.clock import FixedClock
from liveinsight.domain.alert import REST_MS, WEEK_MS, Sign
from liveinsight.domain.period import HOUR_MS, MINUTE_MS
from liveinsight.wiring.alarm import Alarm
from liveinsight.wiring.mailer import Mailer
from mail_house import SHOP, MailHome, mail_home

NOON_MS = 1_794_225_600_000  # 2026-11-09, noon
MANY = {"site": "shop", "to": "ada@shop.example", "sign": "many", "visitors": 3}
FEW = {"site": "shop", "to": "ada@shop.example", "sign": "few", "visitors": 2, "hours": 6}


class Street(MailHome):
    """A home whose clock stands where a test puts it, and what comes by."""

    def __init__(self, *about):
        super().__init__(*about)
        home = self.home
        self.alarm = Alarm(
            mailer=Mailer(self.settings, home.clock),
            control=home.control,
            alerts=home.alerts,
            watch=home.watch,
            asker=home.store,
            clock=home.clock,
        )

    def come(self, visitors, *, ago_ms=0, **about):
        """So many view a page."""
        time_ms = self.home.clock.now_ms() - ago_ms
        events = [
            an_event(time_ms=time_ms, visitor=n + 1000 * ago_ms, page="/sale", **about)
            for n in range(visitors)
        ]

        async def keep():
            self.home.window.touch(events)
            await self.home.journal.keep(events, {})

        self.runner.run(keep())

    def look(self, *, after_ms=MINUTE_MS):
        """A while later the alarm looks; the letters that came so far."""
        self.home.clock.advance(after_ms)
        self.runner.run(self.alarm.look())
        return [letter["Subject"] for letter in self.box.letters]

    def alert(self, sign):
        return next(one for one in self.home.alerts.all("shop") if one.sign is sign)


@pytest.fixture
def street(tmp_path, monkeypatch):
    """One that is open."""
    monkeypatch.setattr("liveinsight.wiring.local.SystemClock", lambda: FixedClock(NOON_MS))
    with mail_home(tmp_path, Street) as made:
        yield made


def test_many_are_told_once(street):
    """And again when it was over in between, but not twice within half a day."""
    assert street.ask("POST", "/api/alerts", MANY)[0] == 200
    assert street.look() == []
    street.come(3)
    said = "shop.example: 3 visitors online"
    assert street.look() == [said]
    assert "      3  /sale" in street.box.letters[0].get_body(("plain",)).get_content()
    street.come(4)
    assert street.look() == [said]
    assert street.look(after_ms=HOUR_MS) == [said]  # over
    street.come(3)
    assert street.look() == [said]  # too soon
    assert street.look(after_ms=REST_MS) == [said]
    street.come(5)
    assert street.look() == [said, "shop.example: 5 visitors online"]


def test_few_are_told_with_those_of_a_week_before(street):
    """Of all that are kept, whatever the live view knows of; a quiet that goes on is told once."""
    street.come(7, ago_ms=WEEK_MS - 6 * HOUR_MS)
    street.come(2)
    street.ask("POST", "/api/alerts", FEW)
    assert street.look() == []
    assert street.look(after_ms=5 * HOUR_MS) == []
    said = "shop.example: 0 visitors in the last 6 hours"
    assert street.look(after_ms=HOUR_MS) == [said]
    (letter,) = street.box.letters
    assert "there were 7 visitors" in letter.get_body(("plain",)).get_content()
    assert street.look(after_ms=2 * REST_MS) == [said]
    street.come(2)
    assert street.look() == [said]
    assert street.look(after_ms=7 * HOUR_MS) == [said, said]


def test_a_new_one_does_not_tell_what_its_maker_sees(street):
    """A site without anybody is quiet already; nor does another threshold tell at once."""
    street.ask("POST", "/api/alerts", FEW)
    assert street.look() == []
    street.come(3)
    street.look()
    assert street.alert(Sign.FEW).is_armed
    street.ask("POST", "/api/alerts", MANY)
    street.ask("POST", "/api/alerts", FEW | {"visitors": 9})
    assert street.look() == []


def test_what_fails_is_told_and_tried_again(street):
    """It is not lost; and one that cannot be looked at keeps no other from being told."""
    street.ask("POST", "/api/alerts", MANY)
    street.ask("POST", "/api/alerts", FEW | {"to": "a@shop.example", "visitors": 50})
    street.look()
    street.come(3)
    street.box.refusal = "550 no such box"

    asker = street.alarm._asker

    async def broken(question, site):
        if not question.dimensions:  # how many came
            raise RuntimeError
        return await asker.ask(question, site)

    street.alarm._asker = type("Broken", (), {"ask": staticmethod(broken)})()
    assert street.look() == []
    assert "no such box" in street.alert(Sign.MANY).failure
    street.box.refusal = ""
    street.alarm._asker = asker
    assert street.look() == []  # it rests
    assert street.look(after_ms=4 * MINUTE_MS) == ["shop.example: 3 visitors online"]
    assert "12:02" in street.box.letters[0].get_body(("plain",)).get_content()
    assert street.alert(Sign.MANY).failure == ""
    assert street.look(after_ms=HOUR_MS) == ["shop.example: 3 visitors online"]


def test_of_many_those_are_told_who_are_there(street):
    """Who came half an hour before is not one of them."""
    street.ask("POST", "/api/alerts", MANY)
    street.look()
    street.come(9, ago_ms=20 * MINUTE_MS, source="Google")
    street.come(3, source="Direct")
    street.look()
    text = street.box.letters[0].get_body(("plain",)).get_content()
    assert "      3  Direct" in text
    assert "Google" not in text


def test_what_is_changed_while_it_is_asked_is_begun_anew(street):
    """The answer to another threshold arms nothing."""
    street.ask("POST", "/api/alerts", FEW)
    street.come(2)
    ask = street.alarm._asker.ask

    async def changes(question, site):
        told = await ask(question, site)
        street.home.alerts.put(msgspec.structs.replace(street.alert(Sign.FEW), visitors=50))
        return told

    street.alarm._asker = type("Changing", (), {"ask": staticmethod(changes)})()
    assert street.look(after_ms=HOUR_MS) == []
    assert not street.alert(Sign.FEW).is_armed


def test_another_threshold_waits_for_no_other(street):
    """What was told, and what failed, was another's."""
    street.ask("POST", "/api/alerts", MANY)
    street.look()
    street.come(3)
    assert len(street.look()) == 1
    street.ask("POST", "/api/alerts", MANY | {"visitors": 10})
    street.look(after_ms=HOUR_MS)
    street.come(20)
    assert street.look()[1:] == ["shop.example: 20 visitors online"]


def test_what_is_not_kept_is_not_compared(street):
    """Nor are hours wanted of which some are gone."""
    site = msgspec.structs.replace(SHOP, retention_days=7)
    street.home.control.put_site(site)
    status, told = street.ask("POST", "/api/alerts", FEW | {"hours": 168})
    assert (status, told["details"]["field"]) == (400, "hours")
    street.come(5, ago_ms=WEEK_MS)
    street.ask("POST", "/api/alerts", FEW)
    street.runner.run(street.alarm.send(street.alert(Sign.FEW)))
    assert "A week before" not in street.box.letters[0].get_body(("plain",)).get_content()


def test_a_server_that_stops_begins_no_other_letter(street):
    """The one under way is noted, who waited behind it is not sent."""
    began, sends = threading.Event(), street.alarm._mailer._server.send

    def slow(*about):
        began.set()
        time.sleep(0.3)
        sends(*about)

    street.alarm._mailer._server.send = slow
    noted = []

    async def stopped():
        text = ("Hello", "text", "<p>page</p>")
        waiting = [
            asyncio.create_task(
                street.alarm._mailer.send(f"{n}@shop.example", text, partial(noted.append, n))
            )
            for n in range(3)
        ]
        await asyncio.to_thread(began.wait)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await street.alarm._mailer.stop()
        await asyncio.sleep(0.1)

    street.runner.run(stopped())
    assert noted == [0]
    assert [letter["To"] for letter in street.box.letters] == ["0@shop.example"]


def test_managers_say_who_is_told(street):
    """Again is another threshold; nobody else may."""
    status, told = street.ask("POST", "/api/alerts", MANY | {"language": "ko"})
    assert status == 200
    assert told == {
        "can_send": False,  # this home has no mail server; the test's alarm is another's
        "alerts": [
            {"to": "ada@shop.example", "sign": "many", "visitors": 3, "hours": 12, "language": "ko", "sent_ms": None, "failure": ""}
        ],
    }  # fmt: skip
    told = street.ask("POST", "/api/alerts", MANY | {"visitors": 9})[1]["alerts"]
    assert [one["visitors"] for one in told] == [9]
    assert len(street.ask("POST", "/api/alerts", FEW)[1]["alerts"]) == 2
    for wrong in ({"to": "nobody"}, {"visitors": 0}, {"hours": 169}, {"sign": "some"}, {"x": 1}):
        assert street.ask("POST", "/api/alerts", MANY | wrong)[0] == 400
    assert street.ask("GET", "/api/alerts?site=shop", key="other")[0] == 403
    assert street.ask("GET", "/api/alerts?site=nowhere")[0] == 404
    name = {"site": "shop", "to": "ada@shop.example", "sign": "many"}
    assert street.ask("POST", "/api/alerts/send", name | {"to": "x@y.example"})[0] == 404
    status, told = street.ask("POST", "/api/alerts/send", name)
    assert (status, "SMTP_URL" in told["message"]) == (503, True)
    gone = "/api/alerts?site=shop&to=ada@shop.example&sign=many"
    assert [one["sign"] for one in street.ask("DELETE", gone)[1]["alerts"]] == ["few"]
    assert street.ask("DELETE", gone)[0] == 404
    street.home.control.remove_site("shop")
    assert street.home.alerts.all() == []


def test_an_alert_can_be_tried(street):
    """Whether it is given or not; that is not noted."""
    for wanted in (MANY, FEW):
        street.ask("POST", "/api/alerts", wanted)
        street.runner.run(street.alarm.send(street.alert(Sign(wanted["sign"]))))
    assert [letter["Subject"] for letter in street.box.letters] == [
        "shop.example: 0 visitors online",
        "shop.example: 0 visitors in the last 6 hours",
    ]
    assert {one.sent_ms for one in street.home.alerts.all()} == {None}
