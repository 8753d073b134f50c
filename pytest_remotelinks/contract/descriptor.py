"""A Connect descriptor or a Forge manifest, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_remotelinks.contract.layout import Kind, layout_of
from pytest_remotelinks.contract.loading import Unreadable, is_file, is_there, looks_like_json, parse_with_format, read_bytes, shortened

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

    ``scopes`` are None for a bare module and for modules alone, which do not
    name any: then the app may do everything. An app without a module can be
    installed, and its requests are answered with 403.
    """

    kind: Kind
    key: str
    scopes: frozenset[str] | None
    modules: tuple[Module, ...]

    @cached_property
    def actions(self) -> dict[str, Action]:
        """The actions of all modules, by their ids."""
        return {action.id: action for module in self.modules for action in module.actions}


def read_descriptor(source: Mapping[str, Any] | str | Path) -> tuple[Any, str, Kind]:
    """The value of a dictionary or of a file, JSON or YAML of a bounded size, its name for messages, and what it is if it is a bare module.

    Raises DescriptorError for a file that cannot be read.
    """
    if isinstance(source, Mapping):
        return source, "the app's descriptor", "connect"
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
        value, is_json = parse_with_format(read_bytes(path), path.suffix)
    except Unreadable as problem:
        raise DescriptorError(f"{name}: {problem}") from None
    return value, name, "connect" if is_json else "forge"


def parse_descriptor(value: Any, name: str, bare: Kind = "connect") -> Descriptor:
    """The descriptor, as far as it can be used; ``name`` is its name for messages. Raises DescriptorError without a key."""
    layout = layout_of(value, bare)
    if layout is None:
        raise DescriptorError(f"{name} cannot be installed: it is not a descriptor")
    if not layout.key:
        raise DescriptorError(f"{name} cannot be installed: it gives the app no key")
    return Descriptor(layout.kind, layout.key, layout.scopes, tuple(map(_module, layout.modules)))


def _module(module: Mapping[str, Any]) -> Module:
    actions = module.get("actions")
    return Module(
        str(module.get("key", "")),
        _text(module.get("name")),
        tuple(
            Action(action["actionId"], _label(action.get("actionLabel")), str(action.get("templateUrl", "")))
            for action in (actions if isinstance(actions, list) else ())
            if isinstance(action, Mapping) and isinstance(action.get("actionId"), str)
        ),
    )


def _text(value: Any) -> str:
    return str(value.get("value", "")) if isinstance(value, Mapping) else ""


def _label(label: Any) -> str:
    """The text of an ``actionLabel``: nested as it is published, ``{"value": {"value": "Dismiss"}}``, or flat."""
    inner = label.get("value") if isinstance(label, Mapping) else None
    return inner if isinstance(inner, str) else _text(inner)
