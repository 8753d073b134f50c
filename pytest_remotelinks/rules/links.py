"""RL2xx: what a submitted link may be; RL201, its schema, is checked with the request's in ``request``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_remotelinks.apis.api import Api, Id
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.schema import any_of, shapes
from pytest_remotelinks.rules.examples import a_link, example, submission
from pytest_remotelinks.rules.payload import Payload
from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, REFERENCE, REJECTS_LINK, Rule
from pytest_remotelinks.rules.schema_hints import issue_key_hint, lacks_envelope
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import pointer_to


def _issues(*keys: str) -> dict[str, object]:
    return {"associationType": "issueKeys", "values": list(keys)}


def _numbered(kind: str, prefix: str, count: int) -> dict[str, object]:
    return {"associationType": kind, "values": [f"{prefix}-{number}" for number in range(1, count + 1)]}


RL201 = Rule(
    code="RL201",
    name="link-schema",
    severity="error",
    refusal=REJECTS_LINK,
    summary="A remote link fits the document's schema.",
    why="Jira accepts the other links of the submission, answers 202, and lists this one among the rejected. A provider that reads only the status loses it.",
    source=f"{DOCUMENT}: the schema of a remote link; {REFERENCE}: each link is validated separately",
    broken=example(submission(a_link(url="<string>"))),
    fixed=example(submission()),
)

RL202 = Rule(
    code="RL202",
    name="too-many-associations",
    severity="error",
    refusal=REJECTS_LINK,
    summary="A link has at most 500 association values in all.",
    why="The limit is on all types together, which the schema of a single list cannot express.",
    source=f"{REFERENCE}: the text of an association's values",
    broken=example(submission(a_link(associations=[_numbered("issueKeys", "SHOP", 400), _numbered("serviceIdOrKeys", "service", 101)]))),
    fixed=example(submission(a_link(associations=[_numbered("issueKeys", "SHOP", 400), _numbered("serviceIdOrKeys", "service", 100)]))),
)

RL203 = Rule(
    code="RL203",
    name="duplicate-association-type",
    severity="error",
    refusal=REJECTS_LINK,
    summary="A link has each association type at most once.",
    why="A link has at most two associations, of different types. Of a type that appears twice, one list would have to be dropped.",
    source=f"{REFERENCE}: the text of a link's associations",
    broken=example(submission(a_link(associations=[_issues("SHOP-1"), _issues("SHOP-2")]))),
    fixed=example(submission(a_link(associations=[_issues("SHOP-1", "SHOP-2")]))),
)

RL204 = Rule(
    code="RL204",
    name="duplicate-id",
    severity="warning",
    refusal=None,
    summary="A submission has each link id at most once.",
    why="The higher updateSequenceNumber wins, and the other entry is wasted. Often two objects share an id by mistake.",
    source=f"{REFERENCE}: a link is identified by its id; that both entries are checked is {ASSUMPTION}",
    broken=example(submission(a_link(), a_link(updateSequenceNumber=2))),
    fixed=example(submission(a_link(), a_link(id="alert-2"))),
)

RL205 = Rule(
    code="RL205",
    name="loose-issue-key",
    severity="error",
    refusal=None,
    summary="An issue key matches its pattern as a whole, not just in part.",
    why="The newer document's pattern is not anchored, so the schema also allows a sentence that contains a key. No issue has that key, and the link is not displayed anywhere.",
    source=f"{DOCUMENT} of 2026-06: the pattern of an issue association's values",
    broken=example(submission(a_link(associations=[_issues("see SHOP-1")]))),
    fixed=example(submission(a_link(associations=[_issues("SHOP-1")]))),
)

RL206 = Rule(
    code="RL206",
    name="unknown-member",
    severity="warning",
    refusal=None,
    summary="Objects have only members that are in the schema.",
    why="Jira accepts an unknown member and ignores it. Usually a name is misspelled, and what it should have set is missing.",
    source=f"{DOCUMENT}: the schema of a submission; that such members are accepted is {ASSUMPTION}",
    broken=example(submission(a_link(desciption="The order number reaches the database unescaped."))),
    fixed=example(submission(a_link(description="The order number reaches the database unescaped."))),
)

#: The values of all associations of one link together; published in the text of "values".
ASSOCIATION_VALUES_LIMIT = 500

Path = tuple[str | int, ...]


def check_ids(violations: Violations, api: Api, entities: list[Any]) -> None:
    """Report ids that a submission has more than once."""
    # Where several members identify an entity, none of them alone is at fault.
    member = api.identity if len(api.identity) == 1 else ()
    first: dict[Id, int] = {}
    for index, entity in enumerate(entities):
        id = api.id_of(entity)
        if id is None:
            continue
        if id in first:
            violations.add(
                RL204,
                f"the id is also at {api.pointer(first[id])}; of the two, the higher {api.sequence_member} wins",
                api.pointer(index, *member),
                f"send each {api.noun} once in a submission, in its newest state",
                id,
                link=index,
            )
        first.setdefault(id, index)


def check_links(violations: Violations, document: Document, entities: list[Any]) -> None:
    """Check each link of a submission beyond its schema."""
    for index, link in enumerate(entities):
        if not isinstance(link, dict):
            continue
        associations = link.get(document.api.associations_member)
        if isinstance(associations, list):
            _check_associations(violations, document, index, associations)


def check_members(violations: Violations, document: Document, payload: dict[str, Any]) -> None:
    """Report the members of a submission, and of all that is in it, that are not in its schema."""
    # Each member of a link without its envelope would be one; that is reported once.
    if lacks_envelope(document.api, payload):
        return
    hinted = Payload(document, payload)
    for place, name in unknown_members(document.submission_schema, payload, ()):
        in_link = place[:1] == (document.api.list_member,) and len(place) > 1
        violations.add(
            RL206,
            f"the schema has no member '{name}'; Jira accepts and ignores it",
            pointer_to((*place, name)),
            hinted.unknown_member(place, name),
            link=int(place[1]) if in_link else None,
        )


def _check_associations(violations: Violations, document: Document, index: int, associations: list[Any]) -> None:
    api, member = document.api, document.api.associations_member
    seen: dict[str, int] = {}
    count = 0
    for position, association in enumerate(associations):
        if not isinstance(association, dict):
            continue
        kind, values = association.get(api.association_type_member), association.get(api.association_values_member)
        if isinstance(kind, str):
            if kind in seen:
                violations.add(
                    RL203,
                    f"the association type {kind!a} is already at position {seen[kind]}",
                    api.pointer(index, member, position, api.association_type_member),
                    "put all values of one type into one association",
                    kind,
                    link=index,
                )
            seen.setdefault(kind, position)
        if isinstance(values, list):
            count += len(values)
            if isinstance(kind, str):
                _check_issue_keys(violations, document, index, (member, position), kind, values)
    if count > ASSOCIATION_VALUES_LIMIT:
        violations.add(
            RL202,
            f"the associations have {count} values; all types together may have {ASSOCIATION_VALUES_LIMIT}",
            api.pointer(index, member),
            f"keep {ASSOCIATION_VALUES_LIMIT} of them, or split the link into several with different ids",
            count,
            link=index,
        )


def _check_issue_keys(violations: Violations, document: Document, index: int, path: Path, kind: str, values: list[Any]) -> None:
    pattern = document.value_patterns.get(kind)
    if pattern is None:
        return
    for position, value in enumerate(values):
        part = pattern.search(value) if isinstance(value, str) else None
        if part is not None and not pattern.fullmatch(value):
            violations.add(
                RL205,
                f"{value!a} only contains something like an issue key; the document's pattern is not anchored, and no issue has this key",
                document.api.pointer(index, *path, document.api.association_values_member, position),
                Fix("strip", safe=True) if pattern.fullmatch(value.strip()) else issue_key_hint(value),
                value,
                link=index,
            )


def unknown_members(schema: dict[str, Any], value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Members that are not in the schema: the path of their object, and the name."""
    stated = list(shapes(schema))
    if isinstance(value, list):
        entries = any_of([shape["items"] for shape in stated if "items" in shape])
        for index, inner in enumerate(value):
            yield from unknown_members(entries, inner, (*path, index))
    elif isinstance(value, dict):
        known: dict[str, list[dict[str, Any]]] = {}
        for shape in stated:
            for name, member in shape.get("properties", {}).items():
                known.setdefault(name, []).append(member)
        if not known or any("additionalProperties" in shape for shape in stated):
            return
        for name, inner in value.items():
            if name in known:
                yield from unknown_members(any_of(known[name]), inner, (*path, name))
            else:
                yield path, name
