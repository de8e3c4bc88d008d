"""What takes too long is ended, by one thread that comes and goes."""

import threading

from liveinsight.adapters.sql.deadlines import Deadlines


def watching():
    return {thread for thread in threading.enumerate() if thread.name == "deadlines"}


def test_what_takes_too_long_is_halted():
    """Each at its own time, whatever was begun before."""
    deadlines, halted = Deadlines(), threading.Event()
    with deadlines.within(3600, lambda: None), deadlines.within(0.01, halted.set):
        assert halted.wait(60)


def test_what_ends_in_time_is_left_alone_and_leaves_nobody_behind():
    """Its thread ends with it, so that a command ends too."""
    before, deadlines, halted = watching(), Deadlines(), threading.Event()
    for _ in range(20):
        with deadlines.within(3600, halted.set):
            pass
    for thread in watching() - before:
        thread.join(60)
    assert watching() <= before
    assert not halted.is_set()


def test_who_stays_watches_with_no_thread_more():
    """A question needs no new thread then."""
    deadlines = Deadlines()
    deadlines.stay()
    before, halted = watching(), threading.Event()
    with deadlines.within(0.01, halted.set):
        assert halted.wait(60)
        assert watching() <= before
    with deadlines.within(3600, halted.set):
        assert watching() <= before
