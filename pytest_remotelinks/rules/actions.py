"""RL603 and RL604: the actions that a link offers, held against the app's module."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pytest_remotelinks.contract.descriptor import Action
from pytest_remotelinks.rules.examples import a_link, installed, signed_submission
from pytest_remotelinks.rules.rule import Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.pointer import pointer_to


def _action(action_id: str) -> dict[str, Any]:
    return {"actionId": action_id, "actionLabel": {"value": "Dismiss"}, "templateUrl": "https://scanner.example/dismiss?alert={alert}"}


RL603 = Rule(
    "RL603",
    "unknown-action",
    "error",
    None,
    "A link's actionIds are those of the app's module.",
    "People would not see the action: Jira has no label and no URL for it.",
    "Connect reference, Jira Remote Link Provider module: actions",
    installed(signed_submission(a_link(actionIds=["dismis"], attributeMap={"alert": "1"})), module={"actions": [_action("dismiss")]}),
    installed(signed_submission(a_link(actionIds=["dismiss"], attributeMap={"alert": "1"})), module={"actions": [_action("dismiss")]}),
)

RL604 = Rule(
    "RL604",
    "unfilled-placeholder",
    "error",
    None,
    "A link's attributeMap fills every placeholder of its actions' URLs.",
    "Otherwise the action leads nowhere.",
    "Connect reference, Jira Remote Link Provider module: templateUrl",
    installed(signed_submission(a_link(actionIds=["dismiss"])), module={"actions": [_action("dismiss")]}),
    installed(signed_submission(a_link(actionIds=["dismiss"], attributeMap={"alert": "1"})), module={"actions": [_action("dismiss")]}),
)


def check_actions(violations: Violations, payload: Any, actions: Mapping[str, Action]) -> None:
    """Judge the actions of every link of a submission; ``actions`` are those of the app, by their ids."""
    links = payload.get("remoteLinks") if isinstance(payload, dict) else None
    for index, link in enumerate(links if isinstance(links, list) else ()):
        if isinstance(link, dict) and isinstance(link.get("actionIds"), list):
            _check_link(violations, index, link, actions)


def _check_link(violations: Violations, index: int, link: dict[str, Any], actions: Mapping[str, Action]) -> None:
    place = ("remoteLinks", index)
    attributes = link.get("attributeMap")
    for position, action_id in enumerate(link["actionIds"]):
        if not isinstance(action_id, str):
            continue
        action = actions.get(action_id)
        if action is None:
            violations.add(
                RL603,
                f"the app's module has no action {action_id!a}",
                pointer_to((*place, "actionIds", position)),
                _nearest(action_id, actions),
                action_id,
                link=index,
            )
            continue
        missing = action.unfilled(attributes)
        if missing:
            names = ", ".join(f"{{{name}}}" for name in missing)
            violations.add(
                RL604,
                f"nothing fills {names} in the templateUrl of the action {action_id!a}",
                pointer_to((*place, "attributeMap")),
                f"add {', '.join(map(ascii, missing))} to the link's attributeMap",
                link=index,
            )


def _nearest(action_id: str, actions: Mapping[str, Action]) -> str:
    if not actions:
        return "leave actionIds out, or add the action to the descriptor's module; a Forge module has none"
    near = difflib.get_close_matches(action_id, list(actions), n=1)
    if near:
        return f"did you mean {near[0]!a}? Otherwise add it to the module's actions"
    return f"use one of {', '.join(map(ascii, list(actions)[:10]))}, or add it to the module's actions"
