"""RL603 and RL604: the actions of a submitted link, compared with those of the app's module."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from pytest_remotelinks.apis.api import Api
from pytest_remotelinks.contract.descriptor import Action
from pytest_remotelinks.contract.near import meant
from pytest_remotelinks.rules.examples import a_link, installed, signed_submission
from pytest_remotelinks.rules.rule import Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.fix import Fix

_DISMISS = {
    "actions": [
        {
            "actionId": "dismiss",
            "actionLabel": {"value": {"value": "Dismiss"}},
            "templateUrl": "https://scanner.example/dismiss?alert={alert}",
        }
    ]
}
_FIXED = installed(signed_submission(a_link(actionIds=["dismiss"], attributeMap={"alert": "1"})), module=_DISMISS)

RL603 = Rule(
    code="RL603",
    name="unknown-action",
    severity="error",
    refusal=None,
    summary="A link's actionIds are actions of the app's module.",
    why="The action is not displayed: Jira has no label and no URL for it.",
    source="Connect reference, Jira Remote Link Provider module: actions",
    broken=installed(signed_submission(a_link(actionIds=["dismis"], attributeMap={"alert": "1"})), module=_DISMISS),
    fixed=_FIXED,
)

RL604 = Rule(
    code="RL604",
    name="unfilled-placeholder",
    severity="error",
    refusal=None,
    summary="A link's attributeMap fills every placeholder of its actions' URLs.",
    why="Otherwise the action's URL leads nowhere.",
    source="Connect reference, Jira Remote Link Provider module: templateUrl",
    broken=installed(signed_submission(a_link(actionIds=["dismiss"])), module=_DISMISS),
    fixed=_FIXED,
)


def check_actions(violations: Violations, api: Api, payload: Any, actions: Mapping[str, Action]) -> None:
    """Check the actions of every link of a submission; ``actions`` are those of the app, by their ids."""
    for index, link in enumerate(api.entities(payload) or ()):
        if isinstance(link, dict) and isinstance(link.get("actionIds"), list):
            _check_link(violations, api, index, link, actions)


def _check_link(violations: Violations, api: Api, index: int, link: dict[str, Any], actions: Mapping[str, Action]) -> None:
    named = {action_id for action_id in link["actionIds"] if isinstance(action_id, str)}
    for action_id, action in actions.items():
        if action_id in named and (missing := action.unfilled(link.get("attributeMap"))):
            names = ", ".join(f"{{{name}}}" for name in missing)
            violations.add(
                RL604,
                f"nothing fills {names} in the templateUrl of the action {action_id!a}",
                api.pointer(index, "attributeMap"),
                f"add {', '.join(map(ascii, missing))} to the link's attributeMap",
                link=index,
            )
    # There may be tens of thousands: no more are checked than are listed.
    for position, action_id in enumerate(link["actionIds"]):
        if isinstance(action_id, str) and action_id not in actions and violations.lists(RL603):
            violations.add(
                RL603,
                f"the app's module has no action {action_id!a}",
                api.pointer(index, "actionIds", position),
                _nearest(link, action_id, named, actions),
                action_id,
                link=index,
            )


def _nearest(link: dict[str, Any], action_id: str, named: Container[str], actions: Mapping[str, Action]) -> str | Fix:
    if not actions:
        return "leave actionIds out, or add the action to the descriptor's module; a Forge module has no actions"
    near = meant(action_id, actions)
    if near is None:
        return f"use one of {', '.join(map(ascii, list(actions)[:10]))}, or add it to the module's actions"
    fix = Fix("set", near.name, note="or add it to the module's actions")
    is_enough = near.name not in named and not actions[near.name].unfilled(link.get("attributeMap"))
    return fix if is_enough else str(fix)
