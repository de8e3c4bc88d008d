"""The AWS home answers as the oracle does: hot, sealed, late, repeated, raced and cut off."""

from datetime import date
from itertools import groupby
from random import Random

import pytest

from aws_home import EVENTS, SESSIONS, Failing
from aws_house import BUCKET, ZONE, AwsHouse, a_bucket
from builders import NOON_MS, an_event
from liveinsight.adapters.aws import sealer
from liveinsight.adapters.aws.client import connect
from liveinsight.adapters.aws.lake import Manifest, Raced
from liveinsight.adapters.aws.sealer import end_idle_sessions
from liveinsight.adapters.aws.sessions import DynamoSessions
from liveinsight.adapters.aws.table import DynamoHot, Told
from liveinsight.domain.period import DAY_MS, HOUR_MS, MINUTE_MS, day_span
from oracle import naive, questions, traffic


class CutOffError(Exception):
    """The sandbox was ended."""


@pytest.fixture(scope="module")
def s3(_shared):
    client = connect("s3")
    yield client
    client.close()


@pytest.fixture
def house(dynamodb, s3, tmp_path):
    with a_bucket(s3):
        yield AwsHouse(dynamodb, s3, tmp_path)


def views(count, *, first=0, at_ms=NOON_MS):
    return [
        an_event(event_id=n + 1, visitor=n + 1, time_ms=at_ms + n)
        for n in range(first, first + count)
    ]


