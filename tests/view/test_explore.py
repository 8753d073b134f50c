"""The search through orders of arrival: what it finds, what it says, and when it cannot tell."""

from __future__ import annotations

import itertools
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_remotelinks import FakeJira
from pytest_remotelinks.view import explore


def test_two_updates_with_one_number(jira, provider, link):
    """Two updates with one sequence number fail when they arrive in the other order."""

    def scenario(_):
        provider.submit(link(sequence=1, displayName="open"))
        provider.submit(link(sequence=1, displayName="fixed"))

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario)
    message = str(caught.value)
    assert message.startswith("'1' loses write 1 if it arrives after write 2: updateSequenceNumber 1 is not higher than 1\nfound in run 2;")
    assert "  2 submit '1', updateSequenceNumber 1  (before 1, sent earlier)\n  1 submit '1'" in message
    assert "1 submit '1', updateSequenceNumber 1: ignored: 1 equals the 1 that is stored\n" in message
    assert "1.displayName: expected 'open', it is 'fixed'" in message
    assert "change: " in message
    assert "a higher updateSequenceNumber" in message


def test_deletion_before_submission(jira, provider, link):
    """A deletion that arrives before its submission leaves the link stored."""

    def scenario(_):
        provider.submit(link())
        provider.delete("1")

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario)
    assert str(caught.value).startswith("'1' stays stored if write 1 arrives after its deletion, write 2\n")
    assert "2 delete '1'  (before 1, sent earlier): deletes nothing\n" in str(caught.value)
    assert "1: not expected, it is stored" in str(caught.value)
    assert "read the link back before deleting it" in str(caught.value)


def test_reading_back_is_safe(jira, provider, link):
    """A provider that reads back before it goes on passes under every order."""

    def scenario(_):
        provider.submit(link())
        while provider.read("1").status_code == 404:
            pass
        provider.delete("1")
        while provider.read("1").status_code == 200:
            pass
        provider.submit(link(sequence=1, displayName="again"))

    found = jira.explore(scenario, expected={"1": {"displayName": "again"}})
    assert found.exhaustive
    assert found.runs == 6


def test_growing_numbers(jira, provider, link):
    """Growing sequence numbers pass under every order."""

    def scenario(_):
        for sequence in range(1, 5):
            provider.submit(link(sequence=sequence, displayName=f"state {sequence}"), link("other", sequence=sequence))

    found = jira.explore(scenario, runs=30)
    assert (found.runs, found.exhaustive) == (30, False)
    jira.assert_stored("1", displayName="state 4")
    assert not [found for found in jira.violations if not found.expected]


def test_few_writes_are_exhausted(jira, provider, link):
    """Few writes are tried in every order that makes a difference."""

    def scenario(_):
        for sequence in range(1, 4):
            provider.submit(link(sequence=sequence), link(f"other {sequence}"))

    found = jira.explore(scenario)
    # Three writes of one link; those of other links make no difference.
    assert (found.runs, found.exhaustive) == (6, True)


def test_shortest_order_is_reported(jira, provider, link):
    """The shortest failing order is reported, also if a longer one was found first."""

    def scenario(_):
        for number in range(6):
            provider.submit(link(f"{number}"), properties={"account": "a"})
        provider.delete_by(account="a")

    for runs in (5, 1000):
        with pytest.raises(AssertionError) as caught:
            jira.explore(scenario, runs=runs)
        overtaking = [line for line in str(caught.value).splitlines() if "sent earlier" in line]
        assert len(overtaking) == 1
        assert re.search(r"7 delete-by-properties .*\(before \d, sent earlier\)", overtaking[0])


def test_assertion_in_scenario_or_check(jira, provider, link):
    """An assertion in the scenario or in the check makes a run fail."""

    def scenario(given):
        assert given is jira
        provider.submit(link(sequence=2, displayName="new"))
        provider.submit(link(sequence=1, displayName="old", lastUpdated="2026-01-01T00:00:00Z"))

    assert jira.explore(scenario).runs == 2
    with pytest.raises(AssertionError, match=r"^an assertion of check failed: nothing may be overtaken\n"):
        jira.explore(scenario, check=lambda: _in_order(jira))


