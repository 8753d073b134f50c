"""Random operations, policies, faults and moves of the clock over HTTP, compared with a model."""

from __future__ import annotations

import http.client
import json
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from support.model import Model

from pytest_remotelinks import FakeJira

BASE = "/rest/remotelinks/1.0"
IDS = st.sampled_from("abc")
ACCOUNTS = st.sampled_from(["x", "y"])
#: What a fault does to the next request.
FAULTS = st.sampled_from(
    ["refused", "refused with a wait", "dropped unread", "dropped after it took effect", "garbled", "truncated", "after another"]
)
POLICIES = [
    "immediate",
    "after-reads:1",
    "after-reads:3",
    "after-seconds:1000",
    "manual",
    "shuffled:1",
    "shuffled:2",
    "submit=after-reads:2,delete=manual,delete-by-properties=after-seconds:1000",
    "submit=after-reads:2,delete=after-reads:1,delete-by-properties=after-reads:3",
    "submit=shuffled:3,delete=after-reads:1",
]
STEPS = 50


class AnyProvider(RuleBasedStateMachine):
    """A provider that sends anything at any time."""

    jira: ClassVar[FakeJira]

    def __init__(self) -> None:
        super().__init__()
        self.jira.reset()
        self.model = Model(self.jira.settings.policy)
        self.number = 0
        #: The faults that are planned for the next requests, None for a request that none hits.
        self.planned: list[str | None] = []
        self.rejected: set[str] = set()

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any] | None:
        """Status and JSON of the answer; None if the connection ended or the answer is not JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", int(self.jira.url.rpartition(":")[2]), timeout=30)
        headers = {"Authorization": "JWT a.b.c", "Content-Type": "application/json"}
        try:
            connection.request(method, BASE + path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def next_fault(self) -> str | None:
        """The fault that hits the request that is sent now."""
        return self.planned.pop(0) if self.planned else None

    def takes_effect(self, fault: str | None, answer: tuple[int, Any] | None) -> bool:
        """Check the answer against the fault. Return whether the request took effect."""
        match fault:
            case "refused":
                assert answer == (503, None)
            case "refused with a wait":
                assert answer == (429, None)
                self.jira.advance(60)  # as Retry-After asks
                self.model.now += 60
            case "dropped unread":
                assert answer is None
                return False
        if fault in ("refused", "refused with a wait"):
            self.model.answer()
            return False
        assert (answer is None) == (fault is not None and fault != "after another") or fault == "truncated"
        return True

    @rule(id=IDS, sequence=st.integers(0, 5), account=ACCOUNTS)
    def submit(self, id: str, sequence: int, account: str) -> None:
        self.number += 1
        link = {
            "id": id,
            "updateSequenceNumber": sequence,
            "displayName": f"{account} {self.number}",
            "url": "https://scanner.example/1",
            "type": "security",
            "lastUpdated": "2026-01-31T12:00:00Z",
        }
        fault = self.next_fault()
        answer = self.request("POST", "/bulk", {"remoteLinks": [link], "properties": {"account": account}})
        if self.takes_effect(fault, answer):
            if id not in self.rejected:
                self.model.accept("submit", id, sequence, account)
            if answer is not None:
                assert answer[0] == 202
                assert answer[1]["acceptedRemoteLinks"] == ([] if id in self.rejected else [id])
            self.model.answer()

    @rule(id=IDS)
    def delete(self, id: str) -> None:
        fault = self.next_fault()
        answer = self.request("DELETE", f"/remotelink/{id}")
        if self.takes_effect(fault, answer):
            self.model.accept("delete", id)
            self.model.answer()

    @rule(account=ACCOUNTS)
    def delete_by(self, account: str) -> None:
        fault = self.next_fault()
        answer = self.request("DELETE", f"/bulkByProperties?{urlencode({'account': account})}")
        if self.takes_effect(fault, answer):
            self.model.accept("delete-by-properties", account=account)
            self.model.answer()

    @rule(id=IDS)
    def read(self, id: str) -> None:
        fault = self.next_fault()
        answer = self.request("GET", f"/remotelink/{id}")
        if self.takes_effect(fault, answer):
            shown = self.model.read(id)
            self.model.answer()
            if answer is not None:
                assert answer[0] == (404 if shown is None else 200)
                assert shown is None or answer[1]["updateSequenceNumber"] == shown[0]

    @rule(fault=FAULTS)
    def plan_a_fault(self, fault: str) -> None:
        if self.planned:
            return
        match fault:
            case "refused":
                self.jira.fail_next(503)
            case "refused with a wait":
                self.jira.fail_next(429, retry_after=60)
            case "dropped unread":
                self.jira.drop_connection()
            case "dropped after it took effect":
                self.jira.drop_connection(applied=True)
            case "garbled":
                self.jira.garble_next()
            case "truncated":
                self.jira.garble_next("truncated")
            case "after another":
                self.jira.fail_next(503, times=2, after=1)
        self.planned = ["after another", "refused", "refused"] if fault == "after another" else [fault]
        if fault == "after another":
            self.planned[0] = None

    @rule(seconds=st.sampled_from([0, 400, 1000]))
    def advance(self, seconds: int) -> None:
        self.jira.advance(seconds)
        self.model.now += seconds
        self.model.arrive()

    @rule()
    def settle(self) -> None:
        self.jira.settle()
        self.model.settle()

    @rule(id=IDS)
    def reject(self, id: str) -> None:
        self.jira.reject(id)
        self.rejected.add(id)

    @invariant()
    def stored_links_match_the_model(self) -> None:
        assert {id: link["updateSequenceNumber"] for id, link in self.jira.links.items()} == {
            id: sequence for id, (sequence, _) in self.model.stored.items()
        }
        assert len(self.jira.pending) == sum(not write.again for write in self.model.pending)

    def teardown(self) -> None:
        self.jira.settle()
        self.model.settle()
        self.stored_links_match_the_model()


@pytest.mark.parametrize("examples", [3, pytest.param(80, marks=pytest.mark.slow)])
@pytest.mark.parametrize("policy", POLICIES)
def test_any_sequence_of_requests_matches_model(make_site, policy, examples):
    """After every step the stored links and the number of pending writes are those of the model."""

    class Machine(AnyProvider):
        jira = make_site(consistency=policy)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
        ),
    )