def test_answers_are_exact_at_every_stage(house):
    """Days of traffic, kept twice, some late, sealed now and then: every answer is the oracle's."""
    random = Random(ZONE)
    events, now = traffic.traffic(3, ZONE, people=8, days=2)
    in_time = sorted(events, key=lambda event: event.time_ms)
    warm = house.sandbox()
    clock_ms = 0
    for _, hours in groupby(in_time, lambda event: event.time_ms // (4 * HOUR_MS)):
        part = list(hours)
        punctual = [event for n, event in enumerate(part) if n % 7]
        clock_ms = max(clock_ms + HOUR_MS, part[-1].time_ms)
        house.keep(punctual, clock_ms)
        house.sealer().seal(clock_ms)
        clock_ms += HOUR_MS
        house.keep(part[::7] + punctual[:5], clock_ms)
        house.sealer().seal(clock_ms)
    now = clock_ms
    for _ in range(12):
        question = questions.random_question(random, now, ZONE)
        expected = naive.answer(question, in_time, ZONE, now)
        told = house.ask(question, now, warm)
        assert expected["results"] == told["results"]
        assert expected["totals"]["metrics"] == told["totals"]


def seal(house, now):
    """As the function does."""
    sealer = house.sealer()
    sealer.seal(now)
    return sealer.redate(now)


def test_a_site_is_told_in_the_zone_it_is_given(house):
    """What was sealed, what is not yet, and what comes after, in a sandbox that stays warm."""
    random, west = Random(1), "America/New_York"
    events, now = traffic.traffic(4, ZONE, people=8, days=2)
    events = sorted(events, key=lambda event: event.time_ms)
    warm = house.sandbox()
    for _, hours in groupby(events[:-10], lambda event: event.time_ms // (4 * HOUR_MS)):
        part = list(hours)
        house.sealer().seal(part[0].time_ms)
        house.keep(part, part[-1].time_ms)
    house.ask({"range": "7d", "metrics": ["visitors"]}, events[-10].time_ms, warm)
    house.zone = west
    seal(house, events[-10].time_ms)
    house.keep(events[-10:], now)
    for _ in range(2):
        for _ in range(8):
            question = questions.random_question(random, now, west)
            expected = naive.answer(question, events, west, now)
            told = house.ask(question, now, warm)
            assert expected["results"] == told["results"]
            assert expected["totals"]["metrics"] == told["totals"]
        seal(house, now)
    files = house.sandbox().lake.manifest().files
    assert {file.zone for file in files} == {west}
    assert house.sealer().seal(now).files == 0


def test_what_is_too_much_to_redate_at_once_stays_in_files_of_its_own_zone(house, monkeypatch):
    """What may be today is told in the new zone, months before as they were, and all of it once."""
    monkeypatch.setattr(sealer, "REDATED_EVENTS", 1)
    months = [
        views(20, first=20 * n, at_ms=first_ms - 20 * n - 10)
        for n, first_ms in enumerate(day_span(date(2026, m, 1), ZONE).start_ms for m in (5, 6, 7))
    ]
    for events in months:
        house.keep(events, events[-1].time_ms)
        house.sealer().seal(events[-1].time_ms)
    now = months[-1][-1].time_ms + 1
    house.zone = "America/New_York"
    seal(house, now)
    files = house.sandbox().lake.manifest().files
    told = {(file.first_day.month, file.zone) for file in files}
    assert told == {(4, ZONE), (5, ZONE), (6, house.zone)}
    by_month = {"range": "12mo", "metrics": ["events"], "dimensions": ["time:month"]}
    told = house.ask(by_month, now)["results"]
    assert [row["metrics"] for row in told if row["metrics"] != [0]] == [[10], [20], [30]]


def test_two_who_write_at_once_write_files_of_their_own(house):
    """Whoever is slower writes over nothing that counts."""
    house.keep(views(4), NOON_MS)
    first, second = house.sealer(), house.sealer()
    first.seal(NOON_MS)
    names = {file.name for file in house.sandbox().lake.manifest().files}
    second._tail.lake._manifest = Manifest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(second._tail.lake, "manifest", Manifest)
        assert second.seal(NOON_MS).raced
    assert {file.name for file in house.sandbox().lake.manifest().files} == names
    assert house.visitors_of_30_days(NOON_MS + 1000) == [4, 4]


def test_a_zone_that_cannot_be_told_is_tried_an_hour_later(house, monkeypatch):
    """All else goes on meanwhile."""
    house.keep(views(4), NOON_MS)
    house.sealer().seal(NOON_MS)
    house.zone = "America/New_York"
    sealer_ = house.sealer()
    sealer_.seal(NOON_MS)
    with monkeypatch.context() as patch:
        patch.setattr(sealer, "Redating", None)
        with pytest.raises(TypeError):
            sealer_.redate(NOON_MS)
    assert sealer_.redate(NOON_MS + MINUTE_MS) is None
    house.keep(views(2, first=4), NOON_MS + HOUR_MS)
    assert sealer_.seal(NOON_MS + HOUR_MS).files > 0
    assert sealer_.redate(NOON_MS + HOUR_MS) == "shop"
    assert house.visitors_of_30_days(NOON_MS + 2 * HOUR_MS) == [6, 6]


def test_what_was_read_is_not_sent_again(house, dynamodb):
    """A warm sandbox is sent what was kept since its last question, wherever in time it lies."""
    sent = []

    def count(request):
        answer = dynamodb.query(**request)
        sent.extend(answer["Items"] if request["TableName"] == EVENTS else [])
        return answer

    warm = house.sandbox(events=Failing(dynamodb, query=count))
    house.keep(views(30), NOON_MS)
    assert house.visitors_of_30_days(NOON_MS + 2 * MINUTE_MS, warm) == [30, 30]
    sent.clear()
    later_ms = NOON_MS + 3 * MINUTE_MS
    house.keep(views(2, first=30, at_ms=NOON_MS - 5 * MINUTE_MS), later_ms)
    assert house.visitors_of_30_days(later_ms, warm) == [32, 32]
    assert len(sent) == 2


def test_a_reading_that_fails_half_way_is_begun_anew(house, dynamodb):
    """A table that is throttled at any of a question's queries: the next question tells all."""
    for fails_at in range(1, 6):
        left = [fails_at]

        def fail(request, left=left):
            left[0] -= request["TableName"] == EVENTS
            if left[0] == 0:
                raise CutOffError

        warm = house.sandbox(events=Failing(dynamodb, query=fail))
        house.keep(views(1, first=fails_at), NOON_MS)
        with pytest.raises(CutOffError):
            house.visitors_of_30_days(NOON_MS, warm)
        assert house.visitors_of_30_days(NOON_MS + 5 * MINUTE_MS, warm) == [fails_at] * 2


def test_what_was_just_kept_is_told(house):
    """The tail is read from the table at each question, before anything is sealed."""
    warm = house.sandbox()
    house.keep(views(3), NOON_MS)
    assert house.visitors_of_30_days(NOON_MS + 1000, warm) == [3, 3]
    house.keep(views(2, first=3), NOON_MS + 2000)
    assert house.visitors_of_30_days(NOON_MS + 3000, warm) == [5, 5]


def test_history_outlives_the_table(house, dynamodb):
    """Sealed events are told when the table has long forgotten them."""
    house.keep(views(4), NOON_MS)
    assert house.sealer().seal(NOON_MS + 1000).files > 0
    later = NOON_MS + 5 * DAY_MS
    assert house.visitors_of_30_days(later) == [4, 4]


def test_sealing_twice_writes_nothing_new(house):
    """A second run over the same events finds them all in the files."""
    house.keep(views(4), NOON_MS)
    house.sealer().seal(NOON_MS + 1000)
    assert house.sealer().seal(NOON_MS + 2000).files == 0
    assert house.visitors_of_30_days(NOON_MS + 3000) == [4, 4]


def test_of_two_sealers_one_wins(house):
    """Two that began with the same manifest: one swaps it, the other leaves no trace in it."""
    house.keep(views(4), NOON_MS)
    house.sealer().seal(NOON_MS)
    house.keep(views(4, first=4), NOON_MS + 1000)
    slow = house.sandbox()
    before = slow.lake.manifest()
    house.sealer().seal(NOON_MS + 2000)
    with pytest.raises(Raced):
        slow.lake.publish(
            before, new=[], gone=before.files, sealed_ms=0, swept_ms=0, now_ms=NOON_MS
        )
    assert house.visitors_of_30_days(NOON_MS + 3000) == [8, 8]


@pytest.mark.parametrize("step", range(5))
def test_a_sealer_cut_off_loses_nothing(house, dynamodb, s3, step):
    """Ended at any write, the lake is as it was, and the next run seals all."""
    left = [step]

    def cut(_):
        if left[0] == 0:
            raise CutOffError
        left[0] -= 1

    house.keep(views(4), NOON_MS)
    house.sealer().seal(NOON_MS)
    house.keep(views(4, first=4), NOON_MS + 1000)
    sealer = house.sealer(
        s3=Failing(s3, put_object=cut, delete_object=cut),
        dynamodb=Failing(dynamodb, put_item=cut),
    )
    with pytest.raises(CutOffError):
        sealer.seal(NOON_MS + 2000)
    assert house.visitors_of_30_days(NOON_MS + 3000) == [8, 8]
    house.sealer().seal(NOON_MS + 4000)
    assert house.visitors_of_30_days(NOON_MS + 5 * DAY_MS) == [8, 8]


def test_late_events_are_found_within_the_hour(house):
    """An event that comes hours late is sealed by the next sweep."""
    house.keep(views(2), NOON_MS)
    house.sealer().seal(NOON_MS + 1000)
    house.keep(views(1, first=2, at_ms=NOON_MS - 5 * HOUR_MS), NOON_MS + 2000)
    house.sealer().seal(NOON_MS + HOUR_MS + 2000)
    assert house.visitors_of_30_days(NOON_MS + 2 * DAY_MS) == [3, 3]


@pytest.mark.parametrize("ahead_ms", [-HOUR_MS, HOUR_MS])
def test_clocks_may_differ(house, ahead_ms):
    """Whether the sealer's clock is ahead or behind, each event is told and told once."""
    warm = house.sandbox()
    house.keep(views(2), NOON_MS)
    house.sealer().seal(NOON_MS + 1000 + ahead_ms)
    assert house.visitors_of_30_days(NOON_MS + 1000, warm) == [2, 2]
    house.keep(views(1, first=2), NOON_MS + 2000)
    assert house.visitors_of_30_days(NOON_MS + 3000, warm) == [3, 3]
    house.sealer().seal(NOON_MS + 4000)
    house.sealer().seal(NOON_MS + 2 * HOUR_MS)
    assert house.visitors_of_30_days(NOON_MS + 5 * DAY_MS) == [3, 3]


def test_a_sealer_that_was_off_for_days_misses_nothing(house, dynamodb):
    """With a long time to live all that came meanwhile is sealed by the first run after it."""
    house.keep(views(1), NOON_MS)
    house.sealer().seal(NOON_MS)
    house.hot = DynamoHot(dynamodb, EVENTS, shards=2, ttl_hours=96, pause=lambda _: None)
    house.keep(views(2, first=1, at_ms=NOON_MS + HOUR_MS), NOON_MS + HOUR_MS)
    later = NOON_MS + 3 * DAY_MS
    assert house.visitors_of_30_days(later) == [3, 3]
    house.sealer().seal(later)
    assert house.visitors_of_30_days(later + 5 * DAY_MS) == [3, 3]


def test_a_damaged_file_is_not_read(house, s3):
    """A file that is not as it was written is told as such, never counted."""
    house.keep(views(2), NOON_MS)
    house.sealer().seal(NOON_MS)
    for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        if item["Key"].endswith(".parquet"):
            s3.put_object(Bucket=BUCKET, Key=item["Key"], Body=b"PAR1")
    with pytest.raises(Exception, match="damaged"):
        house.visitors_of_30_days(NOON_MS + DAY_MS)


def test_replaced_files_go_after_an_hour(house, s3):
    """Readers of the manifest before may still fetch what it named, for an hour."""
    for n in range(3):
        house.keep(views(1, first=n), NOON_MS + n * HOUR_MS)
        house.sealer().seal(NOON_MS + n * HOUR_MS)
    house.sealer().seal(NOON_MS + 5 * HOUR_MS)
    named = {file.name for file in house.sandbox().lake.manifest().files}
    keys = {item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert {key for key in keys if key.endswith(".parquet")} == named


def test_idle_sessions_leave_the_index(dynamodb):
    """A session that was idle for half an hour ends; one that went on meanwhile stays."""
    sessions = DynamoSessions(dynamodb, SESSIONS, shards=1, ttl_hours=24)
    for name, at_ms in (("idle", NOON_MS), ("here", NOON_MS + 20 * MINUTE_MS)):
        sessions.touch([(an_event(time_ms=at_ms), Told(session_id=name))], at_ms)
    now_ms = NOON_MS + 40 * MINUTE_MS
    assert end_idle_sessions(dynamodb, SESSIONS, shards=1, now_ms=now_ms) == 1
    items = dynamodb.scan(TableName=SESSIONS)["Items"]
    assert [item["session_id"]["S"] for item in items if "is_active" in item] == ["here"]