def _in_order(jira):
    numbers = [write.number for write in jira.arrivals]
    assert numbers == sorted(numbers), "nothing may be overtaken"


def test_failure_in_order_of_sending(jira, provider, link):
    """A scenario that fails in the order of sending is reported as such."""
    with pytest.raises(
        AssertionError, match="fails even if every write arrives in the order of sending\nwhat is stored then is not as expected"
    ):
        jira.explore(lambda _: provider.submit(link()), expected={"2": {}})


def test_settings_after_exploring(make_site, provider_of, link):
    """After exploring, the policy and the known issues are as before."""
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    jira.known_issues = {"ABC-1"}
    jira.explore(lambda _: provider.submit(link()))
    assert jira.known_issues == {"ABC-1"}
    jira.reset()
    provider.submit(link())
    provider.read("1")
    assert len(jira.pending) == 1


@pytest.mark.parametrize("runs", [0, -1, 1.5, True])
def test_impossible_runs(jira, runs):
    """A number of runs below 1, or not a whole number, is refused."""
    with pytest.raises(ValueError, match="runs must be a whole number, 1 or more"):
        jira.explore(lambda _: None, runs=runs)


def test_scenario_that_writes_nothing(jira, provider, link):
    """A scenario of which Jira accepted no write is refused, with its requests."""
    with pytest.raises(AssertionError, match=r"^no write of the scenario was accepted(.|\n)*its requests:\n  request 1: GET"):
        jira.explore(lambda _: provider.read("1"))
    with pytest.raises(AssertionError, match=r"^no write of the scenario was accepted(.|\n)*RL201"):
        jira.explore(lambda _: provider.submit(link(url="<string>")), expected={"1": {}})


def test_explore_without_pytest(provider_of, link):
    """Exploring works without pytest's fixtures."""
    with FakeJira() as jira:
        provider = provider_of(jira)
        assert jira.explore(lambda _: provider.submit(link(), link("2"))).exhaustive


def test_late_submission_after_read_back(jira, provider, link):
    """A late submission is found behind one that was read back."""

    def scenario(_):
        provider.submit(link(sequence=1))
        provider.submit(link(sequence=2))
        while provider.read("1").status_code == 404:
            pass
        provider.delete("1")

    with pytest.raises(AssertionError, match=r"3 delete '1'  \(before 2, sent earlier\)"):
        jira.explore(scenario, expected={})


def test_record_keeps_violations_of_all_runs(jira, provider, link):
    """The record keeps the earlier requests, the violations of all runs, and the last run."""
    provider.submit(link("before", url="<string>"))

    def scenario(_):
        provider.send("GET", "/bulk")
        provider.submit(link("a", sequence=1))
        provider.submit(link("a", sequence=2))

    jira.explore(scenario)
    assert [violation.code for violation in jira.violations] == ["RL201", "RL105", "RL105"]
    assert [exchange.operation for exchange in jira.requests[-2:]] == ["submit"] * 2


def test_expected_violations_around_explore(jira, provider, link):
    """Violations that are expected around explore() stay expected."""
    with jira.expect_violations("RL105"):
        provider.send("GET", "/bulk")
        jira.explore(lambda _: provider.submit(link()))
    with jira.expect_violations("RL105"):
        jira.explore(lambda _: [provider.send("GET", "/bulk"), provider.submit(link())])
    assert [found for found in jira.violations if not found.expected] == []


def growing(provider, link):
    for sequence in range(1, 4):
        provider.submit(link(sequence=sequence))


def test_every_run_has_the_planned_faults(jira, provider, link):
    """Every run has the faults that were planned before, and they are planned still."""
    jira.rate_limit(4)
    jira.fail_next(503, retry_after=30, after=3)
    assert jira.explore(lambda _: growing(provider, link)).runs == 6
    assert [exchange.fault for exchange in jira.requests] == ["", "", ""]
    assert [provider.read("2").status_code for _ in range(3)] == [404, 404, 404]
    assert provider.submit(link("2")).status_code == 503, "it is planned still"


