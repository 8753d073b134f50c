"""RL4xx: sequence numbers, compared with those that were accepted before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_remotelinks.apis.api import Api
from pytest_remotelinks.rules.examples import a_link, example, submission
from pytest_remotelinks.rules.retries import Stale
from pytest_remotelinks.rules.rule import REFERENCE, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.times import read_time

_REPLACED = f"{REFERENCE}: a stored link is replaced only by one with a higher updateSequenceNumber"

RL401 = Rule(
    code="RL401",
    name="sequence-number-decreased",
    severity="error",
    refusal=None,
    summary="A link that changed has a higher updateSequenceNumber than before.",
    why="Jira accepts the link, answers 202 and ignores its data. An update that merely arrives late is fine; its lastUpdated is older.",
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
    summary="An updateSequenceNumber belongs to one state of a link.",
    why="Of two states with the same number the one that arrives first stays, and the order of arrival is not guaranteed. A clock in seconds is the usual cause.",
    source=_REPLACED,
    broken=example(submission(), submission(a_link(displayName="SQL injection, fixed"))),
    fixed=example(submission(), submission(a_link(displayName="SQL injection, fixed", updateSequenceNumber=2))),
)

_INCREASE = "give every change a higher number than the one before, such as the time of the change in milliseconds"


def check_sequence(violations: Violations, api: Api, entities: list[Any], stale: Iterable[Stale]) -> None:
    """Report accepted links whose data Jira will ignore, although it is not older than what is stored."""
    for index, known in stale:
        entity = entities[index]
        if entity == known.data:
            continue
        new, old = entity[api.sequence_member], known.number
        changed = _changed(api, entity, known.data)
        if new == old:
            violations.add(
                RL402,
                f"the number {new} was already sent with other data ({changed}), which stays; this is ignored",
                api.pointer(index, api.sequence_member),
                _INCREASE,
                new,
                link=index,
            )
        elif not _is_older(entity, known.data):
            violations.add(
                RL401,
                f"the number {new} is lower than the {old} sent before, although lastUpdated is not older and the data changed "
                f"({changed}); it is ignored",
                api.pointer(index, api.sequence_member),
                f"{_INCREASE}; an update that is late on purpose has its own, older lastUpdated",
                new,
                link=index,
            )


def _is_older(entity: dict[str, Any], known: dict[str, Any]) -> bool:
    """Whether the entity says that it was changed before the known one: then it is only late."""
    new, old = read_time(entity.get("lastUpdated")), read_time(known.get("lastUpdated"))
    return new is not None and old is not None and new < old


def _changed(api: Api, entity: dict[str, Any], known: dict[str, Any]) -> str:
    names = sorted(
        name
        for name in entity.keys() | known.keys()
        if name != api.sequence_member and (name not in entity or name not in known or entity[name] != known[name])
    )
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "") if names else "nothing but the number"
