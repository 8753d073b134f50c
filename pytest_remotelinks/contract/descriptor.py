"""What a Connect descriptor or a Forge manifest says of its remote link module, and the rules of it (RL6xx)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pytest_remotelinks.contract.explain import explain
from pytest_remotelinks.contract.findings import Findings
from pytest_remotelinks.contract.formats import is_uri
from pytest_remotelinks.contract.pointer import pointer_to
from pytest_remotelinks.contract.property_rules import email_in
from pytest_remotelinks.contract.schema_error import innermost
from pytest_remotelinks.contract.soundness import python_pattern

CONNECT_MODULE = "jiraRemoteLinkInfoProvider"
FORGE_MODULE = "devops:remoteLinkInfoProvider"

Path = tuple[str | int, ...]

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
                "properties": {"actionId": {"type": "string", "minLength": 1}, "actionLabel": _TEXT, "templateUrl": {"type": "string"}},
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


def kind_of(value: Any) -> Literal["connect", "forge", "module"] | None:
    """What kind of descriptor a value is: a whole one, the bare module of Connect, or none at all."""
    if not isinstance(value, Mapping):
        return None
    modules = value.get("modules")
    if isinstance(modules, Mapping) and FORGE_MODULE in modules:
        return "forge"
    if isinstance(modules, Mapping) and (CONNECT_MODULE in modules or "baseUrl" in value or "authentication" in value):
        return "connect"
    if "app" in value and "modules" in value:
        return "forge"
    return "module" if "homeUrl" in value else None


def check_descriptor(findings: Findings, descriptor: Any) -> None:
    """Judge a descriptor or manifest, or a bare module; of the former only the module is looked at."""
    kind = kind_of(descriptor)
    if kind is None:
        findings.add(
            "RL601",
            f"this is no descriptor: no {CONNECT_MODULE}, no {FORGE_MODULE} and no homeUrl stands there",
            "",
            f"give the whole of atlassian-connect.json or manifest.yml, or the object of modules.{CONNECT_MODULE}",
        )
    elif kind == "module":
        _check_module(findings, descriptor, (), _CONNECT_SCHEMA)
    else:
        _check_whole(findings, descriptor, kind)


def _check_whole(findings: Findings, descriptor: Mapping[str, Any], kind: str) -> None:
    name = FORGE_MODULE if kind == "forge" else CONNECT_MODULE
    modules = descriptor.get("modules")
    if not isinstance(modules, Mapping) or name not in modules:
        findings.add("RL601", f"the app has no module {name}, without which Jira answers 403", "/modules", f"add the module {name}")
        return
    module = modules[name]
    if kind == "connect":
        _check_module(findings, module, ("modules", name), _CONNECT_SCHEMA)
    elif isinstance(module, list) and module:
        for index, entry in enumerate(module):
            _check_module(findings, entry, ("modules", name, index), _FORGE_SCHEMA)
    else:
        findings.add("RL601", "a manifest gives a list of modules here", pointer_to(("modules", name)), "put '- ' before the module's key")


def _check_module(findings: Findings, module: Any, place: Path, schema: Mapping[str, Any]) -> None:
    for path, message, hint, value in _schema_errors(module, schema):
        findings.add("RL601", message, pointer_to((*place, *path)), hint, value)
    if not isinstance(module, Mapping):
        return
    name = module.get("name")
    for path, text in ((("key",), module.get("key")), (("name", "value"), name.get("value") if isinstance(name, Mapping) else None)):
        if isinstance(text, str) and (found := email_in(text)):
            findings.add(
                "RL307",
                "this looks like an e-mail address; a module's key and name are shown to everybody",
                pointer_to((*place, *path)),
                "name the product, nobody's person",
                found,
            )
    first: dict[str, int] = {}
    actions = module.get("actions")
    for index, action in enumerate(actions if isinstance(actions, list) else ()):
        action_id = action.get("actionId") if isinstance(action, Mapping) else None
        if not isinstance(action_id, str):
            continue
        if action_id in first:
            findings.add(
                "RL602",
                f"the actionId {action_id!a} already stands at position {first[action_id]}",
                pointer_to((*place, "actions", index, "actionId")),
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
