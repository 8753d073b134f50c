"""RL2xx: what is said of links in prose, and what the schema alone does not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.schema import shapes
from pytest_remotelinks.rules.examples import a_link, example, submission
from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, REFERENCE, REJECTS_LINK, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.pointer import pointer_to


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
    why="Jira takes the other links of the submission, answers 202, and names this one among the rejected: whoever reads only the status loses it.",
    source=f"{DOCUMENT}: the schema of a remote link; {REFERENCE}: each link is judged on its own",
    broken=example(submission(a_link(url="<string>"))),
    fixed=example(submission()),
)

RL202 = Rule(
    code="RL202",
    name="too-many-associations",
    severity="error",
    refusal=REJECTS_LINK,
    summary="A link's association values number 500 or fewer in all.",
    why="The limit is on all types together, which a schema of each list cannot say.",
    source=f"{REFERENCE}: the text of an association's values",
    broken=example(submission(a_link(associations=[_numbered("issueKeys", "SHOP", 400), _numbered("serviceIdOrKeys", "service", 101)]))),
    fixed=example(submission(a_link(associations=[_numbered("issueKeys", "SHOP", 400), _numbered("serviceIdOrKeys", "service", 100)]))),
)

RL203 = Rule(
    code="RL203",
    name="association-type-twice",
    severity="error",
    refusal=REJECTS_LINK,
    summary="A link gives each association type once.",
    why="There are two types and at most two associations; of a type that stands twice, one list would have to be dropped.",
    source=f"{REFERENCE}: the text of a link's associations",
    broken=example(submission(a_link(associations=[_issues("SHOP-1"), _issues("SHOP-2")]))),
    fixed=example(submission(a_link(associations=[_issues("SHOP-1", "SHOP-2")]))),
)

RL204 = Rule(
    code="RL204",
    name="id-twice",
    severity="warning",
    refusal=None,
    summary="A submission names each link id once.",
    why="The higher updateSequenceNumber wins, and the other entry is work for nothing. Often two objects share an id by mistake.",
    source=f"{REFERENCE}: a link is known by its id; that both are judged is {ASSUMPTION}",
    broken=example(submission(a_link(), a_link(updateSequenceNumber=2))),
    fixed=example(submission(a_link(), a_link(id="alert-2"))),
)

RL205 = Rule(
    code="RL205",
    name="loose-issue-key",
    severity="error",
    refusal=None,
    summary="An issue key matches its pattern as a whole, not just in part.",
    why="The newer document's pattern is not anchored, so a schema lets a sentence pass that only holds a key. No issue has that key, and the link is shown nowhere.",
    source=f"{DOCUMENT} of 2026-06: the pattern of an issue association's values",
    broken=example(submission(a_link(associations=[_issues("see SHOP-1")]))),
    fixed=example(submission(a_link(associations=[_issues("SHOP-1")]))),
)

RL206 = Rule(
    code="RL206",
    name="unknown-member",
    severity="warning",
    refusal=None,
    summary="Objects have only members that the schema names.",
    why="Jira takes the member and shows it nowhere. Usually a name is misspelled, and what it should have set is missing.",
    source=f"{DOCUMENT}: the schema of a remote link; that such members are taken is {ASSUMPTION}",
    broken=example(submission(a_link(desciption="The order number reaches the database unescaped."))),
    fixed=example(submission(a_link(description="The order number reaches the database unescaped."))),
)


#: All association values of one link together; published in the text of "values".
ASSOCIATION_VALUES_LIMIT = 500


def check_link(document: Document, violations: Violations, index: int, link: Any) -> None:
    """Judge one link of a submission, its schema apart."""
    if not isinstance(link, dict):
        return
    place = ("remoteLinks", index)
    associations = link.get("associations")
    if isinstance(associations, list):
        _check_associations(document, violations, index, associations)
    for path, name in unknown_members(document.link_schema, link, place):
        violations.add(
            RL206,
            f"the schema names no member '{name}'; Jira takes it and shows it nowhere",
            pointer_to((*path, name)),
            "leave it out, or check its spelling",
            link=index,
        )


def check_ids(violations: Violations, links: list[Any]) -> None:
    """Report ids that stand more than once in a submission."""
    first: dict[str, int] = {}
    for index, link in enumerate(links):
        link_id = link.get("id") if isinstance(link, dict) else None
        if not isinstance(link_id, str):
            continue
        if link_id in first:
            violations.add(
                RL204,
                f"the id also stands at /remoteLinks/{first[link_id]}; of the two, the higher updateSequenceNumber wins",
                pointer_to(("remoteLinks", index, "id")),
                "send each link once in a submission, in its newest state",
                link_id,
                link=index,
            )
        first.setdefault(link_id, index)


def _check_associations(document: Document, violations: Violations, index: int, associations: list[Any]) -> None:
    seen: dict[str, int] = {}
    count = 0
    for position, association in enumerate(associations):
        if not isinstance(association, dict):
            continue
        place = ("remoteLinks", index, "associations", position)
        name = association.get("associationType")
        values = association.get("values")
        if isinstance(name, str):
            if name in seen:
                violations.add(
                    RL203,
                    f"the association type {name!a} was already given at position {seen[name]}",
                    pointer_to((*place, "associationType")),
                    "put all values of one type into one association",
                    name,
                    link=index,
                )
            seen.setdefault(name, position)
        if isinstance(values, list):
            count += len(values)
            if isinstance(name, str):
                _check_issue_keys(document, violations, index, place, name, values)
    if count > ASSOCIATION_VALUES_LIMIT:
        violations.add(
            RL202,
            f"the associations hold {count} values; all types together may hold {ASSOCIATION_VALUES_LIMIT}",
            pointer_to(("remoteLinks", index, "associations")),
            f"keep {ASSOCIATION_VALUES_LIMIT} of them, or split the link into several with ids of their own",
            count,
            link=index,
        )


def _check_issue_keys(
    document: Document, violations: Violations, index: int, place: tuple[str | int, ...], name: str, values: list[Any]
) -> None:
    pattern = document.value_patterns.get(name)
    if pattern is None:
        return
    for position, value in enumerate(values):
        if isinstance(value, str) and pattern.search(value) and not pattern.fullmatch(value):
            violations.add(
                RL205,
                f"{value!a} only contains something like an issue key; the document's pattern is not anchored, and no issue has this key",
                pointer_to((*place, "values", position)),
                f"send just the key: {pattern.search(value)[0]!a}",  # type: ignore[index]
                value,
                link=index,
            )


def unknown_members(schema: dict[str, Any], value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Members that no schema names: the path of their object, and the name."""
    stated = list(shapes(schema))
    if isinstance(value, list):
        entries = _any_of([shape["items"] for shape in stated if "items" in shape])
        for index, inner in enumerate(value):
            yield from unknown_members(entries, inner, (*path, index))
    elif isinstance(value, dict):
        named: dict[str, list[dict[str, Any]]] = {}
        for shape in stated:
            for name, member in shape.get("properties", {}).items():
                named.setdefault(name, []).append(member)
        if not named or any("additionalProperties" in shape for shape in stated):
            return
        for name, inner in value.items():
            if name in named:
                yield from unknown_members(_any_of(named[name]), inner, (*path, name))
            else:
                yield path, name


def _any_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
