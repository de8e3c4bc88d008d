"""The post, over a real home and a mail server: who wants letters, when they go, and what fails."""

import asyncio
import threading
import time

import pytest

from builders import an_event
from liveinsight.adapters.clock import FixedClock
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.letter import Every, Letter, period_before
from liveinsight.domain.period import DAY_MS, HOUR_MS
from liveinsight.domain.site import Site
from liveinsight.wiring import mailer
from liveinsight.wiring.mailer import Mailer
from liveinsight.wiring.post import Post
from mail_house import MailHome, mail_home

MONDAY_MS = 1_794_182_400_000  # 2026-11-09, midnight
ADA = {"site": "shop", "to": "ada@shop.example"}


class Office(MailHome):
    """A home whose clock stands where a test puts it, and its manager."""

    def __init__(self, *about):
        super().__init__(*about)
        home = self.home
        self.clock = FixedClock(MONDAY_MS)
        self.mailer = Mailer(self.settings, self.clock)
        self.post = Post(
            mailer=self.mailer,
            control=home.control,
            letters=home.letters,
            asker=home.store,
            clock=self.clock,
        )

    def look(self, at_ms):
        self.clock.advance(at_ms - self.clock.now_ms())
        self.runner.run(self.post.look())

    def kept(self):
        return {(one.to, one.every): one for one in self.home.letters.all("shop")}


@pytest.fixture
def office(tmp_path):
    """One that is open."""
    with mail_home(tmp_path, Office) as made:
        yield made


def wanted(office, to, every=Every.WEEK, sent=""):
    office.home.letters.put(Letter(site="shop", to=to, every=every, sent=sent))


def test_a_letter_goes_out_once_when_its_week_is_over(office):
    """From eight on, with the week's figures, and not again before the next week."""
    visits = [
        an_event(time_ms=MONDAY_MS - 2 * DAY_MS, visitor=n, page="/a", source="Google")
        for n in range(3)
    ]

    async def keep():
        await office.home.journal.keep(visits, {})

    office.runner.run(keep())
    wanted(office, "ada@shop.example", sent="2026-10-26")
    office.look(MONDAY_MS + 8 * HOUR_MS - 1)
    assert office.box.letters == []
    for later in (8, 9, 30):
        office.look(MONDAY_MS + later * HOUR_MS)
    (letter,) = office.box.letters
    assert letter["Subject"] == "shop.example: 3 visitors, Nov 2, 2026 - Nov 8, 2026"
    text = letter.get_body(("plain",)).get_content()
    assert "Google" in text
    assert "https://stats.example/?site=shop" in text
    assert office.kept()["ada@shop.example", "week"].sent == "2026-11-02"
    office.look(MONDAY_MS + 7 * DAY_MS + 8 * HOUR_MS)
    assert len(office.box.letters) == 2


def test_a_server_that_was_off_tells_the_newest_alone(office):
    """Weeks that nobody was told of are not made up for."""
    wanted(office, "ada@shop.example", sent="2026-08-03")
    wanted(office, "day@shop.example", Every.DAY, sent="2026-11-01")
    office.look(MONDAY_MS + 20 * HOUR_MS)
    assert sorted(letter["To"] for letter in office.box.letters) == [
        "ada@shop.example",
        "day@shop.example",
    ]


def test_what_fails_is_told_and_tried_again_ever_more_seldom(office, monkeypatch):
    """One letter's trouble is no other's."""
    monkeypatch.setattr(mailer, "FIRST_REST_MS", 60_000)
    office.box.refusal = "550 no such box"
    wanted(office, "ada@shop.example", sent="2026-10-26")
    tries = []
    monkeypatch.setattr(office.mailer._server, "send", counted(tries, office.mailer._server.send))
    now_ms = MONDAY_MS + 9 * HOUR_MS
    for minute in range(15):
        office.look(now_ms + minute * 60_000)
    assert len(tries) == 4  # at 0, 1, 3 and 7 minutes; 15 is the next
    assert "no such box" in office.kept()["ada@shop.example", "week"].failure
    office.box.refusal = ""
    office.look(now_ms + HOUR_MS)
    told = office.kept()["ada@shop.example", "week"]
    assert (told.sent, told.failure) == ("2026-11-02", "")


def counted(tries, send):
    def sends(*about):
        tries.append(about)
        send(*about)

    return sends


