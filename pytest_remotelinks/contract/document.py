"""Contract documents: load one, and read from it what it says of an API."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_remotelinks.apis.api import METHODS, PLACEHOLDER, Api, Operation, Router
from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.contract.loading import Unreadable, is_there, parse, read_bytes
from pytest_remotelinks.contract.openapi import openapi_problem
from pytest_remotelinks.contract.parameters import is_checked
from pytest_remotelinks.contract.references import BrokenReference, References
from pytest_remotelinks.contract.schema import alternatives, items_schema, member_schema, python_pattern

#: The bundled contracts of remote links, oldest first, and the days on which Atlassian's documents were published.
PUBLISHED = {"2023-06": "2023-06-15", "2026-06": "2026-06-10"}
VERSIONS = tuple(PUBLISHED)
NEWEST = VERSIONS[-1]

_PACKAGE = Path(__file__).parents[1]
# A wheel has the documents inside the package; a checkout has them beside it.
_BUNDLED = next((folder for folder in (_PACKAGE / "openapi", _PACKAGE.parent / "openapi") if folder.is_dir()), _PACKAGE / "openapi")


class ContractError(ValueError):
    """A contract document cannot be used; the message names the file and the problem, in one line."""


class Document:
    """What one OpenAPI document says of an API's operations, all references resolved.

    ``name`` is the version or the path that it was asked for by. Raises
    ContractError for a document that cannot be used; a bundled one is known to
    be valid.
    """

    def __init__(self, name: str, spec: Any, api: Api = REMOTE_LINKS, *, is_bundled: bool = False) -> None:
        self.name = name
        self.api = api
        info = spec.get("info") if isinstance(spec, Mapping) else None
        #: What the document gives as its own version, empty if it gives none.
        self.version = str(info.get("version", "")) if isinstance(info, Mapping) else ""
        self._objects: dict[Operation, dict[str, Any]] = {}
        try:
            paths = _paths(spec)
            references = References(spec)
            self._read(spec, paths, references)
            components = spec.get("components")
            schemes = components.get("securitySchemes") if isinstance(components, Mapping) else None
            #: By name, how a client can authenticate.
            self.security_schemes: dict[str, Any] = references.inline(schemes) if isinstance(schemes, Mapping) else {}
            self._check(is_bundled)
        except (BrokenReference, _Unusable) as problem:
            raise ContractError(f"contract {name}: {problem}") from None
        except RecursionError:
            raise ContractError(f"contract {name}: its parts are nested too deep") from None
        #: The operations that the document has, in the order of the published ones.
        self.operations = tuple(sorted(self._objects, key=lambda operation: [known.id for known in api.operations].index(operation.id)))
        self.router = Router(api, self.operations)

    def _read(self, spec: Mapping[str, Any], paths: Mapping[str, Any], references: References) -> None:
        by_path: dict[Operation, dict[str, Any]] = {}
        common = tuple(self._server_bases(spec))
        known_by_id = {known.id: known for known in self.api.operations}
        for path, item in paths.items():
            if isinstance(item, Mapping) and "$ref" in item:
                item = references.inline(item)
            if not isinstance(item, Mapping):
                continue
            for method in METHODS:
                described = item.get(method.lower())
                if not isinstance(described, Mapping):
                    continue
                bases = ("", *self._server_bases(described), *self._server_bases(item), *common)
                place = next((base + str(path) for base in bases if self.api.is_in(base + str(path))), str(path))
                known = known_by_id.get(str(described.get("operationId")))
                into = self._objects
                if known is None and self.api.is_in(place):
                    known = self._operation_at(method, place)
                    into = by_path
                if known is None:
                    continue
                operation = replace(known, method=method, path=self.api.below_base(place))
                into[operation] = _with_parameters(references.inline(described), references.inline(item.get("parameters", [])))
                if "security" not in described and "security" in spec:
                    into[operation]["security"] = references.inline(spec["security"])
        found = {operation.id for operation in self._objects}
        self._objects.update({operation: described for operation, described in by_path.items() if operation.id not in found})
        if not self._objects:
            raise _Unusable(f"its paths have none of the operations {', '.join(known.id for known in self.api.operations)}")

    def _operation_at(self, method: str, path: str) -> Operation | None:
        """The published operation of a path that has no ``operationId``."""
        stated = PLACEHOLDER.sub("{}", self.api.below_base(path))
        return next((known for known in self.api.operations if (known.method, known.shape) == (method, stated)), None)

    def _server_bases(self, holder: Mapping[str, Any]) -> Iterator[str]:
        """The bases of the API that a document has in its servers instead of its paths."""
        servers = holder.get("servers")
        for server in servers if isinstance(servers, list) else ():
            url = server.get("url") if isinstance(server, Mapping) else None
            if isinstance(url, str) and f"/{self.api.name}" in url:
                yield re.sub(r"^[^/]*//[^/]*", "", url).rstrip("/")

    def _check(self, is_bundled: bool) -> None:
        if not is_bundled and (problem := openapi_problem(self._objects)):
            raise _Unusable(problem)
        for operation, described in self._objects.items():
            if operation.name == "submit" and self.api.list_member not in _body_schema(described).get("properties", {}):
                raise _Unusable(f"{operation.id} describes no JSON body with the member {self.api.list_member!r}")

    @property
    def missing(self) -> tuple[str, ...]:
        """The ids of published operations that the document lacks."""
        found = {operation.id for operation in self.operations}
        return tuple(known.id for known in self.api.operations if known.id not in found)

    def operation_object(self, operation: Operation) -> dict[str, Any]:
        """The OpenAPI operation object, with the parameters of its path among its own."""
        return self._objects[operation]

    def answers(self, operation: Operation) -> tuple[str, ...]:
        """The statuses that the operation may answer with, and ``default``."""
        return tuple(map(str, self._objects[operation]["responses"]))

    @cached_property
    def submission_schema(self) -> dict[str, Any]:
        """The schema of a submission's body, empty if the document has no such operation."""
        submissions = (operation for operation in self.operations if operation.name == "submit")
        return next((_body_schema(self._objects[operation]) for operation in submissions), {})

    @cached_property
    def entity_schema(self) -> dict[str, Any]:
        """The schema of one entity of a submission."""
        return items_schema(member_schema(self.submission_schema, self.api.list_member))

    @cached_property
    def association_schemas(self) -> tuple[dict[str, Any], ...]:
        """The schema of each kind of association."""
        return alternatives(items_schema(member_schema(self.entity_schema, self.api.associations_member)))

    def association_types(self, kind: dict[str, Any]) -> tuple[str, ...]:
        """The names of one kind of association."""
        return tuple(name for name in member_schema(kind, self.api.association_type_member).get("enum", ()) if isinstance(name, str))

    @cached_property
    def all_association_types(self) -> tuple[str, ...]:
        """The names of all kinds of association."""
        return tuple(name for kind in self.association_schemas for name in self.association_types(kind))

    @cached_property
    def value_patterns(self) -> dict[str, re.Pattern[str]]:
        """The pattern of the values of each association type that has one."""
        patterns = {}
        for kind in self.association_schemas:
            pattern: str | None = items_schema(member_schema(kind, self.api.association_values_member)).get("pattern")
            if pattern is not None:
                patterns.update(dict.fromkeys(self.association_types(kind), re.compile(python_pattern(pattern))))
        return patterns

    def parameters(self, operation: Operation) -> Iterator[dict[str, Any]]:
        """The operation's path and query parameters, without those of the base that a path may start with."""
        for parameter in self._objects[operation]["parameters"]:
            if parameter["in"] == "query" or (parameter["in"] == "path" and parameter["name"] in operation.placeholders):
                yield parameter

    def checked_parameters(self, operation: Operation) -> tuple[dict[str, Any], ...]:
        """The query and header parameters that a request is checked against as they are described."""
        return self._checked[operation]

    @cached_property
    def _checked(self) -> dict[Operation, tuple[dict[str, Any], ...]]:
        return {
            operation: tuple(parameter for parameter in described["parameters"] if is_checked(parameter))
            for operation, described in self._objects.items()
        }

    @cached_property
    def accepts_basic(self) -> bool:
        """Whether the document allows Basic credentials."""
        schemes = {
            name
            for name, scheme in self.security_schemes.items()
            if isinstance(scheme, dict) and str(scheme.get("scheme", "")).lower() == "basic"
        }
        return any(schemes.intersection(requirement) for described in self._objects.values() for requirement in security(described))


