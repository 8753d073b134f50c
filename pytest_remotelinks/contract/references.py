"""Putting in the place of each ``$ref`` what it leads to, within one document."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

#: Values, shared ones counted as often as they are used, that the remote links part may unfold to; the published ones have under 2,000.
SIZE_LIMIT = 100_000
_DEPTH_LIMIT = 200
#: Members whose content is shown to people and never leads anywhere.
_SHOWN = {"example", "examples"}


class BrokenReference(ValueError):
    """A reference leads nowhere, out of the document, or back to itself; the message says which."""


class References:
    """Resolves the references of one document."""

    def __init__(self, spec: Any) -> None:
        self._spec = spec
        self._resolved: dict[str, tuple[Any, int]] = {}

    def inline(self, part: Any) -> Any:
        """The part with all references resolved. Raises BrokenReference."""
        return self._inline(part, (), 0, False)[0]

    def _inline(self, part: Any, trail: tuple[str, ...], depth: int, names: bool) -> tuple[Any, int]:
        """A copy of the part, and its size; ``names`` tells that its members are named by people, not by OpenAPI."""
        if depth > _DEPTH_LIMIT:
            raise BrokenReference(f"its parts are nested more than {_DEPTH_LIMIT} deep")
        size = 1
        made: Any = part
        if isinstance(part, dict):
            if "$ref" in part and not names:
                return self._follow(part["$ref"], trail, depth)
            made = {}
            for name, inner in part.items():
                if name in _SHOWN and not names:
                    continue
                made[name], inner_size = self._inline(inner, trail, depth + 1, name == "properties" and not names)
                size = _bounded(size + inner_size)
        elif isinstance(part, list):
            made = []
            for inner in part:
                value, inner_size = self._inline(inner, trail, depth + 1, False)
                made.append(value)
                size = _bounded(size + inner_size)
        return made, size

    def _follow(self, reference: Any, trail: tuple[str, ...], depth: int) -> tuple[Any, int]:
        if not isinstance(reference, str):
            raise BrokenReference("a '$ref' must be a text such as '#/components/schemas/Link'")
        if not reference.startswith("#"):
            raise BrokenReference(f"the reference {reference!a} leads out of the document; put what it names into this file")
        if reference in trail:
            raise BrokenReference(f"the reference {reference!a} leads back to itself")
        if reference not in self._resolved:
            self._resolved[reference] = self._inline(self._target(reference), (*trail, reference), depth + 1, False)
        return self._resolved[reference]

    def _target(self, reference: str) -> Any:
        # A fragment is percent-encoded; where it is not, a "%" stands for itself.
        for fragment in dict.fromkeys((unquote(reference[1:]), reference[1:])):
            target = self._spec
            try:
                for part in fragment.split("/")[1:]:
                    name = part.replace("~1", "/").replace("~0", "~")
                    target = target[int(name)] if isinstance(target, list) else target[name]
            except (KeyError, TypeError, ValueError, IndexError):
                continue
            return target
        raise BrokenReference(f"nothing stands at the reference {reference!a}")


def _bounded(size: int) -> int:
    if size > SIZE_LIMIT:
        raise BrokenReference(f"its references unfold to more than {SIZE_LIMIT} values")
    return size
