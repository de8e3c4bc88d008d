"""Backups: whole, checked, beside a server, without what must be forgotten; and put back."""

import asyncio
import itertools
import json
import threading
from datetime import date
from pathlib import Path

import pytest

from builders import NOON_MS, an_event
from lake_house import House
from liveinsight.adapters.local.control import SqliteControl, SqliteSalts
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.people import SqlitePeople
from liveinsight.domain.errors import Misconfigured, NotFound
from liveinsight.domain.lake import Relation
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.session import Session
from liveinsight.domain.site import Site
from liveinsight.wiring import backups
from liveinsight.wiring.schedule import BackupSchedule
from liveinsight.wiring.settings import Settings
from served import Served, command, kept_ids


def _untold(*_: object) -> None:
    """Nobody watches."""


class Ticking:
    """Each backup is made a second after the one before."""

    seconds = itertools.count(NOON_MS // 1000)

    def now_ms(self) -> int:
        return next(self.seconds) * 1000


@pytest.fixture(autouse=True)
def _time(monkeypatch):
    monkeypatch.setattr(backups, "SystemClock", Ticking)


@pytest.fixture
def house(tmp_path):
    """Three sealed days and one event in the journal."""
    house = House(tmp_path / "data", NOON_MS)
    house.keep([an_event(time_ms=NOON_MS - n * DAY_MS, visitor=n) for n in range(3)])
    house.tail()
    house.store.seal()
    house.keep([an_event(visitor=9)])
    house.tail()
    yield house
    house.close()


def back_up(house, place, keep=0):
    return backups.back_up(house.folder.path, str(place), keep, _untold)


def put_back(data_dir, place, name=None, *, replace=False, dry_run=False):
    return backups.put_back(
        data_dir, str(place), name, replace=replace, dry_run=dry_run, told=_untold
    )


def events_of(path: Path):
    house = House(path, NOON_MS)
    try:
        house.tail()
        return {row["visitor"] for row in house.rows(Relation.EVENTS)}
    finally:
        house.close()


def test_a_backup_is_put_back_whole(house, tmp_path):
    """Sealed files and what is not sealed yet; the restored folder answers the same."""
    made, gone = back_up(house, tmp_path / "vault")
    assert (made.unsealed_events, gone) == (1, [])
    found, aside = put_back(tmp_path / "new", tmp_path / "vault")
    assert (found, aside) == (made, None)
    assert events_of(tmp_path / "new") == {0, 1, 2, 9}


def test_the_second_adds_what_is_new_and_old_ones_go(house, tmp_path):
    """Files that did not change are not written again; pruning takes what no backup needs, and
    nothing that is not a backup's.
    """
    vault = tmp_path / "vault"
    first, _ = back_up(house, vault)
    written = {path: path.stat().st_mtime_ns for path in vault.rglob("*.parquet")}
    (vault / "holiday.jpg").write_bytes(b"not ours")
    house.store.seal()
    second, _ = back_up(house, vault)
    assert {path: path.stat().st_mtime_ns for path in written} == written
    third, gone = back_up(house, vault, keep=1)
    assert gone == [first.name, second.name]
    needed = {part.key for part in third.parts} | {third.word_key, "holiday.jpg"}
    assert {str(p.relative_to(vault)) for p in vault.rglob("*") if p.is_file()} == needed
    put_back(tmp_path / "new", vault)
    assert events_of(tmp_path / "new") == {0, 1, 2, 9}


def test_any_of_them_can_be_put_back(house, tmp_path):
    """By its name; an unknown one is told with those that there are."""
    first, _ = back_up(house, tmp_path / "vault")
    house.keep([an_event(visitor=10)])
    back_up(house, tmp_path / "vault")
    put_back(tmp_path / "new", tmp_path / "vault", first.name)
    assert events_of(tmp_path / "new") == {0, 1, 2, 9}
    with pytest.raises(NotFound, match=first.name):
        put_back(tmp_path / "newer", tmp_path / "vault", "2020-01-01T000000Z")
    with pytest.raises(NotFound, match="no backup"):
        put_back(tmp_path / "newer", tmp_path / "empty")


def test_what_must_be_forgotten_is_not_in_it(house, tmp_path):
    """No salt, no session, no secret but that of named users: not a byte of them."""
    control, salts = SqliteControl(house.folder), SqliteSalts(house.folder, house.clock)
    site = control.sites().by_name("shop")
    secrets = [salts.of(site, date(2026, 5, 28)), control.secret("csrf"), b"s" * 20]
    kept = control.secret("user_id")
    people = SqlitePeople(house.folder)
    people.put_session(Session(hash=secrets[2], expires_ms=NOON_MS + DAY_MS), NOON_MS)
    for opened in (control, salts, people):
        opened.close()
    back_up(house, tmp_path / "vault")
    bytes_of = b"".join(p.read_bytes() for p in (tmp_path / "vault").rglob("*") if p.is_file())
    assert kept in bytes_of
    assert [secret in bytes_of for secret in secrets] == [False, False, False]


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "is damaged"),
        (lambda path: path.write_bytes(b"\x01" + path.read_bytes()[1:]), "is damaged"),
    ],
    ids=["missing", "truncated", "changed"],
)
@pytest.mark.parametrize("suffix", ["parquet", "db"])
def test_a_damaged_backup_changes_nothing(house, tmp_path, damage, match, suffix):
    """The part is named; what is in the folder stays."""
    back_up(house, tmp_path / "vault")
    part = next((tmp_path / "vault").rglob(f"*.{suffix}"))
    damage(part)
    house.close()
    with pytest.raises(Misconfigured, match=match) as told:
        put_back(house.folder.path, tmp_path / "vault", replace=True)
    assert part.name in str(told.value)
    assert events_of(house.folder.path) == {0, 1, 2, 9}
    assert not (house.folder.path / "restoring").exists()


