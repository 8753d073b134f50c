"""RL6xx: the app's descriptor and its actions."""

from __future__ import annotations

from typing import Any

from pytest_remotelinks.rules.rule import Example, Rule, installed, link, signed_submission

_DESCRIPTORS = "Connect reference, Jira Remote Link Provider module; Forge reference, devops:remoteLinkInfoProvider"


def _module(**members: Any) -> Example:
    module = {"key": "shop-scanner", "name": {"value": "Shop Scanner"}, "homeUrl": "https://scanner.example", **members}
    return Example(
        descriptor={"key": "shop-scanner", "baseUrl": "https://scanner.example", "modules": {"jiraRemoteLinkInfoProvider": module}}
    )


def _action(action_id: str) -> dict[str, Any]:
    return {"actionId": action_id, "actionLabel": {"value": "Dismiss"}, "templateUrl": "https://scanner.example/dismiss?alert={alert}"}


APP_RULES = (
    Rule(
        "RL601",
        "descriptor-schema",
        "error",
        None,
        "The app's remote link module fits its published description.",
        "Jira refuses to install an app with a broken module, and to take links from an app that has none.",
        _DESCRIPTORS,
        _module(key="shop scanner"),
        _module(),
    ),
    Rule(
        "RL602",
        "action-id-twice",
        "error",
        None,
        "A module gives each actionId once.",
        "A link names its actions by actionId, which could then mean either.",
        "Connect reference, Jira Remote Link Provider module: actionId is unique",
        _module(actions=[_action("dismiss"), _action("dismiss")]),
        _module(actions=[_action("dismiss"), _action("assign")]),
    ),
    Rule(
        "RL603",
        "unknown-action",
        "error",
        None,
        "A link's actionIds are those of the app's module.",
        "People would not see the action: Jira has no label and no URL for it.",
        "Connect reference, Jira Remote Link Provider module: actions",
        installed(signed_submission(link(actionIds=["dismis"], attributeMap={"alert": "1"})), module={"actions": [_action("dismiss")]}),
        installed(signed_submission(link(actionIds=["dismiss"], attributeMap={"alert": "1"})), module={"actions": [_action("dismiss")]}),
    ),
    Rule(
        "RL604",
        "unfilled-placeholder",
        "error",
        None,
        "A link's attributeMap fills every placeholder of its actions' URLs.",
        "Otherwise the action leads nowhere.",
        "Connect reference, Jira Remote Link Provider module: templateUrl",
        installed(signed_submission(link(actionIds=["dismiss"])), module={"actions": [_action("dismiss")]}),
        installed(signed_submission(link(actionIds=["dismiss"], attributeMap={"alert": "1"})), module={"actions": [_action("dismiss")]}),
    ),
)
