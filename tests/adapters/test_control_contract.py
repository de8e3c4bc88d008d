"""The ports `Control` and `Salts`: one contract, in memory and in both homes."""

from datetime import date

import pytest

from aws_home import CONTROL, make_tables, on_moto, remove_tables
from builders import NOON_MS
from liveinsight.adapters.aws.control import DynamoControl, DynamoSalts
from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.control import SqliteControl, SqliteSalts
from liveinsight.adapters.local.database import Folder
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.period import DAY_MS, local_day
from liveinsight.domain.site import Site
from memory import MemoryControl, MemorySalts

SHOP = Site(id="shop", domains=("shop.example",), timezone="Asia/Seoul")
TODAY = local_day(NOON_MS, SHOP.timezone).date


class Home:
    """A home's control and salts, and another process's view of the same."""

    def __init__(self, make_control, make_salts) -> None:
        self.clock = FixedClock(NOON_MS)
        self.control = make_control(self.clock)
        self.new_control = lambda: make_control(self.clock)
        self.salts = make_salts(self.clock)
        self.new_salts = lambda: make_salts(self.clock)


@pytest.fixture(scope="module")
def dynamodb():
    with on_moto() as client:
        yield client


@pytest.fixture(params=["memory", "local", "aws"])
def home(request, tmp_path, dynamodb):
    if request.param == "memory":
        decided, salts = {}, {}
        yield Home(lambda clock: MemoryControl(decided), lambda clock: MemorySalts(clock, salts))
        return
    if request.param == "local":
        folder = Folder(tmp_path)
        opened = []

        def made(part):
            opened.append(part)
            return part

        yield Home(
            lambda clock: made(SqliteControl(folder)),
            lambda clock: made(SqliteSalts(folder, clock)),
        )
        for part in opened:
            part.close()
        return
    make_tables(dynamodb)
    yield Home(
        lambda clock: DynamoControl(dynamodb, CONTROL, clock.now_ms),
        lambda clock: DynamoSalts(dynamodb, CONTROL, clock.now_ms),
    )
    remove_tables(dynamodb)


def a_key(**about):
    fields = {"id": "k1", "hash": b"\x00\xffhash", "scopes": frozenset({Scope.READ})}
    return Key(**(fields | about))


def test_a_site_is_kept_changed_and_removed(home):
    """A site is found by id and domain, can be changed, and is gone when removed."""
    home.control.put_site(SHOP)
    assert home.control.sites().by_name("shop.example") == SHOP
    changed = Site(id="shop", public=True)
    home.control.put_site(changed)
    assert home.new_control().sites().by_name("shop") == changed
    assert home.control.remove_site("shop") is True
    assert home.control.remove_site("shop") is False
    assert home.control.sites().by_name("shop") is None


def test_a_key_is_found_by_its_hash(home):
    """A key is found by its hash and by nothing else, until it is revoked."""
    key = a_key(site="shop", label="mine", created_ms=5)
    home.control.put_key(key)
    assert home.new_control().key_of_hash(key.hash) == key
    assert home.control.key_of_hash(b"other") is None
    assert home.control.revoke_key("k1") is True
    assert home.control.revoke_key("k1") is False
    assert home.control.key_of_hash(key.hash) is None


def test_keys_are_listed_oldest_first(home):
    """All keys, by when they were made."""
    for number in (3, 1, 2):
        home.control.put_key(a_key(id=f"k{number}", hash=bytes([number]), created_ms=number))
    assert [key.id for key in home.control.keys()]  # noqa: SIM118 - a port, no dict == ["k1", "k2", "k3"]


def test_a_secret_is_made_once(home):
    """A secret is random, and the same for every process that asks."""
    secret = home.control.secret("csrf")
    assert len(secret) == 32
    assert home.new_control().secret("csrf") == secret
    assert home.control.secret("user_id") != secret


def test_a_days_salt_is_one(home):
    """Every process has the same salt for a site's day, and another for another day or site."""
    salt = home.salts.of(SHOP, TODAY)
    assert home.new_salts().of(SHOP, TODAY) == salt
    assert home.salts.of(Site(id="blog"), TODAY) != salt
    assert home.salts.of(SHOP, date(2026, 1, 1)) != salt


def test_a_salt_is_not_made_by_asking_whether_there_is_one(home):
    """`if_known` makes nothing."""
    assert home.salts.if_known(SHOP, TODAY) is None
    salt = home.salts.of(SHOP, TODAY)
    assert home.new_salts().if_known(SHOP, TODAY) == salt


def test_a_salt_is_forgotten(home):
    """When the day after is over the salt is gone for every process, and a new one is another."""
    salt = home.salts.of(SHOP, TODAY)
    home.clock.advance(3 * DAY_MS)
    if isinstance(home.salts, SqliteSalts):
        home.salts.forget()
    assert home.new_salts().if_known(SHOP, TODAY) is None
    assert home.salts.if_known(SHOP, TODAY) is None
    assert home.new_salts().of(SHOP, TODAY) != salt
