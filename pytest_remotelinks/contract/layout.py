"""Where a descriptor or manifest, whole or in part, has what: its key, its scopes and its modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS

CONNECT_MODULE = REMOTE_LINKS.connect_module
FORGE_MODULE = REMOTE_LINKS.forge_module
#: Members of a module that a remote link does not have.
_MODULE_MEMBERS = {"homeUrl", "logoUrl", "documentationUrl", "actions"}
#: What a descriptor or manifest has beside its modules.
_APP_MEMBERS = {"app", "authentication", "baseUrl", "key", "modules", "permissions", "scopes"}

Kind = Literal["connect", "forge"]


def kind_of(value: Any) -> Literal["connect", "forge", "module", "modules"] | None:
    """What kind of descriptor a value is: a whole one or its modules, a bare module, a list of modules, or not one at all."""
    if isinstance(value, list):
        return "modules" if value and all(_looks_like_module(entry) for entry in value) else None
    if not isinstance(value, Mapping):
        return None
    modules = value.get("modules")
    if FORGE_MODULE in value or (isinstance(modules, Mapping) and FORGE_MODULE in modules):
        return "forge"
    if CONNECT_MODULE in value:
        return "connect"
    if isinstance(modules, Mapping) and (CONNECT_MODULE in modules or "baseUrl" in value or "authentication" in value):
        return "connect"
    if "app" in value and "modules" in value:
        return "forge"
    return "module" if _looks_like_module(value) else None


def _looks_like_module(value: Any) -> bool:
    if not isinstance(value, Mapping) or "modules" in value:
        return False
    return not _MODULE_MEMBERS.isdisjoint(value) or {"key", "name"} <= value.keys()


@dataclass(frozen=True)
class Layout:
    """Where a descriptor or manifest, or a part of one, has what.

    ``is_whole`` says that it describes the app, too: its key and its scopes.
    ``content`` is what is at ``place``: one module of Connect, a list of
    modules of Forge, or something else that should have been that. It is
    ABSENT where the app has no such module.
    """

    kind: Kind
    is_whole: bool
    value: Any
    place: tuple[str, ...]
    content: Any

    @property
    def key(self) -> str:
        """The app's key: its own, or else that of its first module; empty if there is none."""
        if self.is_whole:
            app = self.value.get("app") if self.kind == "forge" else self.value
            found = app.get("id" if self.kind == "forge" else "key") if isinstance(app, Mapping) else None
            if self.kind == "connect" or (isinstance(found, str) and found):
                return found if isinstance(found, str) else ""
        return next((module["key"] for module in self.modules if isinstance(module.get("key"), str)), "")

    @property
    def is_bare(self) -> bool:
        """Whether it is one module and nothing else."""
        return not self.place and isinstance(self.content, Mapping)

    @property
    def modules(self) -> list[Mapping[str, Any]]:
        """The modules that are objects."""
        found = self.content if isinstance(self.content, list) else [self.content]
        return [module for module in found if isinstance(module, Mapping)]

    @property
    def scopes_place(self) -> tuple[str, ...]:
        """Where the app names its scopes."""
        return ("permissions", "scopes") if self.kind == "forge" else ("scopes",)

    @property
    def stated_scopes(self) -> Any:
        """What is where the scopes should be, None if nothing is."""
        found = self.value
        for name in self.scopes_place:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    @property
    def scopes(self) -> frozenset[str] | None:
        """The app's scopes; None for a part, which does not say."""
        if not self.is_whole:
            return None
        named = _strings(self.stated_scopes)
        return frozenset(named) if self.kind == "forge" else frozenset(scope.upper() for scope in named)


#: Stands for "the app has no such module".
ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()


def layout_of(value: Any, bare: Kind = "connect") -> Layout | None:
    """The layout of a descriptor or manifest, None for anything else.

    A bare module does not say whether it is Connect's or Forge's: ``bare`` is
    what it is read as, unless it has ``actions`` or an ``i18n`` name, which
    only Connect has. A list of modules is Forge's.
    """
    kind = kind_of(value)
    if kind is None:
        return None
    if kind == "modules":
        return Layout("forge", False, value, (), value)
    if kind == "module":
        name = value.get("name")
        is_connect = bare == "connect" or "actions" in value or (isinstance(name, Mapping) and "i18n" in name)
        return Layout("connect" if is_connect else "forge", False, value, (), value)
    name = FORGE_MODULE if kind == "forge" else CONNECT_MODULE
    # The content of "modules" may come alone, and so may "modules" itself, as in Atlassian's examples.
    if name in value and _APP_MEMBERS.isdisjoint(value):
        return Layout(kind, False, value, (name,), value[name])
    modules = value.get("modules")
    content = modules.get(name, ABSENT) if isinstance(modules, Mapping) else ABSENT
    return Layout(kind, value.keys() != {"modules"}, value, ("modules", name), content)


def _strings(value: Any) -> Iterator[str]:
    """The strings of a list, or the names of a mapping; nothing of anything else."""
    return (part for part in value if isinstance(part, str)) if isinstance(value, (list, Mapping)) else iter(())
