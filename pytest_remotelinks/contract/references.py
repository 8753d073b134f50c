"""Replace each ``$ref`` by what it names, within one document."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

#: Members whose content is displayed, so nothing in it is a reference.
_SHOWN = {"example", "examples"}


class BrokenReference(ValueError):
    """A reference leads nowhere, out of the document, or back to itself; the message says which."""


class References:
    """Resolves the references of one document."""

    def __init__(self, spec: Any) -> None:
        self._spec = spec
        self._resolved: dict[str, Any] = {}

    def inline(self, part: Any) -> Any:
        """The part with all references resolved. Raises BrokenReference."""
        return self._inline(part, ())

    def _inline(self, part: Any, trail: tuple[str, ...], named: bool = False) -> Any:
        """A copy of the part; ``named`` says that its members have names of their own, so that none is a keyword."""
        if isinstance(part, list):
            return [self._inline(inner, trail) for inner in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part and not named:
            return self._follow(part["$ref"], trail)
        return {
            name: self._inline(inner, trail, name == "properties" and not named)
            for name, inner in part.items()
            if named or name not in _SHOWN
        }

    def _follow(self, reference: Any, trail: tuple[str, ...]) -> Any:
        if not isinstance(reference, str):
            raise BrokenReference("a '$ref' must be a text such as '#/components/schemas/Link'")
        if not reference.startswith("#"):
            raise BrokenReference(f"the reference {reference!a} leads out of the document; put what it names into this file")
        if reference in trail:
            raise BrokenReference(f"the reference {reference!a} leads back to itself")
        if reference not in self._resolved:
            self._resolved[reference] = self._inline(self._target(reference), (*trail, reference))
        return self._resolved[reference]

    def _target(self, reference: str) -> Any:
        # A fragment is percent-encoded; if it is not, a "%" is just that.
        for fragment in dict.fromkeys((unquote(reference[1:]), reference[1:])):
            target = self._spec
            try:
                for part in fragment.split("/")[1:]:
                    name = part.replace("~1", "/").replace("~0", "~")
                    target = target[int(name)] if isinstance(target, list) else target[name]
            except (KeyError, TypeError, ValueError, IndexError):
                continue
            return target
        raise BrokenReference(f"the reference {reference!a} leads nowhere")
