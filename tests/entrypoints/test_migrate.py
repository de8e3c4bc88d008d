"""`liveinsight migrate`: whatever was asked before a move has the same answer after it."""

import json
from contextlib import closing
from random import Random

import msgspec
import pytest
from typer.testing import CliRunner

from aws_home import CHROME, CONTROL, EVENTS, SETTINGS, Failing, make_tables, on_moto, remove_tables
from aws_house import BUCKET, AwsHouse
from builders import NOON_MS, an_event
from lake_house import House, first_kept
from liveinsight.adapters.aws.client import connect
from liveinsight.adapters.aws.control import DynamoControl, DynamoSalts
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.control import SqliteControl, SqliteSalts
from liveinsight.adapters.recognise.agents import UaParserAgents
from liveinsight.adapters.sql.history import SqlHistory
from liveinsight.domain import query as queries
from liveinsight.domain.drop import Drop
from liveinsight.domain.errors import Misconfigured, Unavailable
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.period import DAY_MS, HOUR_MS, local_day
from liveinsight.domain.range import Span
from liveinsight.domain.site import Site
from liveinsight.domain.visitor import identified
from liveinsight.entrypoints.cli import app
from liveinsight.usecases.answer import answer
from liveinsight.usecases.move import move
from liveinsight.usecases.recognise import recognise
from liveinsight.wiring.moving import of_aws, of_machine
from liveinsight.wiring.settings import Settings
from oracle import naive, questions, traffic

LAKE = f"s3://{BUCKET}"
ZONE = "America/New_York"
NOBODY = {"nobody": "UTC"}  # leaves the folder's own sites alone
ALL = {"range": "all", "metrics": ["visitors", "visits", "pageviews", "events"]}


@pytest.fixture(scope="module")
def dynamodb():
    with on_moto() as client:
        make_tables(client)
        yield client
        remove_tables(client)


@pytest.fixture(scope="module")
def s3(dynamodb):
    del dynamodb
    client = connect("s3")
    yield client
    client.close()


@pytest.fixture(scope="module")
def functions(dynamodb):
    """The sealer as Terraform makes it, which tells what belongs to its home."""
    del dynamodb
    with closing(connect("iam")) as iam, closing(connect("lambda")) as client:
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}", Path="/")["Role"]["Arn"]
        name = {"FunctionName": "liveinsight-sealer-dev"}
        told = SETTINGS | {"LAKE_BUCKET": BUCKET, "LIVEINSIGHT_GSI_SHARDS": "2"}
        client.create_function(
            **name, Role=role, Handler="handlers.sealer.handler", Runtime="python3.11",
            Code={"ZipFile": b""}, Publish=True, Environment={"Variables": told},
        )  # fmt: skip
        client.create_alias(**name, Name="live", FunctionVersion="1")
        yield client


@pytest.fixture
def account(dynamodb, s3, functions, tmp_path):
    """An AWS home with nothing in it."""
    del functions
    s3.create_bucket(Bucket=BUCKET)
    yield AwsHouse(dynamodb, s3, tmp_path / "aws", zone=ZONE)
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)
    remove_tables(dynamodb)
    make_tables(dynamodb)


def a_folder(path, events=(), now_ms=NOON_MS, *, seal_half=True):
    """A machine's data folder: the first half of the events sealed, the others in the journal."""
    house = House(path, now_ms, {"shop": ZONE})
    half = len(events) // 2 if seal_half else 0
    house.keep(list(events[:half]), [("shop", Drop.OPTED_OUT, 3)])
    house.tail()
    house.store.seal()
    house.keep(list(events[half:]))
    house.close()
    return Settings(data_dir=path)


def moved(account, settings, now_ms, *, back=False, **more):
    clients = {"dynamodb": account._dynamodb, "s3": account._s3} | {
        name: more.pop(name) for name in ("dynamodb", "s3") if name in more
    }
    clock = FixedClock(now_ms)
    with of_aws(LAKE, clock=clock, **clients) as aws, of_machine(settings, clock) as here:
        source, target = (aws, here) if back else (here, aws)
        return move(source, target, lambda _done, _total: None, **more)


def asked_here(settings, raw, now_ms):
    house = House(settings.data_dir, now_ms, NOBODY)
    house.tail()
    try:
        with house.store.reading() as reading:
            query = queries.parse({"site": "shop"} | raw)
            site = Site(id="shop", timezone=ZONE)
            return msgspec.to_builtins(answer(query, site, SqlHistory(reading), now_ms))
    finally:
        house.close()


def set_aside(reading):
    return SqlHistory(reading).set_aside("shop", ZONE, Span(NOON_MS - DAY_MS, NOON_MS + DAY_MS))


