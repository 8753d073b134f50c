"""What one provider API is made of: its words, its paths and the shapes of its payloads; and finding the operation of a path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, Literal
from urllib.parse import unquote

from pytest_remotelinks.wire.json_body import pointer_to

#: What an operation does; ``token`` is a request to ``/oauth/token``, which belongs to no API.
OperationName = Literal["submit", "read", "delete", "delete-by-properties", "token"]
#: What identifies an entity within its app: text, or one text for each of several identity members.
Id = str | tuple[str, ...]

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")

#: A placeholder in a path's template.
PLACEHOLDER = re.compile(r"\{[^{}]+\}")


@dataclass(frozen=True)
class Operation:
    """One operation: its published id, and its path's template below the base."""

    id: str
    name: OperationName
    method: str
    path: str

    @property
    def takes_id(self) -> bool:
        """Whether the path names one entity."""
        return bool(PLACEHOLDER.search(self.path))

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the path's placeholders."""
        return tuple(name[1:-1] for name in PLACEHOLDER.findall(self.path))

    @property
    def shape(self) -> str:
        """The path without the names of its placeholders, which each document may choose."""
        return PLACEHOLDER.sub("{}", self.path)


@dataclass(frozen=True)
class Api:
    """One of Jira's provider APIs.

    An *entity* is what a provider submits: here a remote link, elsewhere a
    build or a deployment.
    """

    name: str
    #: One entity, as messages call it.
    noun: str
    #: The base under which the documents state the paths: that of a site.
    base: str
    #: Patterns of the gateway's bases for the same operations.
    gateway_bases: tuple[str, ...]
    operations: tuple[Operation, ...]
    #: The member of a submission that lists the entities.
    list_member: str
    #: The members of an entity that identify it, in the order of the read path's placeholders.
    identity: tuple[str, ...]
    #: The member by which Jira tells newer from older.
    sequence_member: str
    #: The members of an answer: what was accepted, what was rejected and why, and which associations are unknown.
    accepted_member: str
    rejected_member: str
    unknown_member: str
    #: Whether rejections are an object by id, or a list of objects with ``key`` and ``errors``.
    rejected_shape: Literal["object", "list"]
    #: The query parameter of deletions that is not a property and no longer has an effect; None if there never was one.
    sequence_parameter: str | None
    #: The member of an entity that lists its associations: objects with a type and values.
    associations_member: str
    #: Association types whose values name services; the values of all others name issues.
    service_types: frozenset[str]
    #: The modules of a descriptor and of a manifest without which Jira answers 403.
    connect_module: str
    forge_module: str
    #: Members that only entities have, by which one is recognised in a file.
    telling_members: frozenset[str] = frozenset()
    #: The members of an association: its type, and the values that it associates an entity with.
    association_type_member: str = "associationType"
    association_values_member: str = "values"
    #: The members of a submission beside its entities: the properties that deletions select by, and what describes the provider.
    properties_member: str = "properties"
    metadata_member: str = "providerMetadata"

    #: Members whose texts are only displayed, so that they can be cut.
    text_members: frozenset[str] = frozenset({"displayName", "description", "label"})

    @cached_property
    def bases(self) -> re.Pattern[str]:
        """Matches the base of a request's path."""
        return re.compile(rf"(?:{'|'.join((re.escape(self.base), *self.gateway_bases))})(?=/)")

    @cached_property
    def _document_base(self) -> re.Pattern[str]:
        # A document may state the site's base or a gateway's, or leave it to its servers.
        return re.compile(rf".*{re.escape(self.base.removeprefix('/rest'))}(?:/cloud/{PLACEHOLDER.pattern})?(?=/)")

    def is_in(self, path: str) -> bool:
        """Whether a path that a document states belongs to this API."""
        return f"/{self.name}/" in path

    def below_base(self, path: str) -> str:
        """A path that a document states, without the base that it may start with."""
        base = self._document_base.match(path)
        return path[base.end() :] if base else path

    def operation(self, name: OperationName) -> Operation:
        """The operation of a name."""
        return next(operation for operation in self.operations if operation.name == name)

    def entities(self, payload: Any) -> list[Any] | None:
        """The entities of a submission's payload, None if it has no list of them."""
        found = payload.get(self.list_member) if isinstance(payload, dict) else None
        return found if isinstance(found, list) else None

    def properties_of(self, payload: Any) -> dict[str, Any]:
        """The properties of a submission's payload; empty if it has none, or something that is not an object."""
        found = payload.get(self.properties_member) if isinstance(payload, dict) else None
        return found if isinstance(found, dict) else {}

    def id_of(self, entity: Any) -> Id | None:
        """What identifies an entity, None if it has no usable identity."""
        if not isinstance(entity, dict):
            return None
        if len(self.identity) == 1:
            only = entity.get(self.identity[0])
            return only if isinstance(only, str) else None
        values = [entity.get(name) for name in self.identity]
        if not all(isinstance(value, (str, int)) and not isinstance(value, bool) for value in values):
            return None
        return tuple(map(str, values))

    def key_of(self, entity: Any) -> Any:
        """What identifies an entity, as an answer names it: text, or an object of several identity members."""
        if len(self.identity) == 1:
            return self.id_of(entity)
        return {name: entity[name] for name in self.identity if name in entity} if isinstance(entity, Mapping) else {}

    def associations_of(self, entity: Any) -> Iterator[tuple[str, list[str]]]:
        """The type and the values of each association of an entity; what does not have the schema's shape is left out."""
        given = entity.get(self.associations_member) if isinstance(entity, Mapping) else None
        for association in given if isinstance(given, list) else ():
            if isinstance(association, dict):
                name, values = association.get(self.association_type_member), association.get(self.association_values_member)
                if isinstance(name, str) and isinstance(values, list):
                    yield name, [value for value in values if isinstance(value, str)]

    @cached_property
    def identify(self) -> Callable[[Any], Any]:
        """Distinguishes entities that have all identity members; much faster than ``id_of``."""
        return itemgetter(*self.identity)

    def pointer(self, index: int, *path: str | int) -> str:
        """The JSON pointer in a submission's payload to an entity, or to something in it."""
        return pointer_to((self.list_member, index, *path))

    def label_of(self, entity: Any, index: int) -> Id:
        """The id of an entity; ``remoteLinks[INDEX]``, its position in the submission, if it has none."""
        found = self.id_of(entity)
        return f"{self.list_member}[{index}]" if found is None else found


