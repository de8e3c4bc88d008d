"""Share links end when their time is over, on a clock that is moved."""

from itertools import count

import pytest

from liveinsight.adapters.clock import FixedClock
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.people import SqlitePeople
from liveinsight.adapters.passwords import ArgonPasswords
from liveinsight.domain.errors import Invalid, NotFound
from liveinsight.usecases.people import People

NOW_MS = 1_793_000_000_000
HOUR_MS = 3_600_000
numbers = count(1)


@pytest.fixture
def clock():
    """It stands until it is moved."""
    return FixedClock(NOW_MS)


@pytest.fixture
def people(tmp_path, clock):
    """The usecases over a folder of their own."""
    store = SqlitePeople(Folder(tmp_path))
    yield People(store, ArgonPasswords(), clock, lambda: f"token-{next(numbers):032}")
    store.close()


def test_a_share_link_ends_with_its_time(people, clock):
    """Until then it opens; then neither it nor who came by it is let in."""
    share, token = people.share("shop", "press", None, NOW_MS + HOUR_MS)
    _, guest = people.open_share(token, None)
    clock.advance(HOUR_MS - 1)
    assert people.session(guest).share == share.id
    people.open_share(token, None)
    clock.advance(1)
    assert people.session(guest) is None
    with pytest.raises(NotFound):
        people.open_share(token, None)


def test_a_share_link_of_the_past_is_not_made(people):
    """What would be over at once is refused."""
    with pytest.raises(Invalid):
        people.share("shop", "press", None, NOW_MS)