def test_data_that_was_damaged_before_is_not_put_back(house, tmp_path):
    """A backup is only as good as what it was made of; that is found before it takes any place."""
    db = house.folder.connect()
    db.execute("UPDATE journal SET body = x'00' WHERE seq = 2")
    db.close()
    back_up(house, tmp_path / "vault")
    with pytest.raises(Misconfigured, match="journal, commit group 2 cannot be read"):
        put_back(tmp_path / "new", tmp_path / "vault")
    assert not (tmp_path / "new" / "liveinsight.db").exists()


def test_what_is_there_is_only_replaced_when_told_so(house, tmp_path):
    """And kept aside then; a dry run reads all and changes nothing."""
    back_up(house, tmp_path / "vault")
    house.keep([an_event(visitor=10)])
    house.close()
    path = house.folder.path
    with pytest.raises(Misconfigured, match="--replace"):
        put_back(path, tmp_path / "vault")
    put_back(path, tmp_path / "vault", dry_run=True)
    assert events_of(path) == {0, 1, 2, 9, 10}
    _, aside = put_back(path, tmp_path / "vault", replace=True)
    assert events_of(path) == {0, 1, 2, 9}
    assert events_of(aside) == {0, 1, 2, 9, 10}
    _, second = put_back(path, tmp_path / "vault", replace=True)
    assert second != aside


def test_a_newer_backup_is_refused(house, tmp_path):
    """With the program that can read it, before anything is fetched."""
    made, _ = back_up(house, tmp_path / "vault")
    word = tmp_path / "vault" / made.word_key
    told = json.loads(word.read_text())
    word.write_text(json.dumps(told | {"schema": 99, "program": "9.9.9"}))
    with pytest.raises(Misconfigured, match=r"newer LiveInsight \(9\.9\.9"):
        put_back(tmp_path / "new", tmp_path / "vault")
    word.write_text(json.dumps(told | {"format": 99, "program": "9.9.9"}))
    with pytest.raises(Misconfigured, match="format 99"):
        put_back(tmp_path / "new", tmp_path / "vault")


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "lake/../../x.parquet", "lake/a/b/c"])
def test_a_forged_backup_leads_nowhere(house, tmp_path, name):
    """Names that leave the folder are refused."""
    made, _ = back_up(house, tmp_path / "vault")
    word = tmp_path / "vault" / made.word_key
    told = json.loads(word.read_text())
    told["parts"][0]["name"] = name
    word.write_text(json.dumps(told))
    with pytest.raises(Misconfigured, match="not ours"):
        put_back(tmp_path / "new", tmp_path / "vault")


