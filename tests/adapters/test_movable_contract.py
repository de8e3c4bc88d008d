"""The port `Movable`: what one home holds another takes over, in memory and in both homes."""

from contextlib import ExitStack, closing
from io import BytesIO

import pytest
from msgspec.structs import replace

from aws_home import CONTROL, make_tables, on_moto, remove_tables
from aws_house import BUCKET, AwsHouse, a_bucket
from builders import NOON_MS, an_event
from lake_house import House
from liveinsight.adapters.aws.client import connect
from liveinsight.adapters.aws.control import DynamoControl
from liveinsight.adapters.aws.moving import AwsMovable
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.moving import LocalMovable
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.domain.drop import Drop
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.period import DAY_MS
from liveinsight.domain.site import Site
from liveinsight.usecases.move import move
from memory import MemoryMovable

CLOCK = FixedClock(NOON_MS)
SHOP = Site(id="shop", domains=("shop.example",), timezone="Asia/Seoul")
KEY = Key(id="k1", hash=b"\x00\xffhash", scopes=frozenset({Scope.READ}), site="shop")


@pytest.fixture(scope="module")
def dynamodb():
    with on_moto() as client:
        yield client


@pytest.fixture
def source(tmp_path):
    """A folder with three days of events, some of them still in the journal."""
    house = House(tmp_path / "source", NOON_MS, {})
    house.keep(
        [an_event(time_ms=NOON_MS - n * DAY_MS, visitor=n + 1) for n in range(3)],
        [("shop", Drop.OPTED_OUT, 3)],
    )
    house.tail()
    house.store.seal()
    house.keep([an_event(visitor=9)])
    house.close()
    with closing(a_folder(tmp_path / "source")) as home:
        home._control.put_site(SHOP)
        home._control.put_key(KEY)
        yield home


def a_folder(path):
    return LocalMovable(Folder(path), CLOCK, Limits(256))


@pytest.fixture(params=["memory", "local", "aws"])
def home(request, tmp_path):
    with ExitStack() as held:
        if request.param == "memory":
            yield MemoryMovable()
        elif request.param == "local":
            yield held.enter_context(closing(a_folder(tmp_path / "target")))
        else:
            dynamodb = request.getfixturevalue("dynamodb")
            make_tables(dynamodb)
            held.callback(remove_tables, dynamodb)
            s3 = held.enter_context(closing(connect("s3")))
            held.enter_context(a_bucket(s3))
            house = AwsHouse(dynamodb, s3, tmp_path / "aws", zone=SHOP.timezone)
            yield AwsMovable(
                s3,
                dynamodb,
                bucket=BUCKET,
                table=CONTROL,
                lake=house.sandbox().lake,
                control=DynamoControl(dynamodb, CONTROL, CLOCK.now_ms),
                sealer=house.sealer(),
                now_ms=CLOCK.now_ms,
            )


def told(holding):
    """What must be the same wherever it lies."""
    files = {(file.name, file.digest, file.rows, file.size_bytes) for file in holding.files}
    return files, set(holding.sites) - {Site(id="default")}, set(holding.keys), set(holding.drops)


def moved(source, target, **more):
    return move(source, target, lambda _done, _total: None, **more)


def test_all_of_it_is_taken_over(home, source):
    """Files to the last byte, sites, keys and what was set aside; the journal's events are files."""
    done = moved(source, home)
    assert (done.rows["events"], done.copied) == (4, done.files)
    assert told(home.holding()) == told(source.holding())
    for file in home.holding().files:
        with home.read(file) as here, source.read(file) as there:
            assert here.read() == there.read()


def test_and_given_away_again(home, source, tmp_path):
    """A third home that takes it over from there holds the same."""
    moved(source, home)
    with closing(a_folder(tmp_path / "third")) as third:
        moved(home, third)
        assert told(third.holding()) == told(source.holding())
        assert home.holding().generation >= source.holding().generation


def test_moving_twice_copies_nothing(home, source):
    """What is there already is known by its content."""
    moved(source, home)
    assert moved(source, home).copied == 0
    assert told(home.holding()) == told(source.holding())


def test_a_file_is_there_when_all_of_it_is(home, source):
    """What is missing, cut short or changed is not there; and laid down, it doesn't count yet."""
    source.seal()
    file = source.holding().files[0]
    assert home.has(file) is False
    with source.read(file) as content:
        body = content.read()
    for other in (body[:-1], b"x" * len(body)):
        home.put(file, BytesIO(other))
        assert home.has(file) is False
    home.put(file, BytesIO(body))
    assert home.has(file) is True
    assert home.holding().files == ()


def test_what_is_gone_counts_no_more(home, source):
    """Adopted in place of files that make room for it."""
    moved(source, home)
    held = home.holding()
    gone = [file for file in held.files if file.relation == "events"]
    kept = tuple(file for file in held.files if file.relation != "events")
    home.adopt(replace(source.holding(), files=kept), gone)
    assert {file.name for file in home.holding().files} == {file.name for file in kept}