def test_managers_say_who_gets_letters(office):
    """From the next period on; again is no second one; nobody else may."""
    status, told = office.ask("POST", "/api/letters", ADA | {"language": "ko"})
    assert status == 200
    assert told == {
        "can_send": False,  # this home has no mail server; the test's post is another's
        "letters": [
            {"to": "ada@shop.example", "every": "week", "language": "ko", "sent_ms": None, "failure": ""}
        ],
    }  # fmt: skip
    now_ms = office.home.clock.now_ms()
    assert (
        office.kept()["ada@shop.example", "week"].sent
        == period_before(Every.WEEK, now_ms, "UTC").name
    )
    assert len(office.ask("POST", "/api/letters", ADA)[1]["letters"]) == 1
    assert len(office.ask("POST", "/api/letters", ADA | {"every": "month"})[1]["letters"]) == 2
    assert office.ask("POST", "/api/letters", ADA | {"to": "nobody"})[0] == 400
    assert office.ask("GET", "/api/letters?site=shop", key="other")[0] == 403
    assert office.ask("GET", "/api/letters?site=nowhere")[0] == 404
    assert office.ask("POST", "/api/letters/send", ADA | {"to": "x@y.example"})[0] == 404
    status, told = office.ask("POST", "/api/letters/send", ADA)
    assert (status, "SMTP_URL" in told["message"]) == (503, True)
    gone = "/api/letters?site=shop&to=ada@shop.example&every=week"
    assert [one["every"] for one in office.ask("DELETE", gone)[1]["letters"]] == ["month"]
    assert office.ask("DELETE", gone)[0] == 404


def test_a_letter_can_be_sent_now(office):
    """Whether it is due or not; it goes again when it is."""
    wanted(office, "ada@shop.example", sent="2026-11-02")
    office.runner.run(office.post.send(office.kept()["ada@shop.example", "week"]))
    assert len(office.box.letters) == 1
    kept = office.kept()["ada@shop.example", "week"]
    assert (kept.sent, kept.sent_ms) == ("2026-11-02", office.clock.now_ms())


def test_who_is_ended_while_others_go_gets_none(office, monkeypatch):
    """The list is looked at again before each."""
    for name in ("a", "b"):
        wanted(office, f"{name}@shop.example", sent="2026-10-26")
    send = office.mailer._server.send

    def ends(*about):
        send(*about)
        office.home.letters.remove(office.kept()["b@shop.example", "week"])

    monkeypatch.setattr(office.mailer._server, "send", ends)
    office.look(MONDAY_MS + 9 * HOUR_MS)
    assert [letter["To"] for letter in office.box.letters] == ["a@shop.example"]


def test_one_that_cannot_be_written_ends_no_other(office, monkeypatch):
    """Whatever is raised, it is its own failure."""
    for name in ("a", "b"):
        wanted(office, f"{name}@shop.example", sent="2026-10-26")
    send = office.mailer._server.send

    def fails(to, *about):
        if to.startswith("a"):
            raise IndexError("strange")
        send(to, *about)

    monkeypatch.setattr(office.mailer._server, "send", fails)
    office.look(MONDAY_MS + 9 * HOUR_MS)
    assert office.kept()["a@shop.example", "week"].failure == "strange"
    assert [letter["To"] for letter in office.box.letters] == ["b@shop.example"]


def test_a_stop_lets_the_one_under_way_be_noted(office):
    """It would go out again."""
    wanted(office, "a@shop.example", sent="2026-10-26")
    send, gone = office.mailer._server.send, threading.Event()

    def slow(*about):
        gone.set()
        time.sleep(0.3)
        send(*about)

    office.mailer._server.send = slow
    office.clock.advance(9 * HOUR_MS)

    async def stopped():
        looking = asyncio.create_task(office.post.look())
        await asyncio.to_thread(gone.wait)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await office.mailer.stop()

    office.runner.run(stopped())
    assert office.kept()["a@shop.example", "week"].sent == "2026-11-02"


def test_a_name_that_is_anothers_now_tells_nobody(office):
    """A site is meant by its id; what is called like it has letters of its own."""
    wanted(office, "ada@shop.example", sent="2026-10-26")
    office.home.control.remove_site("shop")
    assert office.kept() == {}
    wanted(office, "ada@shop.example", sent="2026-10-26")
    office.home.control.put_site(Site(id="rival", aliases=("shop",)))
    office.look(MONDAY_MS + 9 * HOUR_MS)
    assert office.box.letters == []


def test_a_server_that_never_ends_holds_up_no_other(office, monkeypatch):
    """It is let go of; and who wants one now meanwhile is told so."""
    monkeypatch.setattr(mailer, "DEADLINE_S", 0.2)
    for name in ("a", "b"):
        wanted(office, f"{name}@shop.example", sent="2026-10-26")
    send, began, ended = office.mailer._server.send, threading.Event(), threading.Event()

    def hangs(to, *about):
        began.set()
        if to.startswith("a"):
            ended.wait()
        send(to, *about)

    office.mailer._server.send = hangs

    async def both():
        looking = asyncio.create_task(office.post.look())
        await asyncio.to_thread(began.wait)
        with pytest.raises(Unavailable, match="on its way"):
            await office.post.send(office.kept()["b@shop.example", "week"])
        await looking

    office.clock.advance(9 * HOUR_MS)
    office.runner.run(both())
    ended.set()
    assert "too long" in office.kept()["a@shop.example", "week"].failure
    assert office.kept()["b@shop.example", "week"].sent == "2026-11-02"