class _Unusable(ValueError):
    """What is wrong with a document, without its name."""


def _paths(spec: Any) -> Mapping[str, Any]:
    if not isinstance(spec, Mapping):
        raise _Unusable("the file is not an OpenAPI document: it is not an object")
    if "swagger" in spec:
        raise _Unusable(f"the file is Swagger {str(spec['swagger'])!a}; an OpenAPI 3.0 document is needed")
    version = spec.get("openapi")
    if not isinstance(version, str):
        raise _Unusable("the file is not an OpenAPI document: it has no 'openapi' with a version as text")
    if not version.startswith("3.0"):
        raise _Unusable(f"the file is OpenAPI {version!a}; Atlassian publishes 3.0, and only that is supported")
    paths = spec.get("paths")
    if not isinstance(paths, Mapping):
        raise _Unusable("the file is not an OpenAPI document: it has no 'paths'")
    return paths


def _with_parameters(described: dict[str, Any], shared: Any) -> dict[str, Any]:
    """The operation with the parameters of its path, which it can override."""
    merged: dict[tuple[Any, Any], dict[str, Any]] = {}
    for parameters in (described.get("parameters", []), shared):
        if not isinstance(parameters, list) or not all(isinstance(parameter, dict) for parameter in parameters):
            raise _Unusable(f"{described.get('operationId')}: 'parameters' must be a list of objects")
        for parameter in parameters:
            merged.setdefault((str(parameter.get("in")), str(parameter.get("name"))), parameter)
    return {**described, "parameters": list(merged.values())}


