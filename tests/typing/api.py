"""The public API as its users write it. Never run: mypy and pyright check it, both strictly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import ANY

import pytest

from pytest_remotelinks import (
    AfterReads,
    AfterSeconds,
    App,
    ContractViolation,
    Exchange,
    Exploration,
    FakeJira,
    Fault,
    Fix,
    Immediate,
    MakeFakeJira,
    Manual,
    RecordedViolation,
    ShownLink,
    Shuffled,
    Submission,
    Violation,
    Write,
    check_link,
    check_submission,
)


@pytest.fixture(scope="session")
def remotelinks_settings() -> dict[str, Any]:
    return {"consistency": {"submit": AfterReads(2), "delete": "manual"}, "ignore": ["RL206"], "unmet_faults": "error"}


@pytest.fixture
def busy_jira(make_fake_jira: MakeFakeJira) -> Iterator[FakeJira]:
    jira = make_fake_jira(consistency=Shuffled(7), strict=False, app=None, cloud_id="known")
    jira.rate_limit(10, per=60)
    with jira.maintenance(retry_after=5) as fault:
        yield jira
    assert fault.requests


def test_writes(fake_jira: FakeJira) -> None:
    fake_jira.known_issues = {"SHOP-12"}
    fake_jira.known_services = None
    submission: Submission = fake_jira.assert_submitted("1", displayName="name", updateSequenceNumber=ANY)
    accepted: bool = submission.accepted
    fake_jira.assert_stored("1", status={"label": "OPEN"})
    fake_jira.assert_not_stored("2")
    fake_jira.assert_deleted_by(account="acme")
    fake_jira.assert_deleted_by({"account-id": "acme"})
    linked: dict[str, Any] = fake_jira.assert_linked("1", issue="SHOP-12")
    pending: list[Write] = fake_jira.pending
    fake_jira.settle()
    fake_jira.advance(2.5)
    link: dict[str, Any] | None = fake_jira.link("1")
    shown: list[ShownLink] = fake_jira.issue("SHOP-12")
    assert accepted and not pending and linked == link and shown[0].lozenge


def test_record(fake_jira: FakeJira) -> None:
    exchange: Exchange = fake_jira.requests[0]
    sent: str | None = exchange.request.headers.get("Authorization")
    received: bytes = exchange.response.body
    assert exchange.number == 1 and exchange.operation in ("submit", "read") and exchange.status == 202 and sent and received
    with fake_jira.expect_violations("RL201") as found:
        pass
    violation: RecordedViolation = found[0]
    fix: Fix | None = violation.fix
    assert fix is None or (fix.action == "rename" and fix.pointer and fix.safe and fix.apply({}))
    assert violation.severity == "error" and violation.expected and violation.link_id == "1" and violation.request.number == 1


@pytest.mark.parametrize("policy", [Immediate(), Manual(), AfterSeconds(1.5), "after-reads:1"])
def test_faults(fake_jira: FakeJira, policy: Immediate | Manual | AfterSeconds | str) -> None:
    fault: Fault = fake_jira.fail_next(503, times=2, operation="submit", retry_after=5)
    met: list[Exchange] = fault.requests
    with fake_jira.renamed() as new_url:
        assert new_url.startswith("http") and fault.remaining == 2 and met == []
    fake_jira.drop_connection(applied=True, operation=["delete", "delete-by-properties"])
    fake_jira.garble_next("truncated")
    with FakeJira(consistency=policy, next_contract="2026-06") as other:
        app: App = other.install({"key": "scanner"}, shared_secret="secret")
        token: str = app.token(scopes=["write:jira-work"])
        app.assert_stored("1")
        assert app.links == {} and app.requests == [] and app.wait_until(lambda: app.link("1"))
        assert other.url and token
        found: Exploration = other.explore(lambda jira: jira.settle(), runs=5, expected={"1": {}})
        assert found.exhaustive


@pytest.mark.xfail(raises=ContractViolation)
def test_violation(fake_jira: FakeJira) -> None:
    try:
        fake_jira.assert_no_violations()
    except ContractViolation as violation:
        reason: AssertionError = violation
        raise reason from None


def test_without_a_server() -> None:
    violations: list[Violation] = check_link({"id": "1"}) + check_submission("{}", contract="2023-06")
    assert violations == []
