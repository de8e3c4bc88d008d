import os

import pytest

from liveinsight.middleware import Sender, View

PAGE = View("https://shop.example/a", ip="203.0.113.7", user_agent="Agent")


def test_a_view_arrives_with_what_is_known_of_it(sender, collector):
    """The event has the fields of the interface, and the key goes along."""
    sender.view(PAGE)
    sender.close()
    ((path, headers, body),) = collector.requests
    (event,) = body["events"]
    assert (path, headers["x-api-key"]) == ("/api/events", "key")
    assert len(event.pop("event_id")) == 32
    assert event.pop("timestamp") > 1_700_000_000_000
    assert event == {
        "site": "shop",
        "event_type": "page_view",
        "page_url": "https://shop.example/a",
        "ip": "203.0.113.7",
        "user_agent": "Agent",
    }


def test_events_of_the_sites_own(sender, collector):
    """Name, properties, revenue and user are told as given."""
    revenue = {"amount": "12.90", "currency": "EUR"}
    sender.track("Purchase", PAGE, props={"plan": "pro"}, revenue=revenue, user_id="u1")
    sender.close()
    (event,) = collector.events
    assert event["event_type"] == "Purchase"
    assert (event["props"], event["revenue"], event["user_id"]) == (
        {"plan": "pro"},
        revenue,
        "u1",
    )


def test_a_stop_loses_nothing(sender, collector):
    """All that waits is sent before the end, in batches the collector takes."""
    for _ in range(250):
        sender.view(PAGE)
    sender.close()
    assert len({event["event_id"] for event in collector.events}) == 250
    assert max(len(body["events"]) for _, _, body in collector.requests) <= 100
    assert sender.dropped == 0


def test_what_is_not_taken_is_sent_again_with_the_same_ids(sender, collector):
    """Sending again is harmless, and so it is done."""
    collector.statuses.extend((503, 429))
    sender.view(PAGE)
    sender.close()
    assert len(collector.events) == 1


def test_what_is_refused_is_not_sent_again(sender, collector):
    """A wrong key stays wrong; what was lost is counted."""
    collector.statuses.append(403)
    sender.view(PAGE)
    sender.close()
    assert (collector.events, sender.dropped) == ([], 1)


def test_a_slow_collector_never_holds_a_request(collector):
    """A full queue drops the newest and says how many; nothing waits and nothing is raised."""
    sender = Sender(collector.url, "key", site="shop", queue_size=10)
    collector.hold.clear()
    for _ in range(500):
        sender.view(PAGE)
    assert sender.dropped > 0
    collector.hold.set()
    sender.close()
    assert len(collector.events) + sender.dropped == 500


def test_a_stop_gives_up_on_a_collector_that_is_gone(collector):
    """The site can stop although nobody listens."""
    sender = Sender("http://127.0.0.1:9", "key", site="shop", timeout_s=1)
    sender.view(PAGE)
    sender.close(within_s=0.3)
    assert sender.dropped == 1


def test_a_closed_sender_starts_again(sender, collector):
    """Some servers stop and start their application within one process."""
    sender.view(PAGE)
    sender.close()
    sender.view(PAGE)
    sender.close()
    assert len(collector.events) == 2


def test_wishes_not_to_be_counted_are_passed_on(sender, collector):
    """Whether they are honoured is the site's setting; each goes with its own kind."""
    for gpc, dnt in ((True, False), (False, True), (False, False), (True, False)):
        sender.view(View("https://shop.example/", gpc=gpc, dnt=dnt))
    sender.close()
    told = {
        (headers.get("sec-gpc"), headers.get("dnt")): len(body["events"])
        for _, headers, body in collector.requests
    }
    assert told == {("1", None): 2, (None, "1"): 1, (None, None): 1}


def test_beside_the_script_nothing_is_counted(collector):
    """The doctor is told who got a page, and no more than that."""
    sender = Sender(collector.url, "key", site="shop", beside_script=True)
    sender.view(PAGE)
    sender.close()
    assert [(path, body) for path, _, body in collector.requests] == [
        ("/api/doctor?site=shop", {"views": [{"ip": "203.0.113.7", "user_agent": "Agent"}]})
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_sends_its_own(sender, collector):
    """Servers that load the application and then fork: each event arrives once."""
    sender.view(PAGE)
    child = os.fork()
    if child == 0:
        try:
            sender.view(PAGE)
            sender.close()
        finally:
            os._exit(0)  # whatever happens: a second run of all tests, and its end, is nobody's
    os.waitpid(child, 0)
    sender.close()
    assert len(collector.events) == len({event["event_id"] for event in collector.events}) == 2
