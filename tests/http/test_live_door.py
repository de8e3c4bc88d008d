"""`GET /api/realtime`: who may ask, JSON, HTML, and streams that share one broadcast."""

import asyncio
import json
from contextlib import aclosing, suppress
from urllib.parse import quote

import pytest

from front_house import CHROME, House, a_view
from liveinsight.domain.site import Site
from liveinsight.http import live
from liveinsight.http.exchange import Stream

PATH = "/api/realtime"


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path, Site(id="shop", public=True))
    yield made
    made.close()


def figures(house, query="", **headers):
    answer = house.ask("GET", PATH + query, **headers)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)["data"]


def test_the_owners_figures_and_what_grew_around_them(house):
    """A view of now is in every figure; never an address or an id."""
    house.post(a_view(title="Shoes", referrer="https://www.google.com/", user_id="u1"))
    told = figures(house)
    assert told["active_users"] == 1
    assert told["current_pages"] == {"/shoes": 1}
    assert told["events_last_5min"] == 1
    assert told["timestamp"] == house.clock.now_ms()
    assert (told["visitors_last_30min"], told["pageviews_last_30min"]) == (1, 1)
    assert len(told["series"]) == 30
    assert told["top_sources"] == [{"name": "Google", "visitors": 1}]
    (glimpse,) = told["feed"]
    assert (glimpse["page"], glimpse["title"], glimpse["browser"]) == ("/shoes", "Shoes", "Firefox")
    assert set(glimpse) == {
        "time",
        "event",
        "page",
        "title",
        "hostname",
        "source",
        "country",
        "browser",
        "os",
        "device",
    }


def test_a_page_of_html_escapes_what_strangers_wrote(house):
    """Paths are text: markup in them stays text."""
    house.post(a_view(page_url="https://shop.example/<script>alert('x')</script>&\"y"))
    answer = house.ask("GET", PATH, accept="text/html,application/xhtml+xml")
    text = answer.body.decode()
    assert dict(answer.headers)[b"content-type"] == b"text/html; charset=utf-8"
    assert (b"vary", b"accept") in answer.headers
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "<b>1</b> online now" in text


def test_filters_are_those_of_a_query(house):
    """One condition, a tree, and what is wrong by its field."""
    house.post(a_view(page_url="https://shop.example/a"))
    house.post(a_view(page_url="https://shop.example/b"), user_agent=CHROME)
    tree = ["and", [["is", "browser", ["Chrome"]], ["not", ["is", "page", ["/a"]]]]]
    assert figures(house, f"?filters={quote(json.dumps(tree))}")["current_pages"] == {"/b": 1}
    deep = ("[" * 9000, '["not",' * 200 + '["is","page",["/"]]' + "]" * 200)
    for wrong in (
        '["is"',
        '["is","nothing",["x"]]',
        '["matches","page",["("]]',
        "{}",
        *deep,
    ):
        answer = house.ask("GET", f"{PATH}?filters={quote(wrong)}")
        assert answer.status == 400, wrong[:50]
        assert json.loads(answer.body)["details"]["field"] == "filters"


def test_who_may_read(tmp_path):
    """A public site anybody; else a key of scope read for that site, or for all."""
    house = House(tmp_path, Site(id="open", public=True), Site(id="shut"), Site(id="other"))
    shut = f"{PATH}?site=shut"
    assert house.ask("GET", f"{PATH}?site=open").status == 200
    answer = house.ask("GET", shut)
    assert (answer.status, dict(answer.headers)[b"www-authenticate"]) == (401, b"Bearer")
    assert house.ask("GET", f"{PATH}?site=nobody").body == answer.body
    assert house.ask("GET", PATH).status == 401
    for scopes, site, status in (
        (("read",), None, 200),
        (("admin",), None, 200),
        (("read",), "shut", 200),
        (("read",), "other", 403),
        (("server", "import"), None, 403),
    ):
        assert house.ask("GET", shut, x_api_key=house.key(*scopes, site=site)).status == status
    assert house.ask("GET", shut, x_api_key="wrong").status == 401
    assert house.ask("GET", f"{PATH}?site=nobody", x_api_key=house.key("read")).status == 404
    house.close()


async def a_stream(house, query="", **headers):
    answer = await house.front(
        house.request("GET", PATH + query, accept="text/event-stream", **headers)
    )
    assert isinstance(answer, Stream)
    return answer


async def collected(house, **about):
    await house.front(house.request("POST", "/api/events", a_view(**about)))


def read(message):
    """The fields of a server-sent event."""
    lines = message.decode().removesuffix("\n\n").split("\n")
    told = dict(line.split(": ", 1) for line in lines)
    return told | {"data": json.loads(told["data"])}


@pytest.fixture
def quick(monkeypatch):
    """Changes are looked for all the time."""
    monkeypatch.setattr(live, "LOOK_EVERY_S", 0.002)


def test_a_stream_tells_at_once_and_on_change(house, quick):
    """The first message comes without waiting, the next with the next event."""

    async def scenario():
        answer = await a_stream(house)
        headers = dict(answer.headers)
        assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
        assert headers[b"x-accel-buffering"] == b"no"
        async with aclosing(answer.chunks) as chunks:
            first = read(await anext(chunks))
            await collected(house)
            second = read(await anext(chunks))
        return first, second

    first, second = asyncio.run(scenario())
    assert (first["event"], first["data"]["active_users"]) == ("live", 0)
    assert second["data"]["current_pages"] == {"/shoes": 1}
    assert first["id"] != second["id"]
    assert house.live.streams == 0


