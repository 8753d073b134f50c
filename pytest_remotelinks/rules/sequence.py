"""RL4xx: sequence numbers, compared with those that were accepted before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_remotelinks.rules.app_history import Known, Stale
from pytest_remotelinks.rules.examples import a_link, example, submission
from pytest_remotelinks.rules.rule import REFERENCE, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.pointer import pointer_to
from pytest_remotelinks.wire.times import read_time

_REPLACED = f"{REFERENCE}: a stored link is replaced only by one with a higher updateSequenceNumber"

RL401 = Rule(
    code="RL401",
    name="sequence-number-falls",
    severity="error",
    refusal=None,
    summary="A link that changed has a higher updateSequenceNumber than before.",
    why="Jira takes the link, answers 202 and stores nothing of it. An update that merely arrives late is fine, and is told by its older lastUpdated.",
    source=_REPLACED,
    broken=example(
        submission(a_link(updateSequenceNumber=7)),
        submission(a_link(updateSequenceNumber=6, displayName="SQL injection, fixed", lastUpdated="2026-01-31T12:05:00Z")),
    ),
    fixed=example(
        submission(a_link(updateSequenceNumber=7)),
        submission(a_link(updateSequenceNumber=8, displayName="SQL injection, fixed", lastUpdated="2026-01-31T12:05:00Z")),
    ),
)

RL402 = Rule(
    code="RL402",
    name="sequence-number-reused",
    severity="error",
    refusal=None,
    summary="An updateSequenceNumber goes with one state of a link.",
    why="Of two states with the same number the one that arrives first stays, and which one that is nobody can tell. A clock in seconds is the usual cause.",
    source=_REPLACED,
    broken=example(submission(), submission(a_link(displayName="SQL injection, fixed"))),
    fixed=example(submission(), submission(a_link(displayName="SQL injection, fixed", updateSequenceNumber=2))),
)


_GROW = "give every change a higher number than the one before, such as the time of the change in milliseconds"


def check_order(violations: Violations, links: list[Any], stale: Iterable[Stale]) -> None:
    """Report accepted links whose data Jira will ignore, though it is not older than what it has."""
    for index, known in stale:
        link = links[index]
        if link == known.data:
            continue
        new, old = link["updateSequenceNumber"], known.number
        pointer = pointer_to(("remoteLinks", index, "updateSequenceNumber"))
        if new == old:
            violations.add(
                RL402,
                f"the number {new} was already sent with other data ({_changed(link, known)}), which stays; this is ignored",
                pointer,
                _GROW,
                new,
                link=index,
            )
        elif not _is_older(link, known):
            violations.add(
                RL401,
                f"the number {new} is lower than the {old} sent before, though lastUpdated is not older and the data changed "
                f"({_changed(link, known)}); it is ignored",
                pointer,
                f"{_GROW}; an update that is late on purpose carries its own, older lastUpdated",
                new,
                link=index,
            )


def _is_older(link: dict[str, Any], known: Known) -> bool:
    """Whether the link says itself that it was changed before the known one: then it only comes late."""
    new, old = read_time(link.get("lastUpdated")), read_time(known.data.get("lastUpdated"))
    return new is not None and old is not None and new < old


def _changed(link: dict[str, Any], known: Known) -> str:
    names = sorted(
        name
        for name in link.keys() | known.data.keys()
        if name != "updateSequenceNumber" and (name not in link or name not in known.data or link[name] != known.data[name])
    )
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "") if names else "nothing but the number"
