"""One schema in the place of an ``allOf``, where putting its parts together changes nothing."""

from __future__ import annotations

from typing import Any

_PROSE = {"title", "description", "default", "example", "deprecated", "externalDocs", "xml"}
_LEAST = {"maxLength", "maxItems", "maxProperties", "maximum"}
_MOST = {"minLength", "minItems", "minProperties", "minimum"}
_FLAGS = {"uniqueItems", "readOnly", "writeOnly"}
#: Keywords of a choice between schemas.
CHOICES = ("anyOf", "oneOf")


def merged(schema: dict[str, Any]) -> dict[str, Any]:
    """A sound schema with each ``allOf`` merged that can be; others stay as they are."""
    made: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword == "properties":
            made[keyword] = {name: merged(inner) for name, inner in value.items()}
        elif keyword in ("allOf", *CHOICES):
            made[keyword] = [merged(inner) for inner in value]
        elif keyword in ("items", "not") or (keyword == "additionalProperties" and isinstance(value, dict)):
            made[keyword] = merged(value)
        else:
            made[keyword] = value
    if "allOf" not in made:
        return made
    parts: list[dict[str, Any]] = made["allOf"]
    whole = _joined([{keyword: value for keyword, value in made.items() if keyword != "allOf"}, *parts])
    return made if whole is None else whole


def all_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """A schema that asks for what each of the merged schemas asks for."""
    if len(schemas) < 2:
        return schemas[0] if schemas else {}
    whole = _joined(schemas)
    return {"allOf": schemas} if whole is None else whole


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The parts as one schema, None where that would say something else."""
    closed = [part for part in parts if part.get("additionalProperties", True) is not True]
    if closed and (len(closed) > 1 or any("properties" in part for part in parts if part is not closed[0])):
        return None
    if any("properties" in part and "type" not in part for part in parts) and any(part.get("type", "object") != "object" for part in parts):
        return None  # a schema with members is one of an object, whether it says so or not
    whole: dict[str, Any] = {}
    for part in parts:
        for keyword, value in part.items():
            if keyword == "nullable":
                continue
            known: Any = whole.get(keyword)
            if keyword not in whole:
                whole[keyword] = value
            elif (type(known) is type(value) and known == value) or keyword in _PROSE or keyword.startswith("x-"):
                continue
            elif keyword == "properties":
                whole[keyword] = {
                    name: all_of([members[name] for members in (known, value) if name in members]) for name in {**known, **value}
                }
            elif keyword == "items":
                whole[keyword] = all_of([known, value])
            elif keyword == "required":
                whole[keyword] = [*known, *(name for name in value if name not in known)]
            elif keyword in _LEAST | _MOST and not any(f"exclusive{keyword.capitalize()}" in each for each in parts):
                whole[keyword] = min(known, value) if keyword in _LEAST else max(known, value)
            elif keyword in _FLAGS:
                whole[keyword] = known or value
            elif keyword == "type" and {known, value} == {"integer", "number"}:
                whole[keyword] = "integer"
            else:
                return None
    # A null fits where every part that asks for a type lets it.
    typed = [part for part in parts if "type" in part or "properties" in part]
    if typed and all(part.get("nullable") is True for part in typed):
        whole["nullable"] = True
    return whole