@dataclass(frozen=True)
class Route:
    """Where a request leads: the operations of its path, and the parts of the id in it, one for each placeholder."""

    operations: tuple[Operation, ...] = ()
    #: The parts of the id as they are in the path, percent-encoded; empty if the path takes no id.
    raw_ids: tuple[str, ...] = ()

    def operation(self, method: str) -> Operation | None:
        """The operation of a method, None if the path does not have it."""
        return next((operation for operation in self.operations if operation.method == method), None)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The methods of the path."""
        return tuple(operation.method for operation in self.operations)

    @property
    def runs_on(self) -> bool:
        """Whether the path goes on after the id, as it does if the id has a slash that is not encoded."""
        return any("/" in raw for raw in self.raw_ids)

    @property
    def id(self) -> Id:
        """The id, decoded; bytes that are not UTF-8 become replacement characters."""
        # Raw UTF-8 was read as Latin-1.
        decoded = tuple(unquote(raw.encode("latin-1", "replace").decode("utf-8", "replace")) for raw in self.raw_ids)
        return decoded[0] if len(decoded) == 1 else decoded


class Router:
    """Finds the operations of a path."""

    def __init__(self, api: Api, operations: tuple[Operation, ...]) -> None:
        self._api = api
        self._fixed: dict[str, tuple[Operation, ...]] = {}
        self._by_id: dict[re.Pattern[str], tuple[Operation, ...]] = {}
        for operation in operations:
            if operation.takes_id:
                pattern = _id_pattern(operation.path)
                self._by_id[pattern] = (*self._by_id.get(pattern, ()), operation)
            else:
                self._fixed[operation.path] = (*self._fixed.get(operation.path, ()), operation)

    def route(self, path: str) -> Route:
        """Where a request's path leads; to no operation if it is unknown."""
        base = self._api.bases.match(path)
        if base is None:
            return Route()
        rest = path[base.end() :]
        if rest in self._fixed:
            return Route(self._fixed[rest])
        for pattern, operations in self._by_id.items():
            if found := pattern.fullmatch(rest):
                return Route(operations, found.groups())
        return Route()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path, as the documents state it."""
        return tuple(self._api.base + operations[0].path for operations in (*self._fixed.values(), *self._by_id.values()))


def _id_pattern(path: str) -> re.Pattern[str]:
    """A pattern for the paths of a template. The last placeholder matches the rest of the path, slashes included."""
    first, *rest = PLACEHOLDER.split(path)
    parts = ["([^/]*)"] * (len(rest) - 1) + ["(.*)"]
    return re.compile(re.escape(first) + "".join(part + re.escape(text) for part, text in zip(parts, rest, strict=True)), re.DOTALL)
