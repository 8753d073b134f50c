"""Generated providers under explore(): one that is right is never blamed, and a mistake is found."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.links import a_link

from pytest_remotelinks import FakeJira

BASE = "/rest/remotelinks/1.0"
#: The accounts of the links, by id.
ACCOUNTS = {"a": "x", "b": "x", "c": "y"}

fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@dataclass
class CarefulProvider:
    """Sends growing numbers, reads back what it will delete, waits for its deletions, and repeats what was refused."""

    jira: FakeJira
    numbers: Iterator[int]
    #: Whether each submission is read back, since it may be deleted later.
    reads_back: bool
    states: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    #: The links that it has submitted and not deleted.
    known: set[str] = field(default_factory=set)

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.jira.url.rpartition(":")[2]), timeout=30)
        try:
            while True:
                headers = {"Authorization": "JWT a.b.c", "Content-Type": "application/json"}
                connection.request(method, BASE + path, json.dumps(body) if body is not None else None, headers)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != 503:
                    return answer.status, json.loads(content) if content else None
        finally:
            connection.close()

    def send(self, id: str, number: int, **members: Any) -> None:
        link = a_link(id, number, displayName=f"state {next(self.states)}", **members)
        self.request("POST", "/bulk", {"remoteLinks": [link], "properties": {"account": ACCOUNTS.get(id, "z")}})

    def submit(self, id: str) -> None:
        number = next(self.numbers)
        self.send(id, number)
        self.known.add(id)
        if self.reads_back:
            self.wait(id, lambda status, link: status == 200 and link["updateSequenceNumber"] == number)

    def delete(self, id: str) -> None:
        # A deletion of a link that is not there could not be waited for.
        if id in self.known:
            self.known.remove(id)
            self.request("DELETE", f"/remotelink/{id}")
            self.wait(id, lambda status, link: status == 404)

    def delete_by(self, account: str) -> None:
        self.request("DELETE", f"/bulkByProperties?{urlencode({'account': account})}")
        for id, its_account in ACCOUNTS.items():
            if its_account == account:
                self.wait(id, lambda status, link: status == 404)

    def wait(self, id: str, done: Callable[[int, Any], bool]) -> None:
        for _ in range(60):
            if done(*self.request("GET", f"/remotelink/{id}")):
                return
        raise TimeoutError(f"{id} was read too often")


STEP = st.tuples(st.sampled_from(["submit", "submit", "delete"]), st.sampled_from("abc"))
STEPS = st.lists(STEP, max_size=4).map(lambda steps: [("submit", "a"), *steps])


FEW = st.lists(STEP, max_size=2)


def numbering(by_clock: bool) -> Callable[[], Iterator[int]]:
    """What makes the numbers of a run: a counter that begins at 1, or a clock that goes on between the runs."""
    clock = itertools.count(1_700_000_000_000)
    return lambda: clock if by_clock else itertools.count(1)


def run_steps(provider: CarefulProvider, steps: list[tuple[str, str]]) -> None:
    for step, id in steps:
        provider.submit(id) if step == "submit" else provider.delete(id)


@given(steps=STEPS, by_clock=st.booleans(), refused=st.sets(st.integers(0, 9), max_size=2), threads=st.booleans())
@fixtures
def test_right_provider_is_never_blamed(jira, steps, by_clock, refused, threads):
    """A provider that is right passes, however it numbers, with requests that fail, and with a thread for each link."""
    jira.reset()
    numbers = numbering(by_clock)
    for after in sorted(refused):
        jira.fail_next(503, after=after)

    def scenario(given: FakeJira) -> None:
        provider = CarefulProvider(given, numbers(), reads_back=any(step == "delete" for step, _ in steps))
        if threads:
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(lambda id: run_steps(provider, [step for step in steps if step[1] == id]), ACCOUNTS))
        else:
            run_steps(provider, steps)

    found = jira.explore(scenario, runs=6)
    assert 1 <= found.runs <= 6
    assert [violation.code for violation in jira.violations] == []


@given(steps=STEPS, account=st.sampled_from("xy"), by_clock=st.booleans())
@settings(parent=fixtures, max_examples=max(5, settings().max_examples // 8))
def test_right_deletion_by_properties(jira, steps, account, by_clock):
    """Deleting by an account and waiting until its links are gone is right, if there are any."""
    jira.reset()
    numbers = numbering(by_clock)
    id = next(id for id, its_account in ACCOUNTS.items() if its_account == account)

    def scenario(given: FakeJira) -> None:
        provider = CarefulProvider(given, numbers(), reads_back=True)
        run_steps(provider, [step for step in steps if step[0] == "submit"])
        provider.submit(id)
        provider.delete_by(account)
        provider.submit(id)

    jira.explore(scenario, runs=6)
    assert id in jira.links


def constant_number(provider: CarefulProvider) -> None:
    provider.send("m", 7)
    provider.send("m", 7)


def lower_number(provider: CarefulProvider) -> None:
    provider.send("m", 7)
    provider.send("m", 6, lastUpdated="2026-01-31T13:00:00Z")


def hasty_deletion(provider: CarefulProvider) -> None:
    provider.send("m", next(provider.numbers))
    provider.request("DELETE", "/remotelink/m")


def only_last_read_back(provider: CarefulProvider) -> None:
    provider.send("m", next(provider.numbers))
    provider.submit("m")
    provider.request("DELETE", "/remotelink/m")


def hasty_submission(provider: CarefulProvider) -> None:
    provider.submit("m")
    provider.request("DELETE", "/remotelink/m")
    provider.send("m", next(provider.numbers))


def hasty_deletion_by_properties(provider: CarefulProvider) -> None:
    provider.send("m", next(provider.numbers))
    provider.request("DELETE", "/bulkByProperties?account=z")


MISTAKES = {
    constant_number: "give each update a higher updateSequenceNumber",
    lower_number: "",
    hasty_deletion: "read the link back before deleting it",
    only_last_read_back: "read the link back before deleting it",
    hasty_submission: "wait until the deletion can be read back",
    hasty_deletion_by_properties: "read the link back before deleting it",
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
@given(before=FEW, after=FEW, by_clock=st.booleans())
@settings(parent=fixtures, max_examples=max(5, settings().max_examples // 10))
def test_mistake_is_found(jira, mistake, before, after, by_clock):
    """A mistake between right steps is found, and the first line names the link, the last what to change."""
    jira.reset()
    numbers = numbering(by_clock)

    def scenario(given: FakeJira) -> None:
        provider = CarefulProvider(given, numbers(), reads_back=True)
        run_steps(provider, before)
        mistake(provider)
        run_steps(provider, after)

    if mistake is lower_number:
        # In every order the higher number wins, so this is not a matter of the arrival order: a rule says it at once.
        jira.explore(scenario, runs=4)
        assert {violation.code for violation in jira.violations} == {"RL401"}
        return
    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario, runs=30)
    first, *_, last = str(caught.value).splitlines()
    assert first.startswith("'m' ")
    assert last.startswith(f"change: {MISTAKES[mistake]}")
