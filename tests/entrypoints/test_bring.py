"""Events in, events out, and whether all is as it was written: the commands."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from builders import NOON_MS, an_event
from lake_house import House, held_visits, told_visit_rows
from liveinsight.adapters.clock import SystemClock
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS
from liveinsight.entrypoints.cli import app
from liveinsight.usecases import bring

MIDNIGHT_MS = NOON_MS // DAY_MS * DAY_MS


def run(*words: object, folder: Path, fails: bool = False) -> str:
    done = CliRunner().invoke(app, [*map(str, words), "--data-dir", str(folder)])
    assert done.exit_code == (1 if fails else 0), done.output
    return done.stdout or done.stderr


@pytest.fixture
def house(tmp_path: Path):
    house = House(tmp_path / "data", SystemClock().now_ms(), {"shop": "UTC", "copy": "UTC"})
    yield house
    house.close()


def a_record(n: int) -> dict:
    return {
        "timestamp": NOON_MS + n * 60_000,
        "page_url": f"https://shop.example/{n % 3}",
        "referrer": "https://www.google.com/" if n == 0 else "",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0",
        "ip": "192.0.2.1",
        "props": {"plan": "pro"} if n == 1 else None,
    }


def test_json_lines_are_judged_like_live_events(house: House, tmp_path: Path):
    """Records become one visit with its source, browser and properties; twice brought is once."""
    lines = "\n".join(json.dumps(a_record(n)) for n in range(5))
    path = tmp_path / "past.jsonl.gz"
    path.write_bytes(gzip.compress(lines.encode()))
    for _ in range(2):
        run("import", "events", path, "--site", "shop", folder=tmp_path / "data")
    house.tail()
    (visit,) = house.rows(Relation.VISITS)
    assert (visit["pageviews"], visit["browser"], visit["entry_page"]) == (5, "Firefox", "/0")
    props = [row["props"] for row in house.rows(Relation.EVENTS) if row["props"]]
    assert props == ['{"plan":"pro"}']


def test_csv_goes_on_where_it_was_stopped(house: House, tmp_path: Path, monkeypatch):
    """A wrong record ends an import by its number; what came before it stays, once."""
    monkeypatch.setattr(bring, "EVENTS_AT_ONCE", 2)
    monkeypatch.setattr(bring, "RECORDS_AT_ONCE", 2)
    rows = [f"{NOON_MS + n},https://shop.example/{n},Signup,yes,12.50,EUR" for n in range(5)]
    head = "timestamp,page_url,event_type,prop:paid,revenue_amount,revenue_currency"
    path = tmp_path / "past.csv"
    path.write_text("\n".join([head, *rows, "never,https://shop.example/,,,,"]))
    told = run("import", "events", path, "--site", "shop", folder=tmp_path / "data", fails=True)
    assert "record 6" in told
    run("import", "events", path, "--site", "shop", folder=tmp_path / "data", fails=True)
    house.tail()
    found = house.rows(Relation.EVENTS)
    assert len(found) == 4
    assert {(row["revenue_amount"], row["props"]) for row in found} == {("12.50", '{"paid":"yes"}')}


GOATCOUNTER = """\
2Path,Title,Event,UserAgent,Browser,System,Session,Bot,Referrer,Referrer scheme,Screen size,Location,FirstVisit,Date
/shoes,"Shoes, red",false,{agent},Firefox 148,Linux,s1,0,www.google.com/search,h,"1280,720,2",KR,1,2026-05-20T10:00:00Z
/cart,Cart,false,{agent},Firefox 148,Linux,s1,0,,o,"1280,720,2",KR,1,2026-05-20T10:01:00Z
signup,,true,{agent},Firefox 148,Linux,s1,0,,,,KR,1,2026-05-20T10:02:00Z
/,Home,false,,Safari,iOS,s2,0,Hacker News,g,,US-TX,1,2026-05-21T09:00:00+02:00
/,Home,false,{agent},,,s3,7,,,,,1,2026-05-21T10:00:00Z
"""


def test_what_goatcounter_exported_is_brought_in(house: House, tmp_path: Path):
    """Hits become visits with their sources; bots stay out; the host is the site's first domain."""
    path = tmp_path / "goatcounter-export.csv.gz"
    path.write_bytes(gzip.compress(GOATCOUNTER.format(agent=a_record(0)["user_agent"]).encode()))
    told = run("import", "events", path, "--site", "shop", folder=tmp_path / "data", fails=True)
    assert "domain" in told
    run("site", "set", "shop", "--domain", "shop.example", folder=tmp_path / "data")
    for _ in range(2):
        run("import", "events", path, "--site", "shop", folder=tmp_path / "data")
    house.tail()
    first, second = sorted(house.rows(Relation.VISITS), key=lambda row: row["start_ms"])
    assert (first["entry_page"], first["exit_page"], first["pageviews"], first["customs"]) == (
        *("/shoes", "/cart"),
        *(2, 1),
    )
    assert (first["source"], first["browser"], first["screen"], first["country"]) == (
        *("Google", "Firefox"),
        *("1280x720", "KR"),
    )
    assert (second["source"], second["country"], second["entry_hostname"]) == (
        *("Hacker News", "US"),
        "shop.example",
    )
    assert len(house.rows(Relation.EVENTS)) == 4


