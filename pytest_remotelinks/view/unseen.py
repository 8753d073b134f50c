"""Saying why people do not see an action as a test expects it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.contract.descriptor import Action
from pytest_remotelinks.view.compare import nearest_names


def action_problem(id: Id, action_id: str, url: Any, link: Mapping[str, Any], actions: Mapping[str, Action]) -> list[str]:
    """The lines of a failure; ``actions`` are those of the app that sent the link."""
    named = link.get("actionIds")
    offered = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    if action_id not in offered:
        near = nearest_names(action_id, offered, 1)
        hint = f"; perhaps {near[0]!a} was meant" if near else ""
        if action_id in actions and (not near or near[0] not in actions):
            instead = f" instead of {near[0]!a}" if near else ""
            hint = f"; the module has {action_id!a}, so name it there{instead}"
        return [f"{id!a} does not offer the action {action_id!a}", f"  its actionIds are {', '.join(map(ascii, offered)) or 'none'}{hint}"]
    action = actions.get(action_id)
    if action is None:
        known = ", ".join(map(ascii, actions)) or "no action"
        near = nearest_names(action_id, actions, 1)
        hint = f"perhaps {near[0]!a} was meant" if near else "install() it"
        return [f"{id!a} offers {action_id!a}, but nobody sees it", f"  the module of the app that sent the link has {known}; {hint}"]
    attributes = link.get("attributeMap")
    missing = action.unfilled(attributes)
    if missing:
        given = ", ".join(map(ascii, attributes)) if isinstance(attributes, Mapping) and attributes else "nothing"
        return [
            f"the action {action_id!a} of {id!a} leads nowhere",
            f"  nothing fills {', '.join(f'{{{name}}}' for name in missing)} in {action.template_url!a}; attributeMap has {given}",
        ]
    return [f"the action {action_id!a} of {id!a} leads to another URL", f"  url: expected {url!a}, it is {action.url(attributes)!a}"]
