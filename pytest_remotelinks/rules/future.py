"""RL9xx: what a newer contract will refuse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_remotelinks.contract.diff.versions import published_on
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.rules.examples import a_link, example, submission
from pytest_remotelinks.rules.rule import DOCUMENT, Rule
from pytest_remotelinks.rules.violation import Violation, selects

RL901 = Rule(
    code="RL901",
    name="refused-by-newer-contract",
    severity="warning",
    refusal=None,
    summary="A request fits the newer published contract too.",
    why="It is accepted today and refused as soon as Jira follows the newer document, which may already be the case.",
    source=f"{DOCUMENT}: the versions of 2023-06-15 and 2026-06-10, compared; or the document of remotelinks_next_contract",
    broken=example(submission(*(a_link(id=f"alert-{number}") for number in range(101))), contract="2023-06"),
    fixed=example(submission(*(a_link(id=f"alert-{number}") for number in range(100))), contract="2023-06"),
)


def check_future(newer: Document, ignore: tuple[str, ...], now: Iterable[Violation], later: Iterable[Violation]) -> tuple[Violation, ...]:
    """Warn of what only the newer document refuses; ``now`` and ``later`` are the violations of both documents."""
    if selects(ignore, RL901.code):
        return ()
    errors = [violation for violation in now if violation.severity == "error"]
    # What is wrong today is fixed first. The newer document often has another code for the same mistake.
    pointers = {violation.pointer for violation in errors}
    links = {violation.link for violation in errors if violation.link is not None}
    new = [
        violation
        for violation in later
        if violation.severity == "error" and violation.pointer not in pointers and violation.link not in links
    ]
    name = _name(newer) if new else ""
    return tuple(
        replace(
            violation, code=RL901.code, severity=RL901.severity, message=f"{name} refuses this by {violation.code}: {violation.message}"
        )
        for violation in new
    )


def _name(document: Document) -> str:
    day = published_on(document)
    version = f", version {document.version}" if document.version not in ("", document.name) else ""
    return f"contract {document.name}{version}{f', published on {day}' if day else ''},"