def _body_schema(described: dict[str, Any]) -> dict[str, Any]:
    """The schema of an operation's JSON body, empty if it has none."""
    schema: dict[str, Any] = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def security(described: dict[str, Any]) -> tuple[dict[str, list[str]], ...]:
    """The alternatives of an operation object's security: by scheme, the scopes."""
    stated = described.get("security")
    return tuple(
        {name: [str(scope) for scope in scopes] if isinstance(scopes, list) else [] for name, scopes in requirement.items()}
        for requirement in (stated if isinstance(stated, list) else ())
        if isinstance(requirement, dict)
    )


_loaded: dict[tuple[Api, str, bytes], Document] = {}


def load_document(contract: str | Path, api: Api = REMOTE_LINKS) -> Document:
    """What the document of a bundled version, or of the file at a path, says of an API.

    A file is read each time, and parsed once for each content that it has.
    Raises ContractError for one that cannot be used.
    """
    name = str(contract)
    is_bundled = name in PUBLISHED
    path = _BUNDLED / f"{name}.json" if is_bundled else Path(contract)
    if is_bundled and (api, name, b"") in _loaded:
        return _loaded[api, name, b""]
    if not is_bundled and not is_there(path):
        raise ContractError(f"contract {name!r} is neither a version ({', '.join(VERSIONS)}) nor a file that can be read")
    try:
        content = read_bytes(path)
        key = (api, name, b"" if is_bundled else hashlib.sha256(content).digest())
        if key not in _loaded:
            _loaded[key] = Document(name, parse(content, path.suffix), api, is_bundled=is_bundled)
    except Unreadable as problem:
        raise ContractError(f"contract {name}: {problem}") from None
    return _loaded[key]
