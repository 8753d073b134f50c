"""Mistakes that mypy and pyright must refuse: each line ignores one error, and an ignore without an error is an error."""

from __future__ import annotations

from pytest_remotelinks import FakeJira, MakeFakeJira


def misspelt(fake_jira: FakeJira, make_fake_jira: MakeFakeJira) -> None:
    fake_jira.fail_next(operation="sumbit")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    make_fake_jira(consistencey="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    FakeJira(unmet_faults="fail")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    fake_jira.assert_stored(17)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    fake_jira.garble_next("jpeg")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
