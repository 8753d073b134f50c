"""The four operations and the three bases under which they are reached."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

SUBMIT = "submitRemoteLinks"
DELETE_BY_PROPERTY = "deleteRemoteLinksByProperty"
READ = "getRemoteLinkById"
DELETE_BY_ID = "deleteRemoteLinkById"

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")

#: The base under which the documents state the paths.
SITE_BASE = "/rest/remotelinks/1.0"

#: The bases under which the operations are reached.
BASES = re.compile(
    r"(?:"
    r"/rest/remotelinks/1\.0"  # the site itself
    r"|/ex/jira/[^/]+/rest/remotelinks/1\.0"  # the gateway, for OAuth and Forge apps
    r"|/jira/remotelinks/1\.0/cloud/[^/]+"  # the gateway, for on-premises tools
    r")(?=/)"
)
_ID_PATH = re.compile(r"\{[^{}]+\}$")
# A document may state any of the bases, or leave one to its servers.
_DOCUMENT_BASE = re.compile(r".*/remotelinks/1\.0(?:/cloud/\{[^{}]+\})?(?=/)")


@dataclass(frozen=True)
class Operation:
    """One operation of a contract document; ``path`` is its template below the base."""

    id: str
    method: str
    path: str

    @property
    def takes_id(self) -> bool:
        return bool(_ID_PATH.search(self.path))

    def is_at(self, method: str, path: str) -> bool:
        """Whether a document that gives no ``operationId`` states this operation at the path."""
        if method != self.method or "remotelinks/" not in path:
            return False
        return _ID_PATH.sub("{}", path_below_base(path)) == _ID_PATH.sub("{}", self.path)


#: The published operations.
OPERATIONS = (
    Operation(SUBMIT, "POST", "/bulk"),
    Operation(DELETE_BY_PROPERTY, "DELETE", "/bulkByProperties"),
    Operation(READ, "GET", "/remotelink/{remoteLinkId}"),
    Operation(DELETE_BY_ID, "DELETE", "/remotelink/{remoteLinkId}"),
)


def path_below_base(path: str) -> str:
    """A document's path without the base that it may start with."""
    base = _DOCUMENT_BASE.match(path)
    return path[base.end() :] if base else path


@dataclass(frozen=True)
class Route:
    """Where a request leads: the operations of its path, and the id as it stands there."""

    operations: tuple[Operation, ...] = ()
    raw_id: str | None = None

    def operation(self, method: str) -> Operation | None:
        return next((operation for operation in self.operations if operation.method == method), None)

    @property
    def allowed(self) -> tuple[str, ...]:
        return tuple(operation.method for operation in self.operations)

    @property
    def link_id(self) -> str:
        """The id, decoded; bytes that are no UTF-8 become replacement characters."""
        # http.server reads the request line as Latin-1, so raw UTF-8 is put right here.
        return unquote((self.raw_id or "").encode("latin-1", "replace").decode("utf-8", "replace"))


class Router:
    """Finds the operations of a path, for one set of operations."""

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self._fixed: dict[str, tuple[Operation, ...]] = {}
        self._by_id: dict[str, tuple[Operation, ...]] = {}
        for operation in operations:
            if operation.takes_id:
                prefix = _ID_PATH.sub("", operation.path)
                self._by_id[prefix] = (*self._by_id.get(prefix, ()), operation)
            else:
                self._fixed[operation.path] = (*self._fixed.get(operation.path, ()), operation)

    def route(self, path: str) -> Route:
        base = BASES.match(path)
        if base is None:
            return Route()
        rest = path[base.end() :]
        if rest in self._fixed:
            return Route(self._fixed[rest])
        for prefix, operations in self._by_id.items():
            if rest.startswith(prefix):
                return Route(operations, rest[len(prefix) :])
        return Route()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path, as the documents state it."""
        fixed = [SITE_BASE + path for path in self._fixed]
        by_id = [SITE_BASE + operations[0].path for operations in self._by_id.values()]
        return (*fixed, *by_id)
