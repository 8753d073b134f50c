"""What a stored link is associated with."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

#: The association types whose values name services; all others name issues.
SERVICE_TYPES = frozenset({"serviceIdOrKeys"})


def associations(link: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Each association's type and values; what is not of the schema's shape is passed over."""
    given = link.get("associations")
    for association in given if isinstance(given, list) else ():
        if isinstance(association, dict):
            name, values = association.get("associationType"), association.get("values")
            if isinstance(name, str) and isinstance(values, list):
                yield name, [value for value in values if isinstance(value, str)]


def issue_keys(link: dict[str, Any], unknown: Container[tuple[str, str]] = ()) -> list[str]:
    """The keys and ids of the issues that the link is associated with, without those types and values that are unknown."""
    return [value for name, values in associations(link) if name not in SERVICE_TYPES for value in values if (name, value) not in unknown]