def test_the_same_answers_there_and_back(account, tmp_path):
    """Half sealed and half in the journal, moved to AWS, gone on there, and moved back: each home
    answers as the oracle does.
    """
    random = Random(7)
    events, end_ms = traffic.traffic(11, ZONE, people=14, days=3)
    # On AWS agents are read when events are sealed: all of these are one browser's.
    one_browsers = recognise(UaParserAgents())
    events = [one_browsers(event, CHROME) for event in first_kept(events)]
    times = sorted(event.time_ms for event in events)
    cut_ms = times[len(times) * 2 // 3]
    before = [event for event in events if event.time_ms <= cut_ms]
    since = [event for event in events if event.time_ms > cut_ms]
    first = a_folder(tmp_path / "first", before, cut_ms)
    moved(account, first, cut_ms)
    account.keep(since, end_ms)
    second = Settings(data_dir=tmp_path / "second")
    asked = [questions.random_question(random, end_ms, ZONE) for _ in range(8)]
    in_time = sorted(events, key=lambda event: event.time_ms)
    expected = [naive.answer(question, in_time, ZONE, end_ms) for question in asked]
    for told, question in zip(expected, asked, strict=True):
        actual = account.ask(question, end_ms)
        assert (told["results"], told["totals"]["metrics"]) == (actual["results"], actual["totals"])
    moved(account, second, end_ms, back=True)
    for told, question in zip(expected, asked, strict=True):
        actual = asked_here(second, question, end_ms)
        assert (told["results"], told["totals"]["metrics"]) == (actual["results"], actual["totals"])


def test_what_people_decided_goes_along(account, tmp_path, dynamodb):
    """Sites, keys, counted drops and the salts of today: the same visitor stays the same."""
    settings = a_folder(tmp_path, [an_event()])
    clock, site = FixedClock(NOON_MS), Site(id="shop", timezone=ZONE, domains=("shop.example",))
    key = Key(id="k1", hash=b"\x00hash", scopes=frozenset({Scope.READ}), site="shop", created_ms=5)
    house = House(tmp_path, NOON_MS, NOBODY)
    control, salts = SqliteControl(house.folder), SqliteSalts(house.folder, clock)
    control.put_site(site)
    control.put_key(key)
    today = local_day(NOON_MS, ZONE).date
    salt = salts.of(site, today)
    control.close()
    salts.close()
    house.close()
    moved(account, settings, NOON_MS)
    there = DynamoControl(dynamodb, CONTROL, clock.now_ms)
    assert (there.sites().by_name("shop"), list(there.keys())) == (site, [key])
    assert DynamoSalts(dynamodb, CONTROL, clock.now_ms).if_known(site, today) == salt
    with account.sandbox().reading(NOON_MS) as reading:
        assert ("opted_out", 3) in set_aside(reading)
    back = Settings(data_dir=tmp_path / "back")
    moved(account, back, NOON_MS, back=True)
    moved(account, back, NOON_MS, back=True)  # twice is once
    house = House(back.data_dir, NOON_MS, NOBODY)
    control, salts = SqliteControl(house.folder), SqliteSalts(house.folder, clock)
    assert (control.sites().by_name("shop"), list(control.keys())) == (site, [key])
    assert salts.if_known(site, today) == salt
    with house.store.reading() as reading:
        assert ("opted_out", 3) in set_aside(reading)
    control.close()
    salts.close()
    house.close()


def test_a_move_that_was_stopped_goes_on(account, tmp_path, s3):
    """Nothing counts before all is there; the next run copies only what is missing."""
    days = [an_event(time_ms=NOON_MS - n * DAY_MS, visitor=n + 1) for n in range(4)]
    settings = a_folder(tmp_path, days, seal_half=False)
    left = [5]

    def fail(request):
        left[0] -= request["Key"].endswith(".parquet")
        if left[0] < 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moved(account, settings, NOON_MS, s3=Failing(s3, put_object=fail))
    assert account.ask(ALL, NOON_MS)["totals"] == [0, 0, 0, 0]
    done = moved(account, settings, NOON_MS)
    assert (done.copied, done.rows["events"]) == (done.files - 5, 4)
    assert moved(account, settings, NOON_MS).copied == 0
    assert account.ask(ALL, NOON_MS)["totals"] == [4, 4, 4, 4]


@pytest.mark.parametrize("times", [1, 99])
def test_a_file_that_arrives_damaged_is_copied_again(account, tmp_path, s3, times):
    """Each file is read back and compared; what never arrives whole ends the move, uncounted."""
    settings = a_folder(tmp_path, [an_event()])
    left = [times]

    def damage(request):
        if left[0] > 0 and request["Key"].endswith(".parquet"):
            left[0] -= 1
            size = len(request["Body"].read())
            return s3.put_object(**request | {"Body": b"x" * size})
        return None

    def run():
        return moved(account, settings, NOON_MS, s3=Failing(s3, put_object=damage))

    if times == 1:
        assert run().copied > 0
        assert account.ask(ALL, NOON_MS)["totals"] == [1, 1, 1, 1]
    else:
        with pytest.raises(Unavailable, match="not the same"):
            run()
        assert account.ask(ALL, NOON_MS)["totals"] == [0, 0, 0, 0]


@pytest.mark.parametrize("back", [False, True])
def test_history_in_the_way_is_not_mixed(account, tmp_path, dynamodb, back):
    """Where the same site has other files the move is refused; --replace makes room for it."""
    settings = a_folder(tmp_path, [an_event(visitor=1)])
    account.keep([an_event(visitor=2), an_event(visitor=3)], NOON_MS)
    account.sealer().seal(NOON_MS)
    for item in dynamodb.scan(TableName=EVENTS)["Items"]:  # a day later
        key = {name: item[name] for name in ("session_id", "timestamp")}
        dynamodb.delete_item(TableName=EVENTS, Key=key)
    with pytest.raises(Misconfigured, match=r"history of shop .*--replace"):
        moved(account, settings, NOON_MS, back=back)
    moved(account, settings, NOON_MS, back=back, replaces=True)
    told = asked_here(settings, ALL, NOON_MS) if back else account.ask(ALL, NOON_MS)
    assert told["totals"] == ([2, 2, 2, 2] if back else [1, 1, 1, 1])


def test_names_are_not_used_twice(account, tmp_path):
    """What is sealed after a move never takes the name of a file that came with it."""
    settings = a_folder(tmp_path, [an_event()])
    for hour in range(1, 4):
        house = House(settings.data_dir, NOON_MS, NOBODY)
        house.keep([an_event(visitor=hour + 10)])
        house.tail()
        house.store.seal()
        house.close()
    moved(account, settings, NOON_MS)
    account.keep([an_event(visitor=50, time_ms=NOON_MS + HOUR_MS)], NOON_MS + HOUR_MS)
    account.sealer().seal(NOON_MS + HOUR_MS)
    assert account.ask(ALL, NOON_MS + 3 * DAY_MS)["totals"] == [5, 5, 5, 5]
    back = Settings(data_dir=tmp_path / "back")
    moved(account, back, NOON_MS + HOUR_MS, back=True)
    house = House(back.data_dir, NOON_MS + HOUR_MS, NOBODY)
    house.keep([an_event(visitor=60, time_ms=NOON_MS + HOUR_MS)])
    house.tail()
    house.store.seal()
    house.close()
    assert asked_here(back, ALL, NOON_MS + 2 * HOUR_MS)["totals"] == [6, 6, 6, 6]


def run(*words):
    return CliRunner().invoke(app, ["migrate", *map(str, words)])


def test_the_command_tells_what_is_there(account, tmp_path, monkeypatch):
    """There and back by the command itself; `--json` tells files and rows."""
    del account
    monkeypatch.delenv("NO_COLOR", raising=False)
    a_folder(tmp_path / "here", [an_event()])
    told = run("--to", LAKE, "--data-dir", tmp_path / "here", "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["rows"]["events"] == 1
    told = run("--from", LAKE, "--data-dir", tmp_path / "new")
    assert told.exit_code == 0, told.output
    assert "1 rows of events" in told.stderr
    assert asked_here(Settings(data_dir=tmp_path / "new"), ALL, NOON_MS)["totals"] == [1, 1, 1, 1]


def test_a_served_folder_is_left_alone(account, tmp_path):
    """While a server collects into it, a folder is not moved: events would stay behind."""
    del account
    settings = a_folder(tmp_path, [an_event()])
    with of_machine(settings):
        told = run("--to", LAKE, "--data-dir", tmp_path)
    assert told.exit_code == 1
    assert "Another server" in told.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "bucket"], "no lake's address"),
        (["--to", "s3://somewhere"], "no lake's address"),
        (["--to", "s3://liveinsight-lake-prod-1"], "AWS says"),
        (["--to", "s3://liveinsight-lake-dev-2"], "The lake of liveinsight-sealer-dev is s3://"),
    ],
)
def test_a_wrong_address_is_told(account, tmp_path, words, said):
    """What is not one of our lakes, or not there, is named on one line."""
    del account
    told = run(*words, "--data-dir", tmp_path)
    assert (told.exit_code, told.stdout) == (1, "")
    assert said in told.stderr


def test_a_user_is_forgotten_there(account, dynamodb):
    """`liveinsight forget --lake` asks the home itself who the user is, and tells how many went."""
    control = DynamoControl(dynamodb, CONTROL, lambda: NOON_MS)
    control.put_site(Site(id="shop", timezone=ZONE))
    visitor = identified(control.secret("user_id"), "shop", "u-1")
    account.keep([an_event(visitor=visitor), an_event(visitor=2)], NOON_MS)
    account.sealer().seal(NOON_MS + HOUR_MS)
    words = ["forget", "--site", "shop", "--user", "u-1", "--lake", LAKE, "--yes"]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    assert "1 events of shop are forgotten" in told.stderr
    assert account.ask(ALL, NOON_MS + HOUR_MS)["totals"] == [1, 1, 1, 1]


def test_a_direction_is_needed(tmp_path):
    """Neither or both directions is wrong use."""
    assert run("--data-dir", tmp_path).exit_code == 2
    assert run("--to", LAKE, "--from", LAKE, "--data-dir", tmp_path).exit_code == 2
