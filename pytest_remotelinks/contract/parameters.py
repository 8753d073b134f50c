"""Which parameters of an operation a request is judged by, and how they are put for that."""

from __future__ import annotations

from typing import Any

#: Headers that OpenAPI leaves to other rules, whatever a document says of them; in lower case.
IGNORED_HEADERS = frozenset({"authorization", "accept", "content-type"})


def is_spread(parameter: dict[str, Any]) -> bool:
    """Whether it is an object whose members are query parameters of their own, as those of ``params`` are."""
    kind = parameter.get("schema", {}).get("type", "object" if parameter["name"] == "params" else "")
    style = parameter.get("style", "form")
    return bool(
        parameter["in"] == "query" and kind == "object" and (style == "deepObject" or (style == "form" and parameter.get("explode", True)))
    )


def is_judged(parameter: dict[str, Any]) -> bool:
    """Whether it is a query or header parameter that a request is judged by as the document describes it."""
    if parameter["in"] == "header":
        return parameter["name"].lower() not in IGNORED_HEADERS
    return bool(parameter["in"] == "query" and not is_spread(parameter))


def has_default_style(parameter: dict[str, Any], keyword: str) -> bool:
    """Whether its ``style`` or ``explode`` is what OpenAPI takes where nothing is said."""
    default = "form" if parameter.get("in") in ("query", "cookie") else "simple"
    if keyword == "style":
        return bool(parameter["style"] == default)
    return bool(parameter["explode"] is (parameter.get("style", default) == "form"))
