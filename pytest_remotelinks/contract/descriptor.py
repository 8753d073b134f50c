"""What an app is installed from: a Connect descriptor or a Forge manifest, read and judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pytest_remotelinks.contract.loading import Unreadable, is_file, is_there, looks_like_json, parse, read_bytes, shortened
from pytest_remotelinks.rules.descriptor import CONNECT_MODULE, FORGE_MODULE, PLACEHOLDER, RL601, check_descriptor, kind_of
from pytest_remotelinks.rules.violation import Violations


class DescriptorError(ValueError):
    """A descriptor or manifest cannot be installed; the message names it, the place and the mend, in one line."""


@dataclass(frozen=True)
class Action:
    """One action of a module: what people see, and where it leads."""

    id: str
    label: str
    template_url: str

    @cached_property
    def placeholders(self) -> tuple[str, ...]:
        """What stands in braces in the template, each once."""
        return tuple(dict.fromkeys(PLACEHOLDER.findall(self.template_url)))

    def unfilled(self, attributes: Any) -> tuple[str, ...]:
        """The placeholders that a link's attributeMap has nothing for, each once."""
        given = attributes if isinstance(attributes, Mapping) else {}
        return tuple(name for name in self.placeholders if name not in given)

    def url(self, attributes: Any) -> str | None:
        """The URL for a link, attributes percent-encoded in it; None where a placeholder stays empty."""
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

    ``scopes`` are None where the descriptor is a bare module, which says
    nothing of them: then the app may do everything. An app without a module
    can be installed, and is answered 403.
    """

    kind: Literal["connect", "forge"]
    key: str
    scopes: frozenset[str] | None
    modules: tuple[Module, ...]

    @cached_property
    def actions(self) -> dict[str, Action]:
        """The actions of all modules, by their ids."""
        return {action.id: action for module in self.modules for action in module.actions}


def load_descriptor(source: Mapping[str, Any] | str | Path, ignore: tuple[str, ...] = ()) -> Descriptor:
    """The descriptor of a dictionary or of a file: JSON or YAML, of a bounded size.

    Raises DescriptorError for one that cannot be read or that breaks a rule;
    rules that ``ignore`` names don't count, and warnings don't either.
    """
    if isinstance(source, Mapping):
        return _read(source, "the app's descriptor", ignore)
    if not isinstance(source, (str, Path)) or not str(source):
        raise DescriptorError(f"an app is installed from a dictionary or the path of a file, not from {type(source).__name__}")
    if isinstance(source, str) and ("\n" in source or looks_like_json(source)):
        raise DescriptorError("an app is installed from a dictionary or the path of a file, and this is a text: parse it, or give its path")
    path = Path(source)
    name = f"app {shortened(str(path))}"
    if not is_file(path):
        problem = "it is no file" if is_there(path) else "there is no such file"
        raise DescriptorError(f"{name}: {problem}; give the path of atlassian-connect.json or manifest.yml")
    try:
        value = parse(read_bytes(path), path.suffix)
    except Unreadable as problem:
        raise DescriptorError(f"{name}: {problem}") from None
    return _read(value, name, ignore)


def _read(value: Any, name: str, ignore: tuple[str, ...]) -> Descriptor:
    violations = Violations(ignore)
    kind = kind_of(value)
    module = FORGE_MODULE if kind == "forge" else CONNECT_MODULE
    whole = kind in ("connect", "forge")
    # Jira installs an app without the module, and answers 403 to what it sends.
    if not whole or _has_module(value, module):
        check_descriptor(violations, value)
    if whole:
        _check_identity(violations, value, kind == "forge")
    broken = [violation for violation in violations.found if violation.severity == "error"]
    if broken:
        faults = "; also ".join(
            f"{found.code} at {found.pointer or 'the top'}: {found.message} (change: {found.hint})" for found in broken[:5]
        )
        more = f"; and {len(broken) - 5} more" if len(broken) > 5 else ""
        raise DescriptorError(f"{name} cannot be installed: {faults}{more}")
    if not isinstance(value, Mapping):
        raise DescriptorError(f"{name} cannot be installed: it is no object")
    modules = tuple(_modules(value, module, whole))
    key = _identity(value, kind) or (modules[0].key if modules else "")
    if not key:
        raise DescriptorError(f"{name} cannot be installed: it gives the app no key")
    return Descriptor("forge" if kind == "forge" else "connect", key, _scopes(value, kind), modules)


def _has_module(value: Mapping[str, Any], name: str) -> bool:
    modules = value.get("modules")
    return not isinstance(modules, Mapping) or name in modules


def _check_identity(violations: Violations, value: Mapping[str, Any], is_forge: bool) -> None:
    if is_forge:
        permissions = value.get("permissions")
        scopes, place = permissions.get("scopes") if isinstance(permissions, Mapping) else None, "/permissions/scopes"
    else:
        scopes, place = value.get("scopes"), "/scopes"
        if not isinstance(value.get("key"), str) or not value["key"]:
            violations.add(RL601, "the descriptor gives the app no key", "/key", "add the app's key: its tokens name it as 'iss'")
    if scopes is not None and not (isinstance(scopes, (list, Mapping)) and all(isinstance(scope, str) for scope in scopes)):
        violations.add(RL601, "scopes must be a list of strings", place, "write each scope as a string in a list", scopes)


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
