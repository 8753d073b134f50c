"""RL9xx: what a newer contract will refuse."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_remotelinks.contract.document import Document, published_on
from pytest_remotelinks.rules.examples import a_link, example, submission
from pytest_remotelinks.rules.rule import DOCUMENT, Rule
from pytest_remotelinks.rules.violation import Violation, Violations

RL901 = Rule(
    code="RL901",
    name="refused-by-newer-contract",
    severity="warning",
    refusal=None,
    summary="A request fits the newer published contract too.",
    why="It is taken today and refused as soon as Jira goes by the newer document, which may already be the case.",
    source=f"{DOCUMENT}: the versions of 2023-06-15 and 2026-06-10, compared; or the document that remotelinks_next_contract names",
    broken=example(submission(*(a_link(id=f"alert-{number}") for number in range(101))), contract="2023-06"),
    fixed=example(submission(*(a_link(id=f"alert-{number}") for number in range(100))), contract="2023-06"),
)


def check_future(
    document: Document, ignore: tuple[str, ...], now: Iterable[Violation], later: Iterable[Violation]
) -> tuple[Violation, ...]:
    """Warnings of what only the newer document refuses; ``now`` and ``later`` are the verdicts of both."""
    violations = Violations(ignore)
    errors = [violation for violation in now if violation.severity == "error"]
    # What is wrong today is mended first; the newer document often has another name for the same fault.
    pointers = {violation.pointer for violation in errors}
    links = {violation.link for violation in errors if violation.link is not None}
    named = ""
    for violation in later:
        if violation.severity == "error" and violation.pointer not in pointers and violation.link not in links:
            named = named or _named(document)
            violations.add(
                RL901,
                f"{named} refuses this by {violation.code}: {violation.message}",
                violation.pointer,
                violation.hint,
                violation.value,
                link=violation.link,
            )
    return tuple(violations.found)


def _named(document: Document) -> str:
    day = published_on(document)
    version = f", version {document.version}" if document.version not in ("", document.name) else ""
    return f"contract {document.name}{version}{f', published on {day}' if day else ''},"
