"""RL2xx: what is said of links in prose, and what the schema alone does not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.schema import shapes
from pytest_remotelinks.rules.findings import Findings
from pytest_remotelinks.wire.pointer import pointer_to

#: All association values of one link together; published in the text of "values".
ASSOCIATION_VALUES_LIMIT = 500


def check_link(document: Document, findings: Findings, index: int, link: Any) -> None:
    """Judge one link of a submission, its schema apart."""
    if not isinstance(link, dict):
        return
    place = ("remoteLinks", index)
    associations = link.get("associations")
    if isinstance(associations, list):
        _check_associations(document, findings, index, associations)
    for path, name in unknown_members(document.link_schema, link, place):
        findings.add(
            "RL206",
            f"the schema names no member '{name}'; Jira takes it and shows it nowhere",
            pointer_to((*path, name)),
            "leave it out, or check its spelling",
            link=index,
        )


def check_ids(findings: Findings, links: list[Any]) -> None:
    """Report ids that stand more than once in a submission."""
    first: dict[str, int] = {}
    for index, link in enumerate(links):
        link_id = link.get("id") if isinstance(link, dict) else None
        if not isinstance(link_id, str):
            continue
        if link_id in first:
            findings.add(
                "RL204",
                f"the id also stands at /remoteLinks/{first[link_id]}; of the two, the higher updateSequenceNumber wins",
                pointer_to(("remoteLinks", index, "id")),
                "send each link once in a submission, in its newest state",
                link_id,
                link=index,
            )
        first.setdefault(link_id, index)


def _check_associations(document: Document, findings: Findings, index: int, associations: list[Any]) -> None:
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
                findings.add(
                    "RL203",
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
                _check_issue_keys(document, findings, index, place, name, values)
    if count > ASSOCIATION_VALUES_LIMIT:
        findings.add(
            "RL202",
            f"the associations hold {count} values; all types together may hold {ASSOCIATION_VALUES_LIMIT}",
            pointer_to(("remoteLinks", index, "associations")),
            f"keep {ASSOCIATION_VALUES_LIMIT} of them, or split the link into several with ids of their own",
            count,
            link=index,
        )


def _check_issue_keys(
    document: Document, findings: Findings, index: int, place: tuple[str | int, ...], name: str, values: list[Any]
) -> None:
    pattern = document.value_patterns.get(name)
    if pattern is None:
        return
    for position, value in enumerate(values):
        if isinstance(value, str) and pattern.search(value) and not pattern.fullmatch(value):
            findings.add(
                "RL205",
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
