"""Descriptors and manifests: ``remotelinks check`` reports what ``install()`` raises and warns of, for whatever a file holds."""

from __future__ import annotations

import copy
import io
import json
import warnings
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest
import yaml
from hypothesis import event, given
from hypothesis import strategies as st
from support.apps import DESCRIPTOR

from pytest_remotelinks import DescriptorError, FakeJira, RemoteLinksWarning
from pytest_remotelinks.cli.main import main
from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.rules.descriptor import check_descriptor
from pytest_remotelinks.rules.violation import Violations

SCOPES = [f"{verb}:remote-link-info:jira" for verb in ("read", "write", "delete")]
CONNECT_MODULE = DESCRIPTOR["modules"]["jiraRemoteLinkInfoProvider"]
FORGE_MODULES = [
    {
        "key": "shop-scanner",
        "name": {"value": "Shop Scanner"},
        "homeUrl": "https://scanner.example",
        "logoUrl": "resource:main;logo.svg",
        "documentationUrl": "http://scanner.example/docs",
    }
]
MANIFEST: dict[str, Any] = {
    "app": {"id": "ari:cloud:ecosystem::app/1"},
    "permissions": {"scopes": SCOPES},
    "modules": {"devops:remoteLinkInfoProvider": FORGE_MODULES},
}
#: Whole ones and the parts of them that can be checked and installed.
STARTS = [
    DESCRIPTOR, {"modules": DESCRIPTOR["modules"]}, DESCRIPTOR["modules"], CONNECT_MODULE,
    MANIFEST, {"modules": MANIFEST["modules"]}, MANIFEST["modules"], FORGE_MODULES, FORGE_MODULES[0],
]  # fmt: skip
ADDRESSES = ["https://scanner.example\n", "https://scanner.example/a b", "ftp://scanner.example", "https://a.example/" + "x" * 300, "{a"]
LABELS = [{"value": "Dismiss"}, {"value": {"value": "Dismiss", "i18n": "x" * 301}}, {"value": "x" * 1501}, {"value": 5}, "Dismiss"]
LISTS = [[], ["READ"], ["write", 5], SCOPES[:2], [CONNECT_MODULE]]
OBJECTS = [{}, CONNECT_MODULE["actions"][0], FORGE_MODULES[0]]
odd = st.sampled_from([None, 0, True, "", "x", "a b", "ann@scanner.example", *ADDRESSES, *LABELS, *LISTS, *OBJECTS])


def places_in(value, path=()):
    """The paths of all members and entries."""
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, step)
        yield from places_in(inner, (*path, step))


@st.composite
def descriptors(draw):
    """A descriptor, a manifest or a part of one, with a few things replaced, left out or repeated."""
    value = copy.deepcopy(draw(st.sampled_from(STARTS)))
    for _ in range(draw(st.integers(0, 3))):
        places = list(places_in(value))
        if not places:
            break
        *above, step = draw(st.sampled_from(places))
        holder = value
        for name in above:
            holder = holder[name]
        change = draw(st.sampled_from(["replace", "replace", "leave out", "move up", "repeat"]))
        if change == "replace":
            holder[step] = copy.deepcopy(draw(odd))
        elif change == "leave out":
            del holder[step]
        elif change == "move up" and isinstance(step, str) and isinstance(value, dict):
            value[step] = holder.pop(step)
        elif change == "repeat" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[step]))
    return value


def reported(path, *options):
    """What the command reports, as ``install()`` words it, by severity; None for a file that it does not take for a descriptor."""
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(io.StringIO()):
        status = main(["check", str(path), "--format", "json", *options])
    found = json.loads(output.getvalue()) if status != 2 else []
    # A list of something else is taken for links.
    if status == 2 or any(each["code"] not in ("RL307", "RL601", "RL602", "RL605", "RL606", "RL607") for each in found):
        return None
    words = {"error": [], "warning": []}
    for each in found:
        pointer = each["pointer"] or "the top"
        words[each["severity"]].append(f"{each['code']} at {pointer}: {each['message']} (change: {each['hint']})")
    return words


