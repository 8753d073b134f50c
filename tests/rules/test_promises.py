"""Which requests are too early for the Retry-Afters that an app was answered, under any sequence of requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks.rules.retries import Promises
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

WAITS = st.lists(st.one_of(st.none(), st.integers(1, 30)), min_size=1, max_size=60)


def request_of(worker):
    return Request("POST", "/bulk", Headers(), body=b"%d" % worker)


class App:
    """An app's promises, and the answers that it gets."""

    def __init__(self, waits):
        self.promises = Promises()
        self.waits = iter(waits)

    def send(self, worker, began, now):
        """Send a worker's request. Return the promise for which it is too early, and the seconds that it must wait."""
        early = self.promises.early(request_of(worker), "submit", began, now)
        self.promises.arrive(request_of(worker), "submit", began, now)
        seconds = next(self.waits, None)
        if seconds is not None:
            self.promises.add(request_of(worker), "submit", 429, seconds, now)
        else:
            self.promises.end("submit", now)
        return early, seconds


@given(waits=WAITS, gaps=st.lists(st.floats(0.001, 40), min_size=60, max_size=60))
def test_one_worker(waits, gaps):
    """The next request of an app with one worker is early exactly if it comes before the end of the last wait."""
    app, now, until = App(waits), 1000.0, 0.0
    for gap in gaps:
        now += gap
        early, seconds = app.send(1, now - 0.0005, now)
        assert (early is not None) == (now < until - 0.05)
        until = now + seconds if seconds is not None else 0.0


@given(waits=WAITS, workers=st.integers(2, 20), late=st.lists(st.floats(0, 50), min_size=90, max_size=90), taken=st.floats(0, 0.2))
def test_workers_that_wait(waits, workers, late, taken):
    """However many workers each wait as long as they were told, none is early."""
    app, late = App([None, None, *waits]), iter(late)
    # Two requests under way at once show that there are several workers.
    app.send(0, 999.0, 1000.0)
    app.send(1, 999.0, 1000.0)
    due = [(1000.0 + number / 100, number) for number in range(workers)]
    while due:
        due.sort()
        began, worker = due.pop(0)
        early, seconds = app.send(worker, began, began + taken)
        assert early is None
        if seconds is not None:
            due.append((began + taken + seconds + next(late), worker))


@given(
    workers=st.lists(st.tuples(st.floats(0, 0.9), st.integers(1, 30)), min_size=2, max_size=20), late=st.lists(st.floats(0, 5), min_size=20)
)
def test_workers_that_start_one_after_the_other(workers, late):
    """Workers whose requests never overlap are not early either, if each waits and then goes on with another request."""
    app, now, due = App([seconds for _, seconds in workers]), 1000.0, []
    for worker, (gap, _) in enumerate(workers):
        now += gap / len(workers) + 0.001
        early, seconds = app.send(worker, now - 0.0005, now)
        assert early is None
        due.append((now + seconds + late[worker], worker))
    for began, worker in sorted(due):
        assert app.send(worker, began, began + 0.0005)[0] is None
        assert app.send(100 + worker, began + 0.0006, began + 0.0007)[0] is None


@given(seconds=st.lists(st.integers(2, 30), min_size=2, max_size=20), share=st.floats(0, 0.9))
def test_workers_that_repeat_early(seconds, share):
    """As long as no wait has passed, each worker that repeats its request is early."""
    app = App([None, None, *seconds, *seconds])
    for worker in range(2):
        app.send(worker, 999.0, 1000.0)
    for worker, _ in enumerate(seconds):
        app.send(worker, 1000.5, 1001.0)
    for worker, _ in enumerate(seconds):
        early, _ = app.send(worker, 1001.5, 1001.5 + share * (min(seconds) - 0.6))
        assert early is not None
