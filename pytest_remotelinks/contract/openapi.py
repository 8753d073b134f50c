"""Whether what a document says of its operations is valid OpenAPI, and OpenAPI that is supported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.explain import explain, innermost
from pytest_remotelinks.contract.schema import python_pattern
from pytest_remotelinks.wire.json_body import pointer_to

if TYPE_CHECKING:
    from jsonschema import ValidationError


def openapi_problem(described: Mapping[Operation, dict[str, Any]]) -> str:
    """The first problem of the operation objects, with its place; empty where they have none."""
    return next(chain(_invalid(described), _unsupported(described)), "")


def _invalid(described: Mapping[Operation, dict[str, Any]]) -> Iterator[str]:
    paths: dict[str, dict[str, Any]] = {}
    for operation, stated in described.items():
        paths.setdefault(operation.path, {})[operation.method.lower()] = stated
    names = {(operation.path, operation.method.lower()): operation.id for operation in described}
    whole = {"openapi": "3.0.3", "info": {"title": "remote links", "version": "1"}, "paths": paths}
    if _is_valid()(whole):
        return
    from jsonschema import Draft4Validator
    from openapi_spec_validator.schemas import schema_v30

    for error in Draft4Validator(schema_v30).iter_errors(whole):
        found = innermost(_meant(error))[0]
        _, path, method, *place = found.path
        yield f"{names[str(path), str(method)]}: {explain(found, pointer_to(place) or 'the operation')[0]}"


@cache
def _is_valid() -> Callable[[Any], bool]:
    # It takes 300 ms to import, and the bundled documents are known to be valid.
    from openapi_spec_validator.schemas import schema_v30

    is_valid: Callable[[Any], bool] = jsonschema_rs.Draft4Validator(dict(schema_v30)).is_valid
    return is_valid


def _meant(error: ValidationError) -> ValidationError:
    """The error within the alternative that was meant: no reference, since all are resolved, and the parameter's own ``in``."""
    while error.validator == "oneOf" and error.context:
        choices: dict[object, list[ValidationError]] = {}
        for inner in error.context:
            choices.setdefault(inner.schema_path[0], []).append(inner)
        meant = [
            errors
            for errors in choices.values()
            if all(inner.validator_value != ["$ref"] and list(inner.path) != ["in"] for inner in errors)
        ]
        if len(meant) != 1:
            break
        error = meant[0][0]
    return error


def _unsupported(described: Mapping[Operation, dict[str, Any]]) -> Iterator[str]:
    for operation, stated in described.items():
        for path, name, value in _keywords(stated, ()):
            if name == "allOf":
                yield f"{operation.id}: {pointer_to(path)} is not supported, since no published document has it; write one schema instead"
            elif name == "pattern" and not _is_pattern(value):
                yield f"{operation.id}: {pointer_to(path)} is not a regular expression that Python can read"


def _keywords(part: Any, path: tuple[str | int, ...], named: bool = False) -> Iterator[tuple[tuple[str | int, ...], str, Any]]:
    """Every keyword below a part; ``named`` says that its members have names of their own instead."""
    if isinstance(part, dict):
        for name, value in part.items():
            if named or not name.startswith("x-"):
                if not named:
                    yield (*path, name), name, value
                yield from _keywords(value, (*path, name), name == "properties" and not named)
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _keywords(value, (*path, index))


def _is_pattern(value: str) -> bool:
    try:
        re.compile(python_pattern(value))
    except (re.error, RecursionError, OverflowError):
        return False
    return True
