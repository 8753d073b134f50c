"""What a Connect descriptor or a Forge manifest says of its remote link module, and the rules of it (RL6xx)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pytest_remotelinks.contract.explain import explain
from pytest_remotelinks.contract.formats import is_uri
from pytest_remotelinks.contract.schema import python_pattern
from pytest_remotelinks.contract.schema_error import innermost
from pytest_remotelinks.rules.examples import Example
from pytest_remotelinks.rules.properties import RL307, email_in
from pytest_remotelinks.rules.rule import Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.pointer import pointer_to

_DESCRIPTORS = "Connect reference, Jira Remote Link Provider module; Forge reference, devops:remoteLinkInfoProvider"


def _module(**members: Any) -> Example:
    module = {"key": "shop-scanner", "name": {"value": "Shop Scanner"}, "homeUrl": "https://scanner.example", **members}
    return Example(
        descriptor={"key": "shop-scanner", "baseUrl": "https://scanner.example", "modules": {"jiraRemoteLinkInfoProvider": module}}
    )


def _action(action_id: str) -> dict[str, Any]:
    return {"actionId": action_id, "actionLabel": {"value": "Dismiss"}, "templateUrl": "https://scanner.example/dismiss?alert={alert}"}


RL601 = Rule(
    "RL601",
    "descriptor-schema",
    "error",
    None,
    "The app's remote link module fits its published description.",
    "Jira refuses to install an app with a broken module, and to take links from an app that has none.",
    _DESCRIPTORS,
    _module(key="shop scanner"),
    _module(),
)

RL602 = Rule(
    "RL602",
    "action-id-twice",
    "error",
    None,
    "A module gives each actionId once.",
    "A link names its actions by actionId, which could then mean either.",
    "Connect reference, Jira Remote Link Provider module: actionId is unique",
    _module(actions=[_action("dismiss"), _action("dismiss")]),
    _module(actions=[_action("dismiss"), _action("assign")]),
)


CONNECT_MODULE = "jiraRemoteLinkInfoProvider"
FORGE_MODULE = "devops:remoteLinkInfoProvider"

Path = tuple[str | int, ...]

#: What a link's attributeMap fills in a template: its name in braces.
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")

_URL = {"type": "string", "format": "uri"}
_TEXT = {
    "type": "object",
    "required": ["value"],
    "properties": {"value": {"type": "string", "maxLength": 1500}, "i18n": {"type": "string", "maxLength": 300}},
}
_CONNECT_SCHEMA = {
    "type": "object",
    "required": ["key", "name", "homeUrl"],
    "properties": {
        "key": {"type": "string", "maxLength": 100, "pattern": python_pattern("^[a-zA-Z0-9-]+$")},
        "name": _TEXT,
        "homeUrl": _URL,
        "logoUrl": _URL,
        "documentationUrl": _URL,
        "actions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["actionId", "actionLabel", "templateUrl"],
                "properties": {
                    "actionId": {"type": "string", "minLength": 1},
                    "actionLabel": _TEXT,
                    "templateUrl": {"type": "string", "minLength": 1},
                },
            },
        },
    },
}
_FORGE_URL = {"type": "string", "format": "uri", "maxLength": 255, "pattern": python_pattern("^https?://")}
_FORGE_SCHEMA = {
    "type": "object",
    "required": ["key", "name", "homeUrl"],
    "properties": {
        "key": {"type": "string", "minLength": 1},
        "name": {"type": "object", "required": ["value"], "properties": {"value": {"type": "string", "minLength": 1, "maxLength": 255}}},
        "homeUrl": _FORGE_URL,
        "logoUrl": {"type": "string", "format": "uri"},
        "documentationUrl": {"type": "string", "format": "uri"},
    },
}


#: Members that a module has and a remote link does not.
_MODULE_MEMBERS = {"homeUrl", "logoUrl", "documentationUrl", "actions"}


def kind_of(value: Any) -> Literal["connect", "forge", "module", "modules"] | None:
    """What kind of descriptor a value is: a whole one, a bare module, a list of modules, or none at all."""
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


def check_descriptor(violations: Violations, descriptor: Any, bare: Literal["connect", "forge"] = "connect") -> None:
    """Judge a descriptor or manifest, or a bare module; of the former only the module is looked at.

    A bare module does not tell whether it is Connect's or Forge's: ``bare``
    says which it is taken for, unless it has ``actions`` or an ``i18n`` name,
    which only Connect has. A list of modules is Forge's.
    """
    kind = kind_of(descriptor)
    if kind is None:
        violations.add(
            RL601,
            f"this is no descriptor: no {CONNECT_MODULE}, no {FORGE_MODULE} and no homeUrl stands there",
            "",
            f"give the whole of atlassian-connect.json or manifest.yml, or the object of modules.{CONNECT_MODULE}",
        )
    elif kind == "module":
        name = descriptor.get("name")
        is_connect = bare == "connect" or "actions" in descriptor or (isinstance(name, Mapping) and "i18n" in name)
        _check_module(violations, descriptor, (), _CONNECT_SCHEMA if is_connect else _FORGE_SCHEMA)
    elif kind == "modules":
        _check_modules(violations, descriptor, ())
    else:
        _check_whole(violations, descriptor, kind)


def _check_whole(violations: Violations, descriptor: Mapping[str, Any], kind: str) -> None:
    name = FORGE_MODULE if kind == "forge" else CONNECT_MODULE
    # What stands below "modules" may come by itself.
    place: Path = () if name in descriptor else ("modules",)
    modules: Any = descriptor if name in descriptor else descriptor.get("modules")
    if not isinstance(modules, Mapping) or name not in modules:
        violations.add(RL601, f"the app has no module {name}, without which Jira answers 403", "/modules", f"add the module {name}")
    elif kind == "connect":
        _check_module(violations, modules[name], (*place, name), _CONNECT_SCHEMA)
    else:
        _check_modules(violations, modules[name], (*place, name))


def _check_modules(violations: Violations, modules: Any, place: Path) -> None:
    if not isinstance(modules, list) or not modules:
        violations.add(RL601, "a manifest gives a list of modules here", pointer_to(place), "put '- ' before the module's key")
        return
    for index, entry in enumerate(modules):
        _check_module(violations, entry, (*place, index), _FORGE_SCHEMA)


def _check_module(violations: Violations, module: Any, place: Path, schema: Mapping[str, Any]) -> None:
    for path, message, hint, value in _schema_errors(module, schema):
        violations.add(RL601, message, pointer_to((*place, *path)), hint, value)
    if not isinstance(module, Mapping):
        return
    name = module.get("name")
    for path, text in ((("key",), module.get("key")), (("name", "value"), name.get("value") if isinstance(name, Mapping) else None)):
        if isinstance(text, str) and (found := email_in(text)):
            violations.add(
                RL307,
                "this looks like an e-mail address; a module's key and name are shown to everybody",
                pointer_to((*place, *path)),
                "name the product, nobody's person",
                found,
            )
    actions = module.get("actions")
    _check_actions(violations, actions if isinstance(actions, list) else [], (*place, "actions"))


def _check_actions(violations: Violations, actions: list[Any], place: Path) -> None:
    first: dict[str, int] = {}
    for index, action in enumerate(actions):
        template = action.get("templateUrl") if isinstance(action, Mapping) else None
        if isinstance(template, str) and set("{}") & set(PLACEHOLDER.sub("", template)):
            violations.add(
                RL601,
                f"{template!a} has a brace that belongs to no placeholder",
                pointer_to((*place, index, "templateUrl")),
                "write each placeholder as {name}, and a brace that is meant as one as %7B or %7D",
                template,
            )
        action_id = action.get("actionId") if isinstance(action, Mapping) else None
        if not isinstance(action_id, str):
            continue
        if action_id in first:
            violations.add(
                RL602,
                f"the actionId {action_id!a} already stands at position {first[action_id]}",
                pointer_to((*place, index, "actionId")),
                "give each action an id of its own: a link's actionIds could mean either",
                action_id,
            )
        first.setdefault(action_id, index)


def _schema_errors(value: Any, schema: Mapping[str, Any]) -> Iterator[tuple[Path, str, str, Any]]:
    # Takes 80 ms to import, and most runs have no descriptor.
    from jsonschema import Draft4Validator, FormatChecker

    formats = FormatChecker(formats=())
    formats.checks("uri")(is_uri)
    for error in Draft4Validator(schema, format_checker=formats).iter_errors(value):
        for found in innermost(error):
            message, hint = explain(found)
            yield found.path, message, hint, found.found
