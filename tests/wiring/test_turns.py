"""Requests of one turn of the loop: kept together, answered apart."""

import asyncio
import json

import pytest

from front_house import House, a_view
from liveinsight.domain.errors import Unavailable
from liveinsight.wiring import turns
from liveinsight.wiring.turns import LARGE, Turns


class Journal:
    """Keeps groups of events until it is told that they are down."""

    def __init__(self):
        self.groups, self.lost = [], {}
        self.kept = asyncio.get_running_loop().create_future()

    def append(self, events, drops):
        """What tells that all given is down."""
        self.groups.append([event.place.title for event in events])
        for what, count in drops.items():
            self.lost[what] = self.lost.get(what, 0) + count
        return self.kept


class Scene:
    """A house whose events are taken by turns, and what is answered to whom."""

    def __init__(self, path):
        self.house = House(path)
        self.journal = Journal()
        self.turns = Turns(self.house.collect, self.journal)
        self.answers = {}

    def post(self, name, body):
        """Ask, and note the answer under the name."""
        request = self.house.request("POST", "/api/events", body)
        self.turns.take(request, lambda told: self.answers.update({name: told}))

    def told(self):
        """What was answered, by name: the status and what there is to tell."""
        return {
            name: (answer.status, json.loads(answer.body).get("data"))
            for name, answer in self.answers.items()
        }


@pytest.fixture
def in_a_turn(tmp_path):
    """Plays what it is given on a loop."""

    def play(posts):
        async def played():
            scene = Scene(tmp_path)
            try:
                await posts(scene)
            finally:
                scene.house.close()

        asyncio.run(played())

    return play


def test_what_comes_in_a_turn_is_kept_together_and_answered_apart(in_a_turn):
    """Each gets its own answer, when all is down: what came twice, what is wrong, what is new."""

    async def posts(scene):
        scene.post("first", a_view(event_id="a", title="1"))
        scene.post("again", a_view(event_id="a", title="2"))
        scene.post("wrong", {"page_url": 1})
        scene.post("batch", {"events": [a_view(title="3"), a_view(event_id="a", title="4")]})
        scene.post("foreign", a_view(page_url="https://elsewhere.example/"))
        await asyncio.sleep(0)
        assert scene.journal.groups == [["1", "3"]]
        await asyncio.sleep(0)
        assert scene.told().keys() == {"wrong"}, "nothing is told of what is not down"
        scene.journal.kept.set_result(None)
        await asyncio.sleep(0)
        told = scene.told()
        assert told["wrong"][0] == 400
        assert {name: status for name, (status, _) in told.items() if status != 200} == {
            "wrong": 400
        }
        assert told["first"][1]["processed_events"] == 1
        assert told["first"][1]["new_session"] is True
        assert told["again"][1]["dropped"] == {"duplicate": 1}
        assert told["again"][1]["new_session"] is False
        assert told["batch"][1]["processed_events"] == 1
        assert told["batch"][1]["dropped"] == {"duplicate": 1}
        assert told["foreign"][1]["dropped"] == {"host_not_allowed": 1}
        assert scene.house.collect.dropped == {"invalid": 1, "duplicate": 2, "host_not_allowed": 1}
        assert scene.journal.lost == {
            ("", "invalid"): 1,
            ("shop", "duplicate"): 2,
            ("shop", "host_not_allowed"): 1,
        }

    in_a_turn(posts)


@pytest.mark.parametrize("title", ["", "x" * LARGE], ids=["small", "large"])
def test_many_are_kept_by_the_thousand(in_a_turn, title, monkeypatch):
    """All of them, in their order, however large, so that not all wait in memory."""
    monkeypatch.setattr(turns, "KEPT_AT_ONCE", 50)

    async def posts(scene):
        for number in range(101):
            scene.post(number, a_view(title=f"{number} {title}"))
        await asyncio.sleep(0)
        assert [len(group) for group in scene.journal.groups] == [50, 50, 1]
        titles = [told.split()[0] for group in scene.journal.groups for told in group]
        assert titles == [str(number) for number in range(101)]
        scene.journal.kept.set_result(None)
        await asyncio.sleep(0)
        assert list(scene.answers) == list(range(101))

    in_a_turn(posts)


def test_a_large_request_is_judged_when_it_comes(in_a_turn):
    """With those that came before it; what was judged is kept with all others of the turn, and
    nobody is answered while a request is still handed over.
    """

    async def posts(scene):
        judged = []
        judge = scene.house.collect.judge
        scene.house.collect.judge = lambda request: judged.append(1) or judge(request)
        large = {"events": [a_view(title="x" * 200) for _ in range(30)]}
        wrong = {"events": [{"page_url": 1, "title": "x" * LARGE}]}
        for name, body, so_far in (
            ("small", a_view(), 0),
            ("large", large, 2),
            ("wrong", wrong, 3),
            ("last", a_view(), 3),
        ):
            scene.post(name, body)
            assert len(judged) == so_far
            assert scene.journal.groups == []
            assert scene.told() == {}
        await asyncio.sleep(0)
        assert [len(group) for group in scene.journal.groups] == [32]
        scene.journal.kept.set_result(None)
        await asyncio.sleep(0)
        assert {name: status for name, (status, _) in scene.told().items()} == {
            "small": 200,
            "large": 200,
            "wrong": 400,
            "last": 200,
        }

    in_a_turn(posts)


@pytest.mark.parametrize("at_once", [True, False], ids=["when it is given", "when it is written"])
def test_what_cannot_be_kept_is_said_to_all(in_a_turn, at_once):
    """And the next turn is another one."""

    async def posts(scene):
        broken, refusal = scene.journal.kept, Unavailable("Not now.", retry_after_s=5)
        append = scene.journal.append
        if at_once:

            def refuse(*_):
                raise refusal

            scene.journal.append = refuse
        scene.post("a", a_view())
        scene.post("b", a_view())
        await asyncio.sleep(0)
        if not at_once:
            broken.set_exception(refusal)
        await asyncio.sleep(0)
        assert {name: status for name, (status, _) in scene.told().items()} == {"a": 503, "b": 503}
        scene.journal.append = append
        scene.journal.kept = asyncio.get_running_loop().create_future()
        scene.journal.kept.set_result(None)
        scene.post("c", a_view())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert scene.told()["c"][0] == 200

    in_a_turn(posts)
