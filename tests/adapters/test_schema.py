"""Forms of the data over versions: forward by itself, one step back by a command, never by surprise."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from builders import NOON_MS, an_event
from lake_house import House
from liveinsight.adapters.local import database
from liveinsight.adapters.local.database import Folder, schema_version
from liveinsight.adapters.local.lake import digest_of
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.domain import query as queries
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Misconfigured
from liveinsight.domain.event import Row
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.site import Site
from liveinsight.usecases.answer import answer
from oracle.questions import CUSTOM
from served import Served, command

# A commit group as the version before has it.
Whole = tuple[int, list[Row], list[tuple[str, Drop, int]]]


def tables(folder: Folder) -> list[tuple]:
    db = sqlite3.connect(folder.database)
    found = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    meta = db.execute("SELECT key FROM meta ORDER BY key").fetchall()
    version = db.execute("PRAGMA user_version").fetchone()
    db.close()
    return [*found, *meta, version]


def older(monkeypatch) -> None:
    """From now on this is the version before: it knows one schema less."""
    known = database._scripts()[:-1]
    monkeypatch.setattr(database, "_scripts", lambda: known)


def test_forward_keeps_what_was_there(tmp_path, monkeypatch):
    """Data of the version before are brought up to date when they are opened."""
    with monkeypatch.context() as patch:
        older(patch)
        db = Folder(tmp_path).connect()
        db.execute("INSERT INTO journal VALUES (1, 0, 0, x'')")
        db.close()
    db = Folder(tmp_path).connect()
    assert db.execute("SELECT seq FROM journal").fetchall() == [(1,)]
    db.close()
    Folder(tmp_path / "fresh").connect().close()
    assert tables(Folder(tmp_path)) == tables(Folder(tmp_path / "fresh"))


def test_one_step_back_is_what_the_version_before_made(tmp_path, monkeypatch):
    """Its tables to the letter, with the events in them; forward again it is as before."""
    with monkeypatch.context() as patch:
        older(patch)
        Folder(tmp_path / "old").connect().close()
    house = House(tmp_path / "new", NOON_MS)
    sealed, hot = [an_event(), an_event()], [an_event(props={"plan": "pro"})]
    house.keep(sealed)
    house.tail()
    house.store.seal()
    house.keep(hot, [("shop", Drop.BOT, 2)])
    house.close()
    before = tables(house.folder)
    assert Folder(house.folder.path).downgrade() == schema_version() - 1
    assert tables(house.folder) == tables(Folder(tmp_path / "old"))
    with monkeypatch.context() as patch:
        older(patch)
        db = Folder(house.folder.path).connect()
        groups = db.execute("SELECT n, body FROM journal ORDER BY seq").fetchall()
        assert [(n, msgspec.msgpack.decode(body, type=Whole)) for n, body in groups] == [
            (2, (1, [event.row() for event in sealed], [])),
            (1, (1, [event.row() for event in hot], [("shop", Drop.BOT, 2)])),
        ]
        db.close()
    house = House(tmp_path / "new", NOON_MS)
    house.tail()
    assert len(house.rows(Relation.EVENTS)) == 3
    house.close()
    assert tables(house.folder) == before


def test_newer_data_is_a_clear_refusal(tmp_path):
    """From every command and the server, with what to do; nothing is changed."""
    db = Folder(tmp_path).connect()
    db.execute(f"PRAGMA user_version = {schema_version() + 1}")
    db.close()
    for words in (("serve", "--port", 0), ("site", "list"), ("check",), ("downgrade",)):
        done = command(*words, "--data-dir", tmp_path)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        assert "newer LiveInsight" in done.stderr
        assert "liveinsight downgrade" in done.stderr


def test_a_running_server_is_not_changed_under(tmp_path, monkeypatch):
    """A newer program waits until the older server has ended."""
    with Served(tmp_path) as server:
        db = sqlite3.connect(tmp_path / "liveinsight.db")
        db.execute(f"PRAGMA user_version = {schema_version() - 1}")  # as the older one has it
        db.close()
        with pytest.raises(Misconfigured, match="older version runs"):
            Folder(tmp_path).connect()
        with pytest.raises(Misconfigured, match="Another server"):
            Folder(tmp_path).downgrade()
        assert server.send("e1") == 200


def test_figures_of_an_older_form_are_made_anew(tmp_path):
    """What an older version left out is not asked for until it is there; answers stay the same."""
    house = House(tmp_path, NOON_MS)
    house.keep([an_event(time_ms=NOON_MS - n * DAY_MS, type="Signup") for n in range(40)])
    house.keep([an_event(time_ms=NOON_MS - n * DAY_MS + 1) for n in range(40)])
    house.tail()
    house.store.seal()
    question = queries.parse(
        {"site": "shop", "range": "all", "metrics": ["visitors"]} | {"filters": CUSTOM}
    )

    def told():
        with house.store.reading() as reading:
            report = answer(question, Site(id="shop"), SqlHistory(reading), NOON_MS + DAY_MS)
            return report.totals, report.meta.read

    figures, _ = told()
    assert told() == (figures, "rollup")
    age(house)
    house.restart()
    assert told() == (figures, "events")
    assert house.store.compact() == 2
    assert told() == (figures, "rollup")
    assert len(house.rows(Relation.EVENTS)) == 80
    age(house)
    house.restart()
    house.keep(
        [an_event(time_ms=NOON_MS - DAY_MS + 2, visitor=99)]
    )  # its month waits for its sealing
    house.tail()
    house.store.compact()
    assert len(house.rows(Relation.EVENTS)) == 81
    house.store.seal()
    assert told() == (figures, "rollup")
    assert len(house.rows(Relation.EVENTS)) == 81
    house.rows(Relation.ROLLUP)  # looks at the months' figures too
    house.close()


def age(house: House) -> None:
    """Make the roll-up what it was in the first form."""
    with house.store.reading() as reading:
        files = [file for file in reading.relations.files("shop") if "/rollup/" in file.name]
        for file in files:
            rows = f"FROM read_parquet('{file.path}')"
            kept = "dimension <> 'custom' AND dimension NOT LIKE 'month:%'"
            copy = f"COPY ({rows} WHERE {kept}) TO '{file.path}.old' (FORMAT parquet)"
            reading.cursor.execute(copy).fetchall()
            Path(f"{file.path}.old").replace(file.path)
            size, digest = Path(file.path).stat().st_size, digest_of(file.path)
            house.db.execute(
                "UPDATE lake_file SET format = 1, size_bytes = ?, digest = ? WHERE name = ?",
                (size, digest, file.name),
            )


def test_the_database_is_its_owners_alone(tmp_path):
    """Also in a folder that others may look into: secrets and salts are in it, and in its log."""
    tmp_path.chmod(0o755)
    db = Folder(tmp_path).connect()
    db.execute("INSERT INTO meta VALUES ('a', 1)")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("liveinsight.db*")}
    db.close()
    assert modes == {f"liveinsight.db{end}": 0o600 for end in ("", "-wal", "-shm")}
