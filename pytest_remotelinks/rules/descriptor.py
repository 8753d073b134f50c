"""The rules about descriptors and manifests: RL601, RL602."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pytest_remotelinks.contract.descriptor import (
    CONNECT_MODULE,
    FORGE_MODULE,
    PLACEHOLDER,
    Descriptor,
    DescriptorError,
    kind_of,
    parse_descriptor,
    read_descriptor,
)
from pytest_remotelinks.contract.explain import explain, innermost
from pytest_remotelinks.contract.schema import is_uri, python_pattern
from pytest_remotelinks.rules.examples import Example
from pytest_remotelinks.rules.properties import RL307, email_in
from pytest_remotelinks.rules.rule import Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import pointer_to

_DESCRIPTORS = "Connect reference, Jira Remote Link Provider module; Forge reference, devops:remoteLinkInfoProvider"


def _module(**members: Any) -> Example:
    module = {"key": "shop-scanner", "name": {"value": "Shop Scanner"}, "homeUrl": "https://scanner.example", **members}
    return Example(
        descriptor={"key": "shop-scanner", "baseUrl": "https://scanner.example", "modules": {"jiraRemoteLinkInfoProvider": module}}
    )


def _action(action_id: str) -> dict[str, Any]:
    return {"actionId": action_id, "actionLabel": {"value": "Dismiss"}, "templateUrl": "https://scanner.example/dismiss?alert={alert}"}


RL601 = Rule(
    code="RL601",
    name="descriptor-schema",
    severity="error",
    refusal=None,
    summary="The app's remote link module fits its published description.",
    why="Jira refuses to install an app with a broken module, and to take links from an app that has none.",
    source=_DESCRIPTORS,
    broken=_module(key="shop scanner"),
    fixed=_module(),
)

RL602 = Rule(
    code="RL602",
    name="duplicate-action-id",
    severity="error",
    refusal=None,
    summary="A module has each actionId at most once.",
    why="A link names its actions by actionId, which could then mean either.",
    source="Connect reference, Jira Remote Link Provider module: actionId is unique",
    broken=_module(actions=[_action("dismiss"), _action("dismiss")]),
    fixed=_module(actions=[_action("dismiss"), _action("assign")]),
)


Place = tuple[str | int, ...]

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


def load_descriptor(source: Mapping[str, Any] | str | Path, ignore: tuple[str, ...] = ()) -> Descriptor:
    """The checked descriptor of a dictionary or of a file.

    Raises DescriptorError for one that cannot be read or that violates a rule;
    rules that ``ignore`` names don't count, and warnings don't either.
    """
    value, name = read_descriptor(source)
    violations = Violations(ignore)
    kind = kind_of(value)
    is_forge, whole = kind == "forge", kind in ("connect", "forge")
    # Jira installs an app without the module, and answers 403 to its requests.
    if not whole or _has_module(value, FORGE_MODULE if is_forge else CONNECT_MODULE):
        check_descriptor(violations, value)
    if whole:
        _check_identity(violations, value, is_forge)
    broken = [violation for violation in violations.found if violation.severity == "error"]
    if broken:
        found = "; also ".join(f"{each.code} at {each.pointer or 'the top'}: {each.message} (change: {each.hint})" for each in broken[:5])
        more = f"; and {len(broken) - 5} more" if len(broken) > 5 else ""
        raise DescriptorError(f"{name} cannot be installed: {found}{more}")
    return parse_descriptor(value, name)


def check_descriptor(violations: Violations, descriptor: Any, bare: Literal["connect", "forge"] = "connect") -> None:
    """Check the remote link module of a descriptor or manifest, or a bare module.

    A bare module does not say whether it is Connect's or Forge's: ``bare`` is
    what it is read as, unless it has ``actions`` or an ``i18n`` name, which
    only Connect has. A list of modules is Forge's.
    """
    kind = kind_of(descriptor)
    if kind is None:
        violations.add(
            RL601,
            f"this is not a descriptor: it has no {CONNECT_MODULE}, no {FORGE_MODULE} and no homeUrl",
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
            violations.add(RL601, "the descriptor has no key", "/key", "add the app's key: it is the 'iss' of its tokens")
    if scopes is not None and not (isinstance(scopes, (list, Mapping)) and all(isinstance(scope, str) for scope in scopes)):
        violations.add(RL601, "scopes must be a list of strings", place, "write each scope as a string in a list", scopes)


def _check_whole(violations: Violations, descriptor: Mapping[str, Any], kind: str) -> None:
    name = FORGE_MODULE if kind == "forge" else CONNECT_MODULE
    # The content of "modules" may come alone.
    place: Place = () if name in descriptor else ("modules",)
    modules: Any = descriptor if name in descriptor else descriptor.get("modules")
    if not isinstance(modules, Mapping) or name not in modules:
        violations.add(RL601, f"the app has no module {name}, without which Jira answers 403", "/modules", f"add the module {name}")
    elif kind == "connect":
        _check_module(violations, modules[name], (*place, name), _CONNECT_SCHEMA)
    else:
        _check_modules(violations, modules[name], (*place, name))


def _check_modules(violations: Violations, modules: Any, place: Place) -> None:
    if not isinstance(modules, list) or not modules:
        violations.add(RL601, "a manifest has a list of modules here", pointer_to(place), "put '- ' before the module's key")
        return
    for index, entry in enumerate(modules):
        _check_module(violations, entry, (*place, index), _FORGE_SCHEMA)


def _check_module(violations: Violations, module: Any, place: Place, schema: Mapping[str, Any]) -> None:
    for path, message, hint, value in _schema_errors(module, schema):
        violations.add(RL601, message, pointer_to((*place, *path)), hint, value)
    if not isinstance(module, Mapping):
        return
    name = module.get("name")
    for path, text in ((("key",), module.get("key")), (("name", "value"), name.get("value") if isinstance(name, Mapping) else None)):
        if isinstance(text, str) and (found := email_in(text)):
            violations.add(
                RL307,
                "this looks like an e-mail address; a module's key and name are displayed to all users",
                pointer_to((*place, *path)),
                "name the product, not a person",
                found,
            )
    actions = module.get("actions")
    _check_actions(violations, actions if isinstance(actions, list) else [], (*place, "actions"))


def _check_actions(violations: Violations, actions: list[Any], place: Place) -> None:
    first: dict[str, int] = {}
    for index, action in enumerate(actions):
        template = action.get("templateUrl") if isinstance(action, Mapping) else None
        if isinstance(template, str) and set("{}") & set(PLACEHOLDER.sub("", template)):
            violations.add(
                RL601,
                f"{template!a} has a brace outside of a placeholder",
                pointer_to((*place, index, "templateUrl")),
                "write each placeholder as {name}, and other braces as %7B or %7D",
                template,
            )
        action_id = action.get("actionId") if isinstance(action, Mapping) else None
        if not isinstance(action_id, str):
            continue
        if action_id in first:
            violations.add(
                RL602,
                f"the actionId {action_id!a} is already at position {first[action_id]}",
                pointer_to((*place, index, "actionId")),
                "give each action an id of its own: a link's actionIds could mean either",
                action_id,
            )
        first.setdefault(action_id, index)


def _schema_errors(value: Any, schema: Mapping[str, Any]) -> Iterator[tuple[Place, str, str | Fix, Any]]:
    # Takes 80 ms to import, and most runs have no descriptor.
    from jsonschema import Draft4Validator, FormatChecker

    formats = FormatChecker(formats=())
    formats.checks("uri")(is_uri)
    for error in Draft4Validator(schema, format_checker=formats).iter_errors(value):
        for found in innermost(error):
            message, hint = explain(found)
            yield found.path, message, hint, found.found
