"""What the authority found not to fit a document, as values of our own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import ValidationError


@dataclass(frozen=True)
class SchemaError:
    """One value that does not fit: where it stands, the keyword it breaks, what that keyword wants."""

    path: tuple[str | int, ...]
    keyword: str
    wanted: Any
    found: Any
    text: str


@dataclass(frozen=True)
class ParameterError:
    """A parameter that does not fit; ``location`` is where it is sent: path, query or header."""

    location: str
    name: str
    errors: tuple[SchemaError, ...]


def innermost(error: ValidationError) -> list[SchemaError]:
    """The errors that say most: for a choice of schemas, those of the choice that was meant."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        return [SchemaError(tuple(error.absolute_path), str(error.validator), error.validator_value, error.instance, error.message)]
    choices: dict[object, list[SchemaError]] = {}
    for inner in error.context:
        choices.setdefault(next(iter(inner.schema_path), None), []).extend(innermost(inner))
    # A wrong name in an enum means that another choice was meant.
    meant = [errors for errors in choices.values() if not any(found.keyword == "enum" for found in errors)]
    if meant:
        return min(meant, key=len)
    names = [found for errors in choices.values() for found in errors if found.keyword == "enum"]
    return [replace(names[0], wanted=[name for found in names for name in found.wanted])]
