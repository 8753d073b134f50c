"""The rules about descriptors and manifests: RL601, RL602, RL605 to RL607."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_remotelinks.contract.descriptor import PLACEHOLDER, Descriptor, DescriptorError, parse_descriptor, read_descriptor
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.explain import explain, innermost, json_type, subject_of
from pytest_remotelinks.contract.layout import ABSENT, CONNECT_MODULE, FORGE_MODULE, Kind, Layout, layout_of
from pytest_remotelinks.contract.schema import is_uri, is_uri_reference, python_pattern
from pytest_remotelinks.contract.scopes import lacking_connect_scope, lacking_oauth_scopes
from pytest_remotelinks.rules.examples import Example
from pytest_remotelinks.rules.properties import RL307, email_in
from pytest_remotelinks.rules.rule import DOCUMENT, Rule
from pytest_remotelinks.rules.violation import NO_VALUE, Violation, Violations
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import pointer_to

_DESCRIPTORS = "Connect reference, Jira Remote Link Provider module; Forge reference, devops:remoteLinkInfoProvider"


def _app(*scopes: str, **modules: Any) -> Example:
    return Example(descriptor={"key": "shop-scanner", "baseUrl": "https://scanner.example", "scopes": list(scopes), "modules": modules})


def _module(**members: Any) -> Example:
    module = {"key": "shop-scanner", "name": {"value": "Shop Scanner"}, "homeUrl": "https://scanner.example", **members}
    return _app("READ", "WRITE", "DELETE", jiraRemoteLinkInfoProvider=module)


def _action(action_id: str, label: Any = None) -> dict[str, Any]:
    return {
        "actionId": action_id,
        "actionLabel": {"value": label or {"value": action_id.capitalize()}},
        "templateUrl": f"https://scanner.example/{action_id}?alert={{alert}}",
    }


_PROVIDER = _module().descriptor["modules"][CONNECT_MODULE]


RL601 = Rule(
    code="RL601",
    name="descriptor-schema",
    severity="error",
    refusal=None,
    summary="The app's remote link module fits its published description.",
    why="Jira refuses to install an app with a broken module.",
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

RL605 = Rule(
    code="RL605",
    name="action-form",
    severity="warning",
    refusal=None,
    outcome="installs the app",
    summary="Actions are a list, and each actionLabel is nested, as in the published example.",
    why="The published text shows no other form of a label, and calls actions an object in one place: another form may stop working.",
    source="Connect reference, Jira Remote Link Provider module: example, and remoteLinkProviderActionBean",
    broken=_module(actions=[_action("dismiss", "Dismiss")]),
    fixed=_module(actions=[_action("dismiss")]),
)

RL606 = Rule(
    code="RL606",
    name="descriptor-scopes",
    severity="warning",
    refusal=None,
    outcome="installs the app",
    summary="An app with a remote link module has the scopes of the module's operations.",
    why="Jira answers 403 to the operations whose scope the app lacks. An app that never calls them does not need it.",
    source=f"{DOCUMENT}: x-atlassian-connect-scope and security of each operation",
    broken=_app("READ", jiraRemoteLinkInfoProvider=_PROVIDER),
    fixed=_module(),
)

RL607 = Rule(
    code="RL607",
    name="descriptor-module-lacking",
    severity="warning",
    refusal=None,
    outcome="installs the app",
    summary="The app has the remote link module.",
    why="Jira installs an app without it, and answers 403 to each of its requests.",
    source=f"{DOCUMENT}: 403, returned if the app does not define the module",
    broken=_app("READ", "WRITE", "DELETE"),
    fixed=_module(),
)


Place = tuple[str | int, ...]

_URL = {"type": "string", "format": "uri"}
_TEXT = {
    "type": "object",
    "required": ["value"],
    "properties": {"value": {"type": "string", "maxLength": 1500}, "i18n": {"type": "string", "maxLength": 300}},
}
_NESTED_TEXT = {"type": "object", "required": ["value"], "properties": {"value": _TEXT}}
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
                "properties": {"actionId": {"type": "string", "minLength": 1}, "templateUrl": {"type": "string", "minLength": 1}},
            },
        },
    },
}
#: For actions alone.
_ACTIONS_SCHEMA = {**_CONNECT_SCHEMA, "required": []}
_FORGE_URL = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": python_pattern("^(http|https)://.*$")}
_FORGE_SCHEMA = {
    "type": "object",
    "required": ["key", "name", "homeUrl"],
    "properties": {
        "key": {"type": "string", "minLength": 1},
        "name": {"type": "object", "required": ["value"], "properties": {"value": {"type": "string", "minLength": 1, "maxLength": 255}}},
        "homeUrl": _FORGE_URL,
        # A file of the app, too: "resource:main;logo.svg".
        "logoUrl": {"type": "string", "minLength": 1, "maxLength": 255, "format": "uri-reference"},
        "documentationUrl": _FORGE_URL,
    },
}


def load_descriptor(
    source: Mapping[str, Any] | str | Path, document: Document, ignore: tuple[str, ...] = ()
) -> tuple[Descriptor, list[str]]:
    """The checked descriptor of a dictionary or of a file, and its warnings, each in one line.

    Raises DescriptorError for one that cannot be read or that violates a rule of
    severity ``error``; rules that ``ignore`` names don't count.
    """
    value, name, bare = read_descriptor(source)
    violations = Violations(ignore)
    check_descriptor(violations, value, document, bare)
    broken = [violation for violation in violations.found if violation.severity == "error"]
    if broken:
        more = f"; and {len(broken) - 5} more" if len(broken) > 5 else ""
        raise DescriptorError(f"{name} cannot be installed: {'; also '.join(map(_in_words, broken[:5]))}{more}")
    warnings = [f"{name}: {_in_words(violation)}" for violation in violations.found]
    return parse_descriptor(value, name, bare), warnings


def _in_words(violation: Violation) -> str:
    return f"{violation.code} at {violation.pointer or 'the top'}: {violation.message} (change: {violation.hint})"


def check_descriptor(violations: Violations, descriptor: Any, document: Document, bare: Kind = "connect") -> None:
    """Check a descriptor or manifest, its modules alone, or a bare module.

    The scopes are those that ``document`` asks for; ``bare`` is what a bare
    module is read as.
    """
    layout = layout_of(descriptor, bare)
    if layout is None:
        violations.add(
            RL601,
            f"this is not a descriptor: it has no {CONNECT_MODULE}, no {FORGE_MODULE} and no homeUrl",
            "",
            f"give the whole of atlassian-connect.json or manifest.yml, or the object of modules.{CONNECT_MODULE}",
        )
        return
    _check_modules(violations, layout)
    if layout.is_whole:
        _check_app(violations, layout, document)


# The app


def _check_app(violations: Violations, layout: Layout, document: Document) -> None:
    if not layout.key:
        place, hint = ("/app/id", "app.id") if layout.kind == "forge" else ("/key", "the app's key: it is the 'iss' of its tokens")
        violations.add(RL601, "the app has no key", place, f"add {hint}")
    scopes, place = layout.stated_scopes, pointer_to(layout.scopes_place)
    if scopes is not None and not (isinstance(scopes, (list, Mapping)) and all(isinstance(scope, str) for scope in scopes)):
        violations.add(RL601, "scopes must be a list of strings", place, "write each scope as a string in a list", scopes)
    elif layout.content is not ABSENT:
        _check_scopes(violations, layout, document)


def _check_scopes(violations: Violations, layout: Layout, document: Document) -> None:
    """Compare the app's scopes with those of the module's operations."""
    granted = layout.scopes or frozenset()
    lacking: dict[str, list[str]] = {}
    for operation in document.operations:
        if layout.kind == "forge":
            needed = sorted(lacking_oauth_scopes(document, operation, granted))
        else:
            needed = [scope for scope in [lacking_connect_scope(document, operation, granted)] if scope]
        for scope in needed:
            lacking.setdefault(scope, []).append(operation.id)
    if lacking:
        operations = list(dict.fromkeys(name for names in lacking.values() for name in names))
        violations.add(
            RL606,
            f"without {', '.join(lacking)} among the app's scopes, Jira answers 403 to {', '.join(operations)}",
            pointer_to(layout.scopes_place),
            f"add {', '.join(map(ascii, lacking))} to {'.'.join(layout.scopes_place)}; if the app never calls these operations, ignore RL606",
            NO_VALUE if layout.stated_scopes is None else layout.stated_scopes,
        )


# The modules


def _check_modules(violations: Violations, layout: Layout) -> None:
    if layout.content is ABSENT:
        _check_absence(violations, layout)
    elif layout.is_bare or layout.kind == "connect":
        _check_module(violations, layout.content, layout.place, _FORGE_SCHEMA if layout.kind == "forge" else _CONNECT_SCHEMA)
    elif isinstance(layout.content, list) and layout.content:
        for index, module in enumerate(layout.content):
            _check_module(violations, module, (*layout.place, index), _FORGE_SCHEMA)
    else:
        hint: Fix | str = "put a module into the list, or leave the member out"
        if isinstance(layout.content, Mapping) and layout.content:
            wrap = Fix("wrap", note="in YAML, put '- ' before its key")
            hint = _proven(wrap, lambda scratch: _check_module(scratch, layout.content, (), _FORGE_SCHEMA))
        violations.add(RL601, "a manifest has a list of modules here", pointer_to(layout.place), hint)


def _check_absence(violations: Violations, layout: Layout) -> None:
    name = FORGE_MODULE if layout.kind == "forge" else CONNECT_MODULE
    hint = f"move {name} into 'modules'" if name in layout.value else f"add the module {name} to 'modules'"
    modules = layout.value.get("modules")
    if isinstance(modules, Mapping):
        violations.add(RL607, f"the app has no module {name}, without which Jira answers 403", "/modules", hint)
    else:
        found = f"is {json_type(modules)}, but must be an object" if "modules" in layout.value else "is not there"
        violations.add(RL601, f"'modules' {found}", "/modules", hint)


def _check_module(violations: Violations, module: Any, place: Place, schema: Mapping[str, Any]) -> None:
    actions = module.get("actions") if isinstance(module, Mapping) else None
    if isinstance(actions, Mapping):
        _check_actions_object(violations, actions, (*place, "actions"))
        module = {name: value for name, value in module.items() if name != "actions"}
    _check_schema(violations, module, place, schema)
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
    _check_actions(violations, actions if isinstance(actions, list) else [], (*place, "actions"))


def _check_actions_object(violations: Violations, actions: Mapping[str, Any], place: Place) -> None:
    """Check actions that are an object, as which one place of the published text describes them."""
    if not actions:
        violations.add(
            RL605,
            "this object has no action; actions are a list, as in the published example",
            pointer_to(place),
            Fix("set", [], note="or leave 'actions' out", safe=True),
            actions,
        )
        return
    hint: Fix | str = "make it a list of the objects in it, and give each its 'actionId'"
    if {"actionId", "templateUrl"} & actions.keys():
        hint = _proven(Fix("wrap", safe=True), lambda scratch: _check_module(scratch, {"actions": [actions]}, (), _ACTIONS_SCHEMA))
    violations.add(RL601, "actions is an object, but must be a list, as in the published example", pointer_to(place), hint, actions)


def _check_actions(violations: Violations, actions: list[Any], place: Place) -> None:
    first: dict[str, int] = {}
    for index, action in enumerate(actions):
        if not isinstance(action, Mapping):
            continue
        if "actionLabel" in action:
            _check_label(violations, action["actionLabel"], (*place, index, "actionLabel"))
        _check_template(violations, action.get("templateUrl"), (*place, index, "templateUrl"))
        action_id = action.get("actionId")
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


def _check_label(violations: Violations, label: Any, place: Place) -> None:
    if isinstance(label, str):
        nested = {"value": {"value": label}}
        hint = _proven(Fix("set", nested, safe=True), lambda scratch: _check_schema(scratch, nested, (), _NESTED_TEXT))
        violations.add(RL601, "actionLabel is a string, but must be an object", pointer_to(place), hint, label)
    elif isinstance(label, Mapping) and isinstance(label.get("value"), str):
        violations.add(
            RL605,
            "the label is not nested as the published example is",
            pointer_to(place),
            Fix("set", {"value": dict(label)}, safe=True),
            label,
        )
        _check_schema(violations, label, place, _TEXT)
    else:
        _check_schema(violations, label, place, _NESTED_TEXT)


def _check_template(violations: Violations, template: Any, place: Place) -> None:
    if not isinstance(template, str):
        return
    if set("{}") & set(PLACEHOLDER.sub("", template)):
        violations.add(
            RL601,
            f"{template!a} has a brace outside of a placeholder",
            pointer_to(place),
            "write each placeholder as {name}, and other braces as %7B or %7D",
            template,
        )
    elif not is_uri_reference(_filled(template)):
        violations.add(
            RL601,
            f"{template!a} is not a URL when its placeholders are filled",
            pointer_to(place),
            "percent-encode spaces and other characters that a URL cannot have, and remove newlines",
            template,
        )


def _filled(template: str) -> str:
    """The URL of a template with something in each placeholder; what is not ASCII will be percent-encoded."""
    text = PLACEHOLDER.sub("x", template)
    return "".join(character if character.isascii() else quote(character, errors="replace") for character in text)


def _proven(fix: Fix, check: Callable[[Violations], None]) -> Fix | str:
    """The fix; only its words where what it makes violates another rule by this check."""
    scratch = Violations(())
    check(scratch)
    return str(fix) if scratch.found else fix


def _check_schema(violations: Violations, value: Any, place: Place, schema: Mapping[str, Any]) -> None:
    for path, message, hint, found in _schema_errors(value, schema, place):
        violations.add(RL601, message, pointer_to((*place, *path)), hint, found)


def _schema_errors(value: Any, schema: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, str, str | Fix, Any]]:
    # Takes 80 ms to import, and most runs have no descriptor.
    from jsonschema import Draft4Validator, FormatChecker

    formats = FormatChecker(formats=())
    formats.checks("uri")(is_uri)
    formats.checks("uri-reference")(is_uri_reference)
    for error in Draft4Validator(schema, format_checker=formats).iter_errors(value):
        for found in innermost(error):
            message, hint = explain(found, subject_of((*place, *found.path), "the module"))
            yield found.path, message, hint, found.found