def test_streams_heed_their_filters(house, quick):
    """Who watches one page is not told of another."""

    async def scenario():
        tree = quote(json.dumps(["is", "page", ["/a"]]))
        async with aclosing((await a_stream(house, f"?filters={tree}")).chunks) as chunks:
            await anext(chunks)
            await collected(house, page_url="https://shop.example/b")
            await collected(house, page_url="https://shop.example/a")
            return read(await anext(chunks))

    assert asyncio.run(scenario())["data"]["pageviews_last_30min"] == 1


def test_all_who_watch_the_same_share_one_count(house, quick, monkeypatch):
    """A hundred streams: one count a change, the same bytes for all."""
    counted = []
    look = house.watch._watching.look

    def counting(*about):
        counted.append(about)
        return look(*about)

    monkeypatch.setattr(house.watch._watching, "look", counting)

    async def scenario():
        streams = [(await a_stream(house)).chunks for _ in range(100)]
        firsts = [await anext(chunks) for chunks in streams]
        assert house.live.streams == 100
        before = len(counted)
        await collected(house)
        seconds = [await anext(chunks) for chunks in streams]
        told = len(counted) - before
        for chunks in streams:
            await chunks.aclose()
        return firsts, seconds, told

    firsts, seconds, told = asyncio.run(scenario())
    assert len(set(map(id, firsts))) == 1
    assert len(set(map(id, seconds))) == 1
    assert told == 1
    assert house.live.streams == 0


def test_a_slow_reader_skips_what_it_missed(house, quick):
    """It gets the newest when it is ready, not a queue of the past."""

    async def scenario():
        fast, slow = (await a_stream(house)).chunks, (await a_stream(house)).chunks
        await anext(slow)
        await anext(fast)
        for number in range(5):
            await collected(house, user_id=f"u{number}")
            newest = await anext(fast)
        caught_up = await anext(slow)
        await fast.aclose()
        await slow.aclose()
        return newest, caught_up

    newest, caught_up = asyncio.run(scenario())
    assert caught_up == newest
    assert read(caught_up)["data"]["active_users"] == 5


def test_who_leaves_while_waiting_takes_nobody_along(house, quick):
    """The others hear what comes next, and the place is free again."""

    async def scenario():
        streams = [(await a_stream(house)).chunks for _ in range(3)]
        for stream in streams:
            await anext(stream)
        waiting = [asyncio.create_task(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        waiting[1].cancel()
        with suppress(asyncio.CancelledError):
            await waiting[1]
        assert house.live.streams == 2
        await collected(house, user_id="u1")
        heard = [await waiting[0], await waiting[2]]
        for stream in streams:
            await stream.aclose()
        return heard

    first, last = asyncio.run(scenario())
    assert first == last
    assert read(first)["data"]["active_users"] == 1


def test_when_counting_fails_streams_end_and_can_come_again(house, quick, monkeypatch):
    """Nobody watches a stream that will say nothing any more."""

    async def scenario():
        stream = (await a_stream(house)).chunks
        await anext(stream)
        with monkeypatch.context() as broken:
            broken.setattr(house.live._watch, "version", lambda site: 1 // 0)
            assert await anext(stream, None) is None
        again = (await a_stream(house)).chunks
        await anext(again)
        await collected(house, user_id="u1")
        heard = await anext(again)
        await again.aclose()
        return heard

    assert read(asyncio.run(scenario()))["data"]["active_users"] == 1


def test_closing_ends_streams_and_refuses_new_ones(house):
    """So that the server can stop: also a stream that has not begun to be read."""

    async def scenario():
        begun, waiting = (await a_stream(house)).chunks, (await a_stream(house)).chunks
        await anext(begun)
        rest = asyncio.create_task(anext(begun, None))
        await asyncio.sleep(0)
        house.live.close()
        assert await rest is None
        assert [chunk async for chunk in waiting] == []
        answer = await house.front(house.request("GET", PATH, accept="text/event-stream"))
        return answer.status, house.live.streams

    assert asyncio.run(scenario()) == (503, 0)


def test_a_stream_that_begins_as_the_last_leaves_is_closed_too(house):
    """Its broadcast is found when it is first read, so that closing knows of it."""

    async def scenario():
        leaving = (await a_stream(house)).chunks
        await anext(leaving)
        coming = (await a_stream(house)).chunks
        await leaving.aclose()
        await anext(coming)
        assert house.live.streams == 1
        rest = asyncio.create_task(anext(coming, None))
        await asyncio.sleep(0)
        house.live.close()
        return await rest

    assert asyncio.run(scenario()) is None


def test_streams_are_bounded(house, monkeypatch):
    """Beyond the bound it is a 503 with Retry-After."""
    monkeypatch.setattr(live, "MOST_STREAMS", 1)

    async def scenario():
        chunks = (await a_stream(house)).chunks
        await anext(chunks)
        answer = await house.front(house.request("GET", PATH, accept="text/event-stream"))
        await chunks.aclose()
        return answer

    answer = asyncio.run(scenario())
    assert (answer.status, dict(answer.headers)[b"retry-after"]) == (503, b"10")
