"""Which operations a request's path leads to, and the id in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from pytest_remotelinks.apis.api import PLACEHOLDER, Api, Id, Operation


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
        # http.server reads the request line as Latin-1, so raw UTF-8 is decoded here.
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