def installed(path, **settings):
    """What ``install()`` says, by severity."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            FakeJira(**settings).install(path)
        except DescriptorError as error:
            return {"error": str(error), "warning": [str(each.message) for each in caught]}
    assert {each.category for each in caught} <= {RemoteLinksWarning}
    return {"error": "", "warning": [str(each.message) for each in caught]}


@given(value=descriptors(), format=st.sampled_from(["json", "yml", "json in yml"]))
def test_check_and_install_agree(value, format, tmp_path_factory):
    """For any descriptor, what the command calls an error is raised, and what it calls a warning is warned of."""
    path = tmp_path_factory.getbasetemp() / ("descriptor.json" if format == "json" else "manifest.yml")
    path.write_text(yaml.safe_dump(value) if format == "yml" else json.dumps(value))
    found, said = reported(path), installed(path)
    event(f"{format}: {'not recognised' if found is None else 'broken' if found['error'] else 'warned' if found['warning'] else 'clean'}")
    if found is None or value == []:  # an empty list is one of links
        assert "is not a descriptor" in said["error"]
    elif found["error"]:
        assert said["warning"] == []
        assert len([words for words in found["error"] if words in said["error"]]) == min(5, len(found["error"]))
        assert (f"; and {len(found['error']) - 5} more" in said["error"]) == (len(found["error"]) > 5)
    else:
        assert said["error"] == ""
        assert sorted(said["warning"]) == sorted(f"app {path}: {words}" for words in found["warning"])


def violations_of(value, bare):
    violations = Violations(())
    check_descriptor(violations, value, load_document("2026-06"), bare)
    return violations.found


@given(value=descriptors(), bare=st.sampled_from(["connect", "forge"]))
def test_following_a_hint_ends_its_violation(value, bare):
    """A change that a hint names ends the violation, and none comes in its place."""
    before = violations_of(value, bare)
    for violation in before:
        if violation.fix is None:
            continue
        event(f"{violation.code} {violation.fix.action}")
        after = violations_of(violation.fix.apply(value), bare)
        assert (violation.code, violation.pointer) not in {(found.code, found.pointer) for found in after}
        assert len(after) < len(before)


def as_connect(**module):
    return {**DESCRIPTOR, "modules": {"jiraRemoteLinkInfoProvider": {**CONNECT_MODULE, **module}}}


def as_action(**action):
    return as_connect(actions=[{"actionId": "a", "actionLabel": {"value": {"value": "A"}}, "templateUrl": "https://a.example", **action}])


def as_forge(**module):
    return {**MANIFEST, "modules": {"devops:remoteLinkInfoProvider": [{**FORGE_MODULES[0], **module}]}}


CLEAN = {
    "Atlassian's example": {
        "modules": {
            "jiraRemoteLinkInfoProvider": {
                "homeUrl": "https://provider.example",
                "actions": [
                    {
                        "actionId": "action-1",
                        "actionLabel": {"value": {"value": "Acknowledge"}},
                        "templateUrl": "https://provider.example/ack/{ack-id}",
                    }
                ],
                "name": {"value": "Provider"},
                "key": "remotelink-integration",
            }
        }
    },
    "a long label": as_action(actionLabel={"value": {"value": "x" * 1500, "i18n": "x" * 300}}),
    "a template of other characters": as_action(templateUrl="/ü/{a b}?x={y}#{z}"),
    "no actions": as_connect(actions=[]),
    "scopes that include others": {**DESCRIPTOR, "scopes": ["delete"]},
    "a scope of administrators": {**DESCRIPTOR, "scopes": ["ADMIN"]},
    "URLs of 255 characters": as_forge(homeUrl="http://" + "x" * 248, documentationUrl="https://" + "x" * 247, logoUrl="x" * 255),
    "a relative logo": as_forge(logoUrl="images/logo.svg"),
    "a URL of spaces": as_forge(homeUrl="https://scanner.example/a b"),
    "scopes with settings": {**MANIFEST, "permissions": {"scopes": {key: {"allowImpersonation": True} for key in SCOPES}}},
}


@pytest.mark.parametrize("name", CLEAN)
def test_clean_descriptor(tmp_path, name):
    """What Atlassian publishes as right has no violation and is installed."""
    path = tmp_path / "descriptor.json"
    path.write_text(json.dumps(CLEAN[name]))
    assert reported(path) == {"error": [], "warning": []}
    assert installed(path) == {"error": "", "warning": []}


AT_CONNECT, AT_FORGE = "/modules/jiraRemoteLinkInfoProvider", "/modules/devops:remoteLinkInfoProvider/0"
AT_ACTION = f"{AT_CONNECT}/actions/0"
FOUND = {
    # Labels
    "a flat label": (
        as_action(actionLabel={"value": "A"}),
        f"RL605 at {AT_ACTION}/actionLabel: the label is not nested as the published example is",
        '(change: send {"value": {"value": "A"}})',
    ),
    "a long flat label": (
        as_action(actionLabel={"value": "x" * 1501}),
        f"RL601 at {AT_ACTION}/actionLabel/value: value is 1501 characters long; at most 1500 are allowed",
        "",
    ),
    "a label as text": (
        as_action(actionLabel="A"),
        f"RL601 at {AT_ACTION}/actionLabel: actionLabel is a string, but must be an object",
        '(change: send {"value": {"value": "A"}})',
    ),
    "a long label": (
        as_action(actionLabel={"value": {"value": "x" * 1501}}),
        f"RL601 at {AT_ACTION}/actionLabel/value/value: value is 1501 characters long; at most 1500 are allowed",
        "",
    ),
    "a long key of a translation": (
        as_action(actionLabel={"value": {"value": "x", "i18n": "x" * 301}}),
        f"RL601 at {AT_ACTION}/actionLabel/value/i18n: i18n is 301 characters long; at most 300 are allowed",
        "",
    ),
    "an empty label": (
        as_action(actionLabel={}),
        f"RL601 at {AT_ACTION}/actionLabel: actionLabel lacks the member 'value'",
        "(change: add 'value'",
    ),
    # Actions
    "an empty object of actions": (
        as_connect(actions={}),
        f"RL605 at {AT_CONNECT}/actions: this object has no action; actions are a list, as in the published example",
        "(change: send []; or leave 'actions' out)",
    ),
    "actions by id": (
        as_connect(actions={"a": {"templateUrl": "https://a.example"}}),
        f"RL601 at {AT_CONNECT}/actions: actions is an object, but must be a list, as in the published example",
        "(change: make it a list of the objects in it, and give each its 'actionId')",
    ),
    "one action": (
        as_connect(actions=CONNECT_MODULE["actions"][0]),
        f"RL601 at {AT_CONNECT}/actions: actions is an object, but must be a list, as in the published example",
        "(change: put it into a list)",
    ),
    "null for actions": (
        as_connect(actions=None),
        f"RL601 at {AT_CONNECT}/actions: actions is null, but must be a list",
        "(change: leave ",
    ),
    "an action twice": (
        as_connect(actions=[CONNECT_MODULE["actions"][0]] * 2),
        f"RL602 at {AT_CONNECT}/actions/1/actionId: the actionId 'dismiss' is already at position 0",
        "give each action an id of its own",
    ),
    "a template and a newline": (
        as_action(templateUrl="https://a.example/{a}\n"),
        f"RL601 at {AT_ACTION}/templateUrl: 'https://a.example/{{a}}\\n' is not a URL when its placeholders are filled",
        "remove newlines",
    ),
    "a key and a newline": (as_connect(key="scanner\n"), f"RL601 at {AT_CONNECT}/key: ", "does not match the pattern"),
    # URLs
    "a URL and a newline": (as_connect(homeUrl="https://a.example\n"), f"RL601 at {AT_CONNECT}/homeUrl: ", "is not a valid URI"),
    "a long home page": (
        as_forge(homeUrl="https://" + "x" * 248),
        f"RL601 at {AT_FORGE}/homeUrl: homeUrl is 256 characters long; at most 255",
        "",
    ),
    "a home page by FTP": (
        as_forge(homeUrl="ftp://a.example"),
        f'RL601 at {AT_FORGE}/homeUrl: homeUrl "ftp://a.example" does not match the pattern',
        "(change: send a value that matches ^(http|https)://.*$)",
    ),
    "a relative documentation": (as_forge(documentationUrl="docs"), f"RL601 at {AT_FORGE}/documentationUrl: ", "not match the pattern"),
    "a home page and a newline": (as_forge(homeUrl="https://a.example\n"), f"RL601 at {AT_FORGE}/homeUrl: ", "does not match the pattern"),
    "an empty logo": (as_forge(logoUrl=""), f"RL601 at {AT_FORGE}/logoUrl: logoUrl is 0 characters long; at least 1", ""),
    "a long logo": (
        as_forge(logoUrl="x" * 256),
        f"RL601 at {AT_FORGE}/logoUrl: logoUrl is 256 characters long; at most 255 are allowed",
        "",
    ),
    "a logo with a space": (as_forge(logoUrl="my logo.svg"), f"RL601 at {AT_FORGE}/logoUrl: ", "is not a valid"),
    # Scopes
    "no permissions": (
        {name: value for name, value in MANIFEST.items() if name != "permissions"},
        "RL606 at /permissions/scopes: without write:remote-link-info:jira, delete:remote-link-info:jira, read:remote-link-info:jira "
        "among the app's scopes, Jira answers 403 to submitRemoteLinks, deleteRemoteLinksByProperty, deleteRemoteLinkById, getRemoteLink",
        "(change: add 'write:remote-link-info:jira', ",
    ),
    "no scope to delete": (
        {**MANIFEST, "permissions": {"scopes": SCOPES[:2]}},
        "RL606 at /permissions/scopes: without delete:remote-link-info:jira among the app's scopes, Jira answers 403 to "
        "deleteRemoteLinksByProperty, deleteRemoteLinkById",
        "to permissions.scopes; if the app never calls these operations, ignore RL606)",
    ),
    "a Connect app that only reads": (
        {**DESCRIPTOR, "scopes": ["READ"]},
        "RL606 at /scopes: without WRITE, DELETE among the app's scopes, Jira answers 403 to submitRemoteLinks, ",
        "(change: add 'WRITE', 'DELETE' to scopes; if the app never calls",
    ),
    "scopes as text": ({**DESCRIPTOR, "scopes": "READ"}, "RL601 at /scopes: scopes must be a list of strings", "in a list"),
    # The app and its modules
    "no key": ({**DESCRIPTOR, "key": ""}, "RL601 at /key: the app has no key", "(change: add the app's key"),
    "no module": ({**DESCRIPTOR, "modules": {}}, "RL607 at /modules: the app has no module jiraRemoteLinkInfoProvider", "add the module"),
    "a module outside of modules": (
        {**DESCRIPTOR, "modules": {}, **DESCRIPTOR["modules"]},
        "RL607 at /modules: the app has no module jiraRemoteLinkInfoProvider",
        "(change: move jiraRemoteLinkInfoProvider into 'modules')",
    ),
    "null for modules": ({**MANIFEST, "modules": None}, "RL601 at /modules: 'modules' is null, but must be an object", "(change: add the "),
    "a Forge module that is not in a list": (
        {**MANIFEST, "modules": {"devops:remoteLinkInfoProvider": FORGE_MODULES[0]}},
        "RL601 at /modules/devops:remoteLinkInfoProvider: a manifest has a list of modules here",
        "(change: put it into a list; in YAML, put '- ' before its key)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_broken_descriptor(tmp_path, name):
    """Each mistake is one message that names the place and what to change; a warning does not keep the app from being installed."""
    value, message, change = FOUND[name]
    path = tmp_path / "descriptor.json"
    path.write_text(json.dumps(value))
    severity = "warning" if message[:5] in ("RL605", "RL606", "RL607") else "error"
    found, said = reported(path), installed(path)
    (words,) = found["error"] if severity == "error" else found["warning"]
    assert words.startswith(message)
    assert change in words
    if severity == "error":
        assert said["error"] == f"app {path} cannot be installed: {words}"
    else:
        assert (said["error"], said["warning"]) == ("", [f"app {path}: {words}"])


def test_ignored_scopes(tmp_path):
    """An app that never deletes ignores the warning about scopes."""
    path = tmp_path / "descriptor.json"
    path.write_text(json.dumps({**DESCRIPTOR, "scopes": ["WRITE"]}))
    assert reported(path, "--ignore", "RL606") == {"error": [], "warning": []}
    assert installed(path, ignore="RL606") == {"error": "", "warning": []}


def test_scopes_are_those_of_the_contract(tmp_path):
    """A contract that names no OAuth scopes asks a Forge app for none."""
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({**MANIFEST, "permissions": {"scopes": []}}))
    assert reported(path, "--contract", "2023-06") == {"error": [], "warning": []}
    assert installed(path, contract="2023-06") == {"error": "", "warning": []}
    assert len(reported(path)["warning"]) == len(installed(path)["warning"]) == 1


def test_warning_does_not_fail_an_installation():
    """Where warnings are errors, an app with a warning is installed all the same, as Jira does."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert FakeJira(app={**DESCRIPTOR, "scopes": []}).app.scopes == set()


