"""What a document's parameters are: checked as they are described, spread over the query, or left to other rules."""

from __future__ import annotations

from typing import Any

#: Headers that OpenAPI leaves to other rules, in lower case.
_IGNORED_HEADERS = frozenset({"authorization", "accept", "content-type"})


def is_spread(parameter: dict[str, Any]) -> bool:
    """Whether it is an object whose members are query parameters of their own, as those of ``params`` are."""
    kind = parameter.get("schema", {}).get("type", "object" if parameter["name"] == "params" else "")
    style = parameter.get("style", "form")
    return bool(
        parameter["in"] == "query" and kind == "object" and (style == "deepObject" or (style == "form" and parameter.get("explode", True)))
    )


def is_checked(parameter: dict[str, Any]) -> bool:
    """Whether it is a query or header parameter that is checked as the document describes it."""
    if parameter["in"] == "header":
        return parameter["name"].lower() not in _IGNORED_HEADERS
    return bool(parameter["in"] == "query" and not is_spread(parameter))


def has_default_style(parameter: dict[str, Any], keyword: str) -> bool:
    """Whether its ``style`` or ``explode`` is OpenAPI's default."""
    default = "form" if parameter.get("in") in ("query", "cookie") else "simple"
    if keyword == "style":
        return bool(parameter["style"] == default)
    return bool(parameter["explode"] is (parameter.get("style", default) == "form"))