def test_earlier_retry_after_is_over(jira, provider, link):
    """A Retry-After from before does not concern the runs."""
    jira.fail_next(429, retry_after=60)
    provider.submit(link())
    assert jira.explore(lambda _: growing(provider, link)).runs == 6


def test_failure_shows_faults(jira, provider, link):
    """A failure shows the requests that failed with a fault."""

    def scenario(_):
        jira.fail_next(500, after=len(jira.requests))
        growing(provider, link)
        if [write.number for write in jira.pending]:
            provider.read("1")
            assert jira.link("1")["updateSequenceNumber"] == 1, "the first one came first"

    with pytest.raises(
        AssertionError,
        match=r"the first one came first(.|\n)*requests that failed with a fault:\n  request \d: POST .*\(fault: fail_next\)",
    ):
        jira.explore(scenario, expected={})


class Boom(Exception):
    pass


@pytest.mark.parametrize("error", [Boom("bang"), pytest.fail.Exception("bang")])
def test_failure_of_scenario_shows_order(jira, provider, link, error):
    """Any exception of a scenario is reported with its order, and is the cause."""

    def scenario(_):
        provider.submit(link(sequence=1))
        provider.submit(link(sequence=2))
        provider.read("1")
        if jira.link("1")["updateSequenceNumber"] == 2:
            raise error

    with pytest.raises(
        AssertionError, match=r"^the scenario raised (Boom|Failed): bang\n(.|\n)*2 submit '1', updateSequenceNumber 2  \(before 1"
    ) as caught:
        jira.explore(scenario)
    assert caught.value.__cause__ is error


def test_repeated_link_keeps_its_order(make_site, provider_of, link):
    """Two links of one id in one submission keep their order."""
    jira = make_site(ignore=["RL204"])
    provider = provider_of(jira)
    found = jira.explore(lambda _: provider.submit(link(displayName="first"), link(displayName="second")))
    assert (found.runs, found.exhaustive) == (1, True)


def test_coroutine_is_refused(jira):
    """A scenario that is or returns a coroutine is refused."""

    async def scenario():
        raise AssertionError

    with pytest.raises(TypeError, match=r"lambda jira: asyncio\.run"):
        jira.explore(scenario)
    with pytest.raises(AssertionError, match="TypeError: the scenario returned a coroutine"):
        jira.explore(lambda _: scenario())


def test_large_batches(jira, provider, link):
    """Submissions of many links can be explored."""

    def scenario(_):
        provider.submit(*(link(str(number)) for number in range(100)), properties={"account": "a"})
        provider.submit(*(link(str(number), sequence=2) for number in range(100)), properties={"account": "a"})

    assert not jira.explore(scenario, runs=10).exhaustive

    def clearing(_):
        scenario(_)
        provider.delete_by(account="a")

    with pytest.raises(AssertionError, match=r"201 delete-by-properties .*\(before \d+, sent earlier\)"):
        jira.explore(clearing, runs=10)


def test_sampled_order_is_shortened(jira, provider, link):
    """An order that was found by sampling is shortened to the one write that matters."""

    def scenario(_):
        for sequence in range(1, 9):
            provider.submit(link(sequence=sequence))

    def the_last_is_not_the_first():
        assert jira.arrivals[0].number != 8

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario, runs=40, check=the_last_is_not_the_first, seed=1)
    lines = [line for line in str(caught.value).splitlines() if "sent earlier" in line]
    assert lines == ["  8 submit '1', updateSequenceNumber 8  (before 1, 2, 3, 4, 5, 6, 7, sent earlier)"]


@pytest.mark.parametrize("scenario", [lambda: None, lambda _, other: None, 5])
def test_scenario_takes_the_fake(jira, scenario):
    """A scenario that cannot be called with the fake is one clear TypeError."""
    with pytest.raises(TypeError, match="calls the scenario with this fake Jira"):
        jira.explore(scenario)


def test_scenario_is_given_the_fake(jira, provider, link):
    """A scenario is always called with the fake."""
    given = []

    def scenario(*arguments):
        given.append(arguments)
        provider.submit(link())

    jira.explore(scenario)
    assert set(given) == {(jira,)}