PARTS = [
    ({"modules": DESCRIPTOR["modules"]}, "descriptor.json", "connect", "shop-scanner"),
    (DESCRIPTOR["modules"], "descriptor.json", "connect", "shop-scanner"),
    (CONNECT_MODULE, "descriptor.json", "connect", "shop-scanner"),
    (CONNECT_MODULE, "manifest.yml", "connect", "shop-scanner"),
    ({"modules": MANIFEST["modules"]}, "manifest.yml", "forge", "shop-scanner"),
    (MANIFEST["modules"], "descriptor.json", "forge", "shop-scanner"),
    (FORGE_MODULES, "manifest.yml", "forge", "shop-scanner"),
    (FORGE_MODULES[0], "manifest.yml", "forge", "shop-scanner"),
]


@pytest.mark.parametrize(("value", "name", "kind", "key"), PARTS)
def test_part_is_installed(tmp_path, value, name, kind, key):
    """What can be checked alone can be installed alone: an app of its module's key that may do everything."""
    path = tmp_path / name
    path.write_text(yaml.safe_dump(value) if name.endswith(".yml") else json.dumps(value))
    assert reported(path) == {"error": [], "warning": []}
    app = FakeJira(app=path).app
    assert (app.kind, app.key, app.scopes) == (kind, key, None)
