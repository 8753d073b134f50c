"""Contract documents: finding one, and taking from it what is said of remote links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pytest_remotelinks.contract.operations import OPERATION_IDS, SITE_BASE, SUBMIT, Operation, Router

#: The bundled statements of the contract, oldest first.
VERSIONS = ("2023-06", "2026-06")
NEWEST = VERSIONS[-1]

_PACKAGE = Path(__file__).parents[1]
# A wheel carries the documents inside the package; a checkout has them beside it.
_BUNDLED = next((folder for folder in (_PACKAGE / "openapi", _PACKAGE.parent / "openapi") if folder.is_dir()), _PACKAGE / "openapi")

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class ContractError(ValueError):
    """A contract document cannot be used; the message names the file and what is missing."""


class Document:
    """What one OpenAPI document says of the remote links operations.

    ``name`` is the version or the path it was asked for by.
    """

    def __init__(self, name: str, spec: Mapping[str, Any]) -> None:
        self.name = name
        self._spec = spec
        #: The document's path items of remote links, under the site's base.
        self.path_items: dict[str, dict[str, Any]] = {}
        found: list[Operation] = []
        for path, item in spec["paths"].items():
            if not isinstance(item, dict):
                continue
            for method in _METHODS:
                operation = item.get(method)
                if isinstance(operation, dict) and operation.get("operationId") in OPERATION_IDS:
                    below = "/" + path.partition("/remotelinks/1.0/")[2]
                    self.path_items[SITE_BASE + below] = item
                    found.append(Operation(operation["operationId"], method.upper(), below))
        if not found:
            raise ContractError(f"{name}: none of the operations {', '.join(OPERATION_IDS)} is among its paths")
        self.operations = tuple(found)
        self.router = Router(self.operations)

    def operation_object(self, operation: Operation) -> dict[str, Any]:
        """The OpenAPI operation object."""
        found: dict[str, Any] = self.path_items[SITE_BASE + operation.path][operation.method.lower()]
        return found

    def resolve(self, schema: Any) -> dict[str, Any]:
        """The schema, or the one that its local ``$ref`` leads to."""
        seen = set()
        while isinstance(schema, dict) and "$ref" in schema:
            reference = schema["$ref"]
            if not isinstance(reference, str) or not reference.startswith("#/") or reference in seen:
                raise ContractError(f"{self.name}: the reference {reference!r} is not one that leads somewhere within the document")
            seen.add(reference)
            schema = self._spec
            for part in reference[2:].split("/"):
                try:
                    schema = schema[part.replace("~1", "/").replace("~0", "~")]
                except (KeyError, TypeError):
                    raise ContractError(f"{self.name}: nothing stands at {reference!r}") from None
        return schema if isinstance(schema, dict) else {}

    @property
    def components(self) -> dict[str, Any]:
        """The document's shared parts."""
        components: dict[str, Any] = self._spec.get("components", {})
        return components

    @cached_property
    def submission_schema(self) -> dict[str, Any]:
        """The schema of a submission's body."""
        for operation in self.operations:
            if operation.id == SUBMIT:
                content = self.resolve(self.operation_object(operation).get("requestBody")).get("content", {})
                return self.resolve(content.get("application/json", {}).get("schema"))
        return {}

    def member_schema(self, schema: dict[str, Any], name: str) -> dict[str, Any]:
        """The schema of one member of an object, empty where nothing is said of it."""
        return self.resolve(schema.get("properties", {}).get(name))

    @cached_property
    def link_schema(self) -> dict[str, Any]:
        """The schema of one remote link."""
        return self.resolve(self.member_schema(self.submission_schema, "remoteLinks").get("items"))

    @cached_property
    def association_schemas(self) -> tuple[dict[str, Any], ...]:
        """The schema of each kind of association."""
        items = self.resolve(self.member_schema(self.link_schema, "associations").get("items"))
        return tuple(self.resolve(kind) for kind in items.get("anyOf", [items]))

    def association_types(self, kind: dict[str, Any]) -> tuple[str, ...]:
        """The names that one kind of association goes by."""
        return tuple(self.member_schema(kind, "associationType").get("enum", ()))

    @cached_property
    def value_patterns(self) -> dict[str, re.Pattern[str]]:
        """The pattern of the values of each association type that has one."""
        patterns = {}
        for kind in self.association_schemas:
            pattern = self.resolve(self.member_schema(kind, "values").get("items")).get("pattern")
            for name in self.association_types(kind) if isinstance(pattern, str) else ():
                patterns[name] = re.compile(python_pattern(str(pattern)))
        return patterns

    def parameters(self, operation: Operation) -> Iterator[dict[str, Any]]:
        """The operation's path and query parameters."""
        for parameter in self.operation_object(operation).get("parameters", ()):
            resolved = self.resolve(parameter)
            if resolved.get("in") in ("path", "query"):
                yield resolved

    @cached_property
    def accepts_basic(self) -> bool:
        """Whether the document names Basic credentials for its operations."""
        schemes = {
            name
            for name, scheme in self.components.get("securitySchemes", {}).items()
            if isinstance(scheme, dict) and str(scheme.get("scheme", "")).lower() == "basic"
        }
        requirements = [
            requirement for operation in self.operations for requirement in self.operation_object(operation).get("security", ())
        ]
        return any(schemes.intersection(requirement) for requirement in requirements)


def python_pattern(pattern: str) -> str:
    """The published (ECMA-262) pattern with the same meaning in Python.

    In ECMA-262 ``$`` is only the very end, and ``\\w`` and ``\\d`` are ASCII.
    """
    # A "$" outside a character class and not escaped is the anchor.
    anchored = re.sub(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$", lambda match: match[1] or r"\Z", pattern, flags=re.DOTALL)
    return f"(?a:{anchored})"


def load_document(contract: str | Path) -> Document:
    """The document of a bundled version, or of the file at a path.

    Raises ContractError for one that cannot be used.
    """
    if str(contract) in VERSIONS:
        return _read(str(contract), _BUNDLED / f"{contract}.json", 0)
    path = Path(contract)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        raise ContractError(
            f"contract {str(contract)!r} is neither a version ({', '.join(VERSIONS)}) nor a file that can be read"
        ) from None
    return _read(str(contract), path, changed)


@lru_cache(maxsize=16)
def _read(name: str, path: Path, changed: int) -> Document:
    try:
        spec = json.loads(path.read_bytes())
    except OSError as error:
        raise ContractError(f"contract {name}: the file cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ContractError(f"contract {name}: the file is not JSON") from None
    if not isinstance(spec, dict) or not isinstance(spec.get("paths"), dict):
        raise ContractError(f"contract {name}: the file is not an OpenAPI document: it has no 'paths'")
    return Document(name, spec)