def said(jira, scenario, **more):
    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario, **more)
    return str(caught.value)


def test_clock_numbers_are_right(jira, provider, link):
    """A provider that numbers by a clock is not blamed: its numbers differ in each run."""
    clock = itertools.count(1_700_000_000_000)

    def scenario(_):
        for state in ("open", "fixed", "closed"):
            provider.submit(link(sequence=next(clock), displayName=state))

    assert jira.explore(scenario).runs == 6
    jira.assert_stored("1", displayName="closed")


def test_random_ids(jira, provider, link):
    """A provider may make up new ids in each run, and is blamed only for its mistakes."""
    numbers = itertools.count()

    def scenario(_, growth=1):
        id = f"alert-{next(numbers)}"
        for step in range(3):
            provider.submit(link(id, sequence=1 + step * growth, displayName=f"state {step}"))

    assert jira.explore(scenario).runs == 6
    message = said(jira, lambda given: scenario(given, growth=0))
    assert re.match(r"'alert-\d+' loses write 1 if it arrives after write 2: updateSequenceNumber 1 is not higher than 1\n", message)


def test_scenario_sends_nothing(jira):
    """A scenario that sends nothing is not a success."""
    for more in ({}, {"expected": {}}, {"expected": {"1": {}}}, {"check": lambda: None}):
        message = said(jira, lambda _: None, **more)
        assert message.startswith("the scenario sent nothing: does it send in the background? call wait_idle()\n")
        assert f"let it use the URL of the fake that it is called with: {jira.url}" in message


def test_scenario_asserts_too_early(jira):
    """A scenario that fails before anything was sent is asked whether it sends in the background."""
    message = said(jira, lambda given: given.assert_submitted("1"))
    assert message.startswith(
        "the scenario fails even if every write arrives in the order of sending\nan assertion of the scenario failed:"
    )
    assert "it had sent nothing by then\nchange: let the scenario wait at its end for what it sends in the background" in message


@pytest.mark.parametrize("before", [0, 1])
def test_scenario_sends_after_it_returned(jira, provider, link, before):
    """What is sent after the scenario has returned is named, also if something was sent before."""
    returned = threading.Event()
    threads = []

    def work():
        returned.wait()
        provider.submit(link("late"))

    def scenario(_):
        for _ in range(before):
            provider.submit(link())
        threads.append(threading.Thread(target=work))
        threads[-1].start()

    # It is sent when the search waits for what may still come.
    wait_idle = jira.wait_idle
    jira.wait_idle = lambda **settings: [returned.set(), jira.wait_for_submission("late", timeout=30), wait_idle(**settings)]
    message = said(jira, scenario)
    for thread in threads:
        thread.join()
    assert message.startswith(f"a request came after the scenario had returned\n\nsent in the background:\n  request {before + 1}: POST")
    assert "join the thread, or call wait_for_submission() and then wait_idle()" in message


@pytest.mark.parametrize("writes", [1, 2])
def test_request_between_runs(jira, provider, link, monkeypatch, writes):
    """What is sent between two runs, or after the last, is named, too."""
    check_first = explore._check_first

    def checking(*arguments):
        provider.submit(link("late"))
        check_first(*arguments)

    def scenario(_):
        for sequence in range(writes):
            provider.submit(link(sequence=sequence))

    monkeypatch.setattr(explore, "_check_first", checking)
    assert said(jira, scenario).startswith("a request came after the scenario had returned\n")


def test_scenario_with_a_memory(jira, provider, link):
    """A scenario that remembers what it has sent sends less in the second run, which is not the order's fault."""
    known = set()

    def scenario(_):
        for sequence in (1, 2, 3):
            if sequence not in known:
                provider.submit(link(sequence=sequence))
            known.add(sequence)

    message = said(jira, scenario)
    assert message.startswith("explore() cannot tell: the scenario sent 3 submissions in run 1, and nothing in run 2\n")
    assert "change: make anew in the scenario everything that has a memory" in message