def test_a_killed_backup_is_none(house, tmp_path, monkeypatch):
    """Without the word about it its parts are only parts; the next one goes on from there."""
    vault = tmp_path / "vault"

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("liveinsight.adapters.local.vault.FolderVault.write", stopped)
    with pytest.raises(KeyboardInterrupt):
        back_up(house, vault)
    monkeypatch.undo()
    (house.folder.path / "backup-left").mkdir()
    with pytest.raises(NotFound):
        put_back(tmp_path / "new", vault)
    back_up(house, vault)
    assert not list(house.folder.path.glob("backup-*"))
    put_back(tmp_path / "new", vault)
    assert events_of(tmp_path / "new") == {0, 1, 2, 9}


def test_one_at_a_time(house, tmp_path):
    """A second backup of the folder is told so."""
    refused = []

    def during(*_: object) -> None:
        with pytest.raises(Misconfigured, match="already"):
            back_up(house, tmp_path / "other")
        refused.append(True)

    backups.back_up(house.folder.path, str(tmp_path / "vault"), 0, during)
    assert refused


def test_a_full_vault_is_one_line(house, tmp_path):
    """With the path and the reason; nothing counts as a backup."""
    (tmp_path / "vault").write_text("a file stands here")
    with pytest.raises(Misconfigured, match=r"vault.*Not a directory|vault.*File exists"):
        back_up(house, tmp_path / "vault")


def test_while_the_server_runs(tmp_path):
    """Under load: all that was acknowledged before the backup began is in it, once; restoring
    under a running server is refused.
    """
    data, vault, new = tmp_path / "data", tmp_path / "vault", tmp_path / "new"
    acknowledged, enough, stop = [], threading.Event(), threading.Event()

    def send(server):
        connection = server.connect()
        for number in itertools.count():
            if stop.is_set():
                break
            ids = [f"e{number}-{k}" for k in range(20)]
            if server.send(*ids, connection=connection) == 200:
                acknowledged.extend(ids)
            if number == 20:
                enough.set()
        connection.close()

    with Served(data, LIVEINSIGHT_RATE_LIMIT_PER_MINUTE="0") as server:
        sender = threading.Thread(target=send, args=(server,))
        sender.start()
        enough.wait(60)
        before = len(acknowledged)
        done = command("backup", vault, "--data-dir", data, "--json")
        assert done.returncode == 0, done.stderr
        refused = command("restore", vault, "--data-dir", data, "--replace")
        stop.set()
        sender.join(60)
        assert (refused.returncode, "Another server" in refused.stderr) == (1, True)
    assert json.loads(done.stdout)["unsealed_events"] >= before
    assert command("restore", vault, "--data-dir", new).returncode == 0
    kept, all_ids = kept_ids(new), kept_ids(data)
    assert len(kept) == len(set(kept))
    assert before <= len(kept) <= len(all_ids)
    assert kept == all_ids[: len(kept)]
    with Served(new) as server:
        assert server.send("after") == 200
        assert server.send("after") == 200
    assert len(kept_ids(new)) == len(kept) + 1


def test_the_schedule_adds_one_when_it_is_due(house, tmp_path):
    """A fresh one is enough; a place that cannot be written is told and tried again."""
    vault = tmp_path / "vault"
    settings = Settings(data_dir=house.folder.path, backup_to=str(vault), backup_keep=2)
    schedule = BackupSchedule(settings)
    asyncio.run(schedule.look())
    asyncio.run(schedule.look())
    assert (schedule.failures, len(list(vault.glob("*.backup.json")))) == (0, 1)
    (tmp_path / "file").write_text("")
    failing = BackupSchedule(
        Settings(data_dir=house.folder.path, backup_to=str(tmp_path / "file" / "x"))
    )
    asyncio.run(failing.look())
    assert failing.failures == 1
    assert "Not a directory" in (failing.failure or "")


def test_sites_and_keys_come_with_it(house, tmp_path):
    """All that people decided."""
    control = SqliteControl(house.folder)
    control.put_site(Site(id="blog", domains=("blog.example",), timezone="Asia/Seoul"))
    control.close()
    back_up(house, tmp_path / "vault")
    put_back(tmp_path / "new", tmp_path / "vault")
    control = SqliteControl(Folder(tmp_path / "new"))
    assert control.sites().by_name("blog.example").timezone == "Asia/Seoul"
    control.close()
