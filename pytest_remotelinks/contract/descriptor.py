"""A Connect descriptor or a Forge manifest, as values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.contract.loading import Unreadable, is_file, is_there, looks_like_json, parse, read_bytes, shortened

CONNECT_MODULE = REMOTE_LINKS.connect_module
FORGE_MODULE = REMOTE_LINKS.forge_module
#: A name in braces, in a template; a link's attributeMap has its value.
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class DescriptorError(ValueError):
    """A descriptor or manifest cannot be installed; the message names it, the place and what to change, in one line."""


@dataclass(frozen=True)
class Action:
    """One action of a module: the label that is displayed, and the URL that it leads to."""

    id: str
    label: str
    template_url: str

    @cached_property
    def placeholders(self) -> tuple[str, ...]:
        """The names in braces in the template, each once."""
        return tuple(dict.fromkeys(PLACEHOLDER.findall(self.template_url)))

    def unfilled(self, attributes: Any) -> tuple[str, ...]:
        """The placeholders without a value in a link's attributeMap, each once."""
        given = attributes if isinstance(attributes, Mapping) else {}
        return tuple(name for name in self.placeholders if name not in given)

    def url(self, attributes: Any) -> str | None:
        """The URL for a link, with the attributes percent-encoded; None if a placeholder has no value."""
        if self.unfilled(attributes):
            return None
        return PLACEHOLDER.sub(lambda match: quote(str(attributes[match[1]]), safe="", errors="replace"), self.template_url)


@dataclass(frozen=True)
class Module:
    """An app's remote link module."""

    key: str
    name: str
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Descriptor:
    """What a site knows of an app.

    ``scopes`` are None for a bare module, which does not name any: then the app
    may do everything. An app without a module can be installed, and its
    requests are answered with 403.
    """

    kind: Literal["connect", "forge"]
    key: str
    scopes: frozenset[str] | None
    modules: tuple[Module, ...]

    @cached_property
    def actions(self) -> dict[str, Action]:
        """The actions of all modules, by their ids."""
        return {action.id: action for module in self.modules for action in module.actions}


#: Members of a module that a remote link does not have.
_MODULE_MEMBERS = {"homeUrl", "logoUrl", "documentationUrl", "actions"}


def kind_of(value: Any) -> Literal["connect", "forge", "module", "modules"] | None:
    """What kind of descriptor a value is: a whole one, a bare module, a list of modules, or not one at all."""
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


def read_descriptor(source: Mapping[str, Any] | str | Path) -> tuple[Any, str]:
    """The value of a dictionary or of a file, JSON or YAML of a bounded size, and its name for messages.

    Raises DescriptorError for a file that cannot be read.
    """
    if isinstance(source, Mapping):
        return source, "the app's descriptor"
    if not isinstance(source, (str, Path)) or not str(source):
        raise DescriptorError(f"an app is installed from a dictionary or the path of a file, not from {type(source).__name__}")
    if isinstance(source, str) and ("\n" in source or looks_like_json(source)):
        raise DescriptorError("an app is installed from a dictionary or the path of a file, and this is a text: parse it, or give its path")
    path = Path(source)
    name = f"app {shortened(str(path))}"
    if not is_file(path):
        problem = "it is not a file" if is_there(path) else "there is no such file"
        raise DescriptorError(f"{name}: {problem}; give the path of atlassian-connect.json or manifest.yml")
    try:
        return parse(read_bytes(path), path.suffix), name
    except Unreadable as problem:
        raise DescriptorError(f"{name}: {problem}") from None


def parse_descriptor(value: Any, name: str) -> Descriptor:
    """The descriptor, as far as it can be used; ``name`` is its name for messages. Raises DescriptorError without a key."""
    if not isinstance(value, Mapping):
        raise DescriptorError(f"{name} cannot be installed: it is not an object")
    kind = kind_of(value)
    whole = kind in ("connect", "forge")
    modules = tuple(_modules(value, FORGE_MODULE if kind == "forge" else CONNECT_MODULE, whole))
    key = _identity(value, kind) or (modules[0].key if modules else "")
    if not key:
        raise DescriptorError(f"{name} cannot be installed: it gives the app no key")
    return Descriptor("forge" if kind == "forge" else "connect", key, _scopes(value, kind), modules)


def _identity(value: Mapping[str, Any], kind: str | None) -> str:
    if kind == "forge":
        app = value.get("app")
        value, name = (app if isinstance(app, Mapping) else {}), "id"
    else:
        name = "key"
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _scopes(value: Mapping[str, Any], kind: str | None) -> frozenset[str] | None:
    if kind == "module":
        return None
    if kind == "forge":
        permissions = value.get("permissions")
        stated = permissions.get("scopes") if isinstance(permissions, Mapping) else None
        return frozenset(_strings(stated))
    return frozenset(scope.upper() for scope in _strings(value.get("scopes")))


def _strings(value: Any) -> Iterator[str]:
    """The strings of a list, or the names of a mapping; nothing of anything else."""
    return (part for part in value if isinstance(part, str)) if isinstance(value, (list, Mapping)) else iter(())


def _modules(value: Mapping[str, Any], name: str, whole: bool) -> Iterator[Module]:
    found = value["modules"].get(name) if whole and isinstance(value.get("modules"), Mapping) else None if whole else value
    for module in found if isinstance(found, list) else [found]:
        if isinstance(module, Mapping):
            actions = module.get("actions")
            yield Module(
                str(module.get("key", "")),
                _text(module.get("name")),
                tuple(
                    Action(action["actionId"], _text(action.get("actionLabel")), str(action.get("templateUrl", "")))
                    for action in (actions if isinstance(actions, list) else ())
                    if isinstance(action, Mapping) and isinstance(action.get("actionId"), str)
                ),
            )


def _text(value: Any) -> str:
    return str(value.get("value", "")) if isinstance(value, Mapping) else ""