def test_scenario_sends_less_and_fails(jira, provider, link):
    """A scenario that fails in a later run before anything has arrived is not repeatable, and its exception is the cause."""
    runs = itertools.count(1)

    def scenario(_):
        provider.submit(link(sequence=1))
        if next(runs) > 1:
            raise Boom("out of alerts")
        provider.submit(link(sequence=2))
        provider.delete("1")

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario, expected={})
    assert str(caught.value).startswith(
        "explore() cannot tell: the scenario sent 1 deletion and 2 submissions in run 1, and 1 submission in run 2\n"
        "no write had arrived before it returned, so the arrival order is not the cause\n"
        "the scenario raised Boom: out of alerts\n"
    )
    assert isinstance(caught.value.__cause__, Boom)


@pytest.mark.parametrize("failing", [{2}, {2, 4}])
def test_same_order_two_results(jira, provider, link, failing):
    """A failure that does not come again in the same order, or comes in the order of sending, is not the order's fault."""
    runs = itertools.count(1)

    def scenario(_):
        run = next(runs)
        provider.submit(link(sequence=1))
        provider.submit(link(sequence=2))
        if run in failing or (failing == {2, 4} and run == 3):
            raise Boom("now and then")

    message = said(jira, scenario)
    which = "run 2 failed, and run 3 passed" if failing == {2} else "the order of sending passed in run 1 and failed in run 4"
    assert message.startswith(f"explore() cannot tell: the same order gave two results: {which}\nthe scenario raised Boom: now and then\n")


def test_failure_while_shortening(jira, provider, link):
    """A failure that no longer comes when the shortest order is run once more is not the order's fault."""
    runs = itertools.count(1)

    def scenario(_):
        run = next(runs)
        provider.submit(link(sequence=1))
        provider.submit(link(sequence=2))
        if run in (2, 3):
            raise Boom("twice")

    assert "the same order gave two results: run 2 failed, and run 6 passed" in said(jira, scenario)


def test_check_returns_false(jira, provider, link):
    """A check that returns False fails; one that returns nothing, or something else, passes."""

    def growing(_):
        for sequence in (1, 2):
            provider.submit(link(sequence=sequence))

    for result in (None, True, 0, ""):
        assert jira.explore(growing, check=lambda result=result: result).runs == 2
    message = said(jira, growing, check=lambda: False)
    assert message.startswith(
        "the scenario fails even if every write arrives in the order of sending\ncheck returned False\n"
        "change: make it pass with the writes in order first"
    )
    message = said(jira, growing, check=lambda: [write.number for write in jira.arrivals] == [1, 2])
    assert message.startswith("check returned False\nfound in run 2; the writes arrived in an order that Jira allows:\n  2 submit '1'")


async def awaited():
    """A coroutine."""


def test_unfinished_results(jira, provider, link):
    """A check or a scenario that returns a coroutine or a generator has not done anything."""

    def generator(_):
        yield provider.submit(link())

    assert "TypeError: the scenario returned a generator" in said(jira, generator)
    assert "TypeError: check returned a coroutine" in said(jira, lambda _: provider.submit(link()), check=awaited)


def test_scenario_exits(jira, provider, link):
    """A command's exit is a failure of the scenario, not the end of the test run."""

    def scenario(_):
        provider.submit(link())
        raise SystemExit(0)

    assert "the scenario raised SystemExit: 0" in said(jira, scenario)


def test_silent_assertion(jira, provider, link):
    """An assertion without words is named as well as can be."""

    def check():
        raise AssertionError

    assert said(jira, lambda _: provider.submit(link()), check=check).splitlines()[1] == "an assertion of check failed"


def test_violation_in_some_order(jira, provider, link):
    """A provider that violates the contract only after an arrival order gets that in its report."""

    def scenario(_):
        provider.submit(link(sequence=1))
        provider.submit(link(sequence=2))
        provider.read("1")
        if provider.read("1").json()["updateSequenceNumber"] == 2:
            provider.send("PUT", "/bulk")

    message = said(jira, scenario)
    assert message.startswith("the provider violated the contract: RL105\nfound in run 2")


