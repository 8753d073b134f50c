"""What our own rules look at in a schema: members, entries and alternatives, wherever in it they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_remotelinks.contract.all_of import CHOICES, all_of


def conjuncts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema, and what else of its ``allOf`` a value has to fit."""
    yield schema
    for part in schema.get("allOf", ()):
        yield from conjuncts(part)


def shapes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema and every part of it that can describe the same value."""
    yield schema
    for keyword in ("allOf", *CHOICES):
        for part in schema.get(keyword, ()):
            yield from shapes(part)


def names_member(schema: dict[str, Any], name: str) -> bool:
    """Whether something is said of the member, whichever alternative is meant."""
    return any(name in part.get("properties", {}) for part in conjuncts(schema))


def member_schema(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of one member of an object, empty where nothing is said of it."""
    return all_of([part["properties"][name] for part in conjuncts(schema) if name in part.get("properties", {})])


def items_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a list's entries, empty where nothing is said of them."""
    return all_of([part["items"] for part in conjuncts(schema) if "items" in part])


def alternatives(schema: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Each alternative that a schema states, with what it says itself; the schema where there is no choice.

    Of several choices the one with the most alternatives is meant: another one
    only asks more of each.
    """
    choices = [part[keyword] for part in conjuncts(schema) for keyword in CHOICES if keyword in part]
    if not choices:
        return (schema,)
    rest = {name: value for name, value in schema.items() if name not in ("allOf", *CHOICES)}
    return tuple(all_of([choice, rest] if rest else [choice]) for choice in max(choices, key=len))