def test_a_log_is_brought_in_up_to_a_day(house: House, tmp_path: Path):
    """Addresses and agents tell visitors apart, and stay out; what is later stays out too."""
    line = '192.0.2.{} - - [{}/May/2026:14:0{}:00 +0000] "GET /{} HTTP/1.1" 200 9 "-" "{}"\n'
    agent = a_record(0)["user_agent"]
    hits = [(1, 20, 0, "a"), (1, 20, 1, "b"), (2, 20, 2, "a"), (1, 21, 0, "a"), (1, 22, 0, "a")]
    path = tmp_path / "access.log"
    path.write_text("".join(line.format(*hit, agent) for hit in hits))
    run("site", "set", "shop", "--domain", "shop.example", folder=tmp_path / "data")
    command = ("import", "events", path, "--site", "shop", "--to", "2026-05-21")
    told = run(*command, folder=tmp_path / "data")
    assert "4 events were brought" in told
    assert "1 were left out" in told
    with path.open("a") as log:
        log.write(line.format(1, 22, 1, "b", agent) + line.format(9, 22, 1, "c d", agent))
        log.write(
            line.replace("192.0.2.{}", "1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:{}").format(
                9, 22, 2, "x", agent
            )
        )
    again = run(*command[:-2], folder=tmp_path / "data")  # grown, and without an end
    assert "counted as invalid" in again
    house.tail()
    visits = house.rows(Relation.VISITS)
    assert sorted(visit["pageviews"] for visit in visits) == [1, 1, 1, 2, 2]
    assert {visit["browser"] for visit in visits} == {"Firefox"}
    assert len({visit["visitor"] for visit in visits}) == 5  # a visitor is one of a day
    wrong = ("import", "export", path, "--site", "shop", "--to", "2026-05-21")
    assert "as a whole" in run(*wrong, folder=tmp_path / "data", fails=True)


def test_what_is_brought_again_into_a_month_that_was_put_together_counts_once(
    house: House, tmp_path: Path
):
    """Its ids are gone; equal records are as many as there were, and what is new is new."""
    records = [
        {
            "timestamp": 1_760_000_000_000 + n // 2 * 60_000,
            "page_url": f"https://shop.example/{n // 4}",
            "user_id": f"u{n % 2}",
            "session_id": "s" if n % 3 else None,
        }
        for n in range(40)
    ]
    told = (records, records, [*records[:7], records[7] | {"user_id": "new"}, *records[7:]])
    for number, some in enumerate(told):
        path = tmp_path / f"past{number}.jsonl"
        path.write_text("\n".join(map(json.dumps, some)))
        run("import", "events", path, "--site", "shop", folder=tmp_path / "data")
        house.tail()
        house.store.compact()
        events = house.rows(Relation.EVENTS)
        assert len(events) == 40 + (number == 2)
        assert sum(visit["pageviews"] for visit in house.rows(Relation.VISITS)) == len(events)
    assert len({row["visitor"] for row in house.rows(Relation.EVENTS)}) == 3


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_what_was_exported_can_be_brought_back(house: House, tmp_path: Path, kind: str):
    """All visits, those over midnight too, are in the copy what they are in the original."""
    events = [
        an_event(time_ms=MIDNIGHT_MS - 60_000, visitor=1, country="KR"),
        an_event(time_ms=MIDNIGHT_MS + 60_000, visitor=2, prior=1, page="/b"),
        an_event(time_ms=MIDNIGHT_MS + 90_000, visitor=2, type="engagement", engaged_ms=5),
        an_event(time_ms=NOON_MS, visitor=3, type="Signup", props={"a": 1}),
    ]
    house.keep(events)
    house.tail()
    house.store.seal()
    house.store.compact()  # ids are left out now
    path = tmp_path / f"out.{kind}"
    run(*("export", "--site", "shop", "--format", kind, "--out", path), folder=tmp_path / "data")
    run("import", "export", path, "--site", "copy", folder=tmp_path / "data")
    house.tail()
    assert held_visits(house.rows(Relation.VISITS, "copy")) == told_visit_rows(events, "UTC")
    assert len(house.rows(Relation.EVENTS, "copy")) == len(events)


def test_check_names_what_is_damaged(house: House, tmp_path: Path):
    """A file with one other byte, one that is missing, a group that cannot be read: by name."""
    house.keep([an_event(time_ms=NOON_MS), an_event(time_ms=NOON_MS - DAY_MS)])
    house.tail()
    house.store.seal()
    folder = tmp_path / "data"
    assert "as they were written" in run("check", folder=folder)
    flipped, missing = sorted((folder / "lake" / "shop" / "events").iterdir())
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(bytes(content))
    missing.unlink()
    house.keep([an_event()])
    house.db.execute("UPDATE journal SET body = x'93' WHERE seq = 2")
    damage = json.loads(run("check", "--json", folder=folder, fails=True))
    assert {one["part"].rpartition("/")[2] for one in damage} >= {
        flipped.name,
        missing.name,
        "journal, commit group 2",
    }