def test_deletion_overtaken_by_a_new_submission(jira, provider, link):
    """A deletion that arrives after what was submitted later deletes it."""

    def scenario(_):
        provider.submit(link(sequence=1))
        while provider.read("1").status_code == 404:
            pass
        provider.delete("1")
        provider.submit(link(sequence=2))

    message = said(jira, scenario)
    assert message.startswith("'1' is lost if write 2, a deletion, arrives after write 3\n")
    assert "  2 delete '1': deletes '1'\n" in message
    assert "change: wait until the deletion can be read back before submitting again" in message


def test_number_restarts_after_a_deletion(jira, provider, link):
    """A number that starts again after a deletion loses against a submission that arrives after the deletion."""

    def scenario(_):
        provider.submit(link(sequence=5))
        provider.delete("1")
        provider.submit(link(sequence=1, displayName="again"))

    message = said(jira, scenario, runs=3)
    assert "read the link back before deleting it" in message or "wait until the deletion can be read back" in message


def test_properties_depend_on_the_order(jira, provider, link):
    """Also what a link was submitted with must not depend on the order."""

    def scenario(_):
        provider.submit(link(), properties={"account": "a"})
        provider.submit(link(), properties={"account": "b"})

    message = said(jira, scenario)
    assert "1.properties.account: expected 'a', it is 'b'" in message


def test_member_in_one_state_only(jira, provider, link):
    """A member that only the wrong state has is shown."""

    def scenario(_):
        provider.submit(link())
        provider.submit(link(description="more"))

    assert "  1.description: not expected, it is 'more'" in said(jira, scenario)


def test_threads_that_send_different_links(jira, provider, link):
    """Threads may send different links in another order each time: what was sent of each link has its order."""

    def send(id, growth=1):
        for step in range(3):
            provider.submit(link(id, sequence=1 + step * growth, displayName=f"state {step}"))

    def scenario(_, growths=(1, 1, 1)):
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(send, "abc", growths))

    assert jira.explore(scenario, runs=40).runs == 40
    message = said(jira, lambda given: scenario(given, growths=(1, 0, 1)), runs=200)
    assert message.startswith("'b' loses write ")


def test_proof_that_does_not_come_again(jira, provider, link):
    """A state that an arrival order left is a proof, also if the scenario then sends something else."""
    runs = itertools.count(1)

    def scenario(_):
        growth = next(runs) != 2
        for step in range(2):
            provider.submit(link(sequence=1 + step * growth, displayName=f"state {step}"))

    message = said(jira, scenario)
    assert message.startswith("'1' loses write 1 if it arrives after write 2")
    assert "in another run with this order all was well: the scenario does not send the same each time" in message


def test_order_of_sending_across_links(jira, provider, link):
    """The first run has the order of sending, also where a read could show only a deletion by properties."""

    def scenario(_):
        provider.submit(link("a"), properties={"account": "x"})
        provider.delete_by(account="x")
        provider.read("b")

    assert "stays stored if write 1 arrives after its deletion, write 2" in said(jira, scenario)
    assert [write.number for write in jira.arrivals] == [2, 1]
    assert said(jira, scenario, expected={"z": {}}).startswith("the scenario fails even if every write arrives in the order of sending")
    assert [write.number for write in jira.arrivals] == [1, 2]


def test_app_uninstalled_in_the_scenario(make_site, provider_of, link, descriptor):
    """What an app sent before it was uninstalled is gone in every order."""
    jira = make_site()

    def scenario(_):
        jira.install(descriptor)
        bearer = {"Authorization": f"Bearer {jira.token()}"}
        for sequence in (1, 2):
            provider_of(jira).post({"remoteLinks": [link(sequence=sequence)]}, headers=bearer)
        assert len(jira.pending) == 2
        jira.uninstall()
        assert jira.pending == []

    assert jira.explore(scenario).exhaustive
    assert jira.explore(scenario, expected={}).exhaustive


def test_deletions_by_properties_are_counted(jira, provider, link):
    """What a run sent is counted in words."""
    runs = itertools.count(1)

    def scenario(_):
        provider.submit(link())
        for _ in range(next(runs)):
            provider.delete_by(account="a")

    message = said(jira, scenario)
    assert "sent 1 deletion by properties and 1 submission in run 1, and 2 deletions by properties and 1 submission in run 2" in message
