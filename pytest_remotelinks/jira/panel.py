"""What a person sees on an issue or a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.contract.descriptor import Action
from pytest_remotelinks.jira.apps import AppRegistry
from pytest_remotelinks.jira.associations import SERVICE_TYPES, associations
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.jira.write import Write
from pytest_remotelinks.wire.times import read_time

#: The colours of a lozenge, by the appearance that a link's status names; any other is that of the default.
COLOURS = {
    "default": "grey",
    "inprogress": "blue",
    "moved": "yellow",
    "new": "purple",
    "removed": "red",
    "success": "green",
}
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Lozenge:
    """A link's status as people see it: a label on a colour."""

    label: str
    appearance: str
    colour: str


@dataclass(frozen=True)
class ShownAction:
    """An entry of a link's menu: what it says and where it leads."""

    action_id: str
    label: str
    url: str


@dataclass(frozen=True)
class ShownLink:
    """A link as people see it. ``app`` is the key of the app that sent it, empty while none was installed."""

    id: Id
    display_name: str
    description: str
    type: str
    url: str
    lozenge: Lozenge | None
    actions: tuple[ShownAction, ...]
    last_updated: str
    app: str


def shown_on(site: Site, registry: AppRegistry, kind: str, key: str) -> list[ShownLink]:
    """The links that people see on an issue or a service, the latest first.

    Left out are those of an app without a remote link module, and those that
    were taken when the site did not know the issue or the service.
    """
    links = [link for link in site.store if _is_shown(link, registry) and key in _keys(link, kind)]
    # Times may be the same; then the id decides, so that the order is always one.
    links.sort(key=lambda link: link.id)
    links.sort(key=lambda link: read_time(link.data.get("lastUpdated")) or _NEVER, reverse=True)
    actions = registry.actions
    return [_shown(link, actions.get(link.app, {})) for link in links]


def shown_actions(link: Mapping[str, Any], actions: Mapping[str, Action]) -> tuple[ShownAction, ...]:
    """The actions that a link offers, in its order; one that the module lacks, or whose URL nothing fills, is not shown."""
    named = link.get("actionIds")
    found = []
    for action_id in named if isinstance(named, list) else ():
        action = actions.get(action_id) if isinstance(action_id, str) else None
        url = action.url(link.get("attributeMap")) if action is not None else None
        if action is not None and url is not None:
            found.append(ShownAction(action.id, action.label, url))
    return tuple(found)


def _is_shown(link: Write, registry: AppRegistry) -> bool:
    app = registry.get(link.app)
    return bool(app.modules) if app is not None else not registry.verifies


def _keys(link: Write, kind: str) -> list[str]:
    return [
        value
        for name, values in associations(link.data)
        if (name in SERVICE_TYPES) == (kind == "service")
        for value in values
        # What the site did not know when it took the link, it does not show the link on.
        if (name, value) not in link.unknown
    ]


def _shown(link: Write, actions: Mapping[str, Action]) -> ShownLink:
    data = link.data
    return ShownLink(
        id=link.id,
        display_name=_text(data, "displayName"),
        description=_text(data, "description"),
        type=_text(data, "type"),
        url=_text(data, "url"),
        lozenge=_lozenge(data.get("status")),
        actions=shown_actions(data, actions),
        last_updated=_text(data, "lastUpdated"),
        app=link.app,
    )


def _lozenge(status: Any) -> Lozenge | None:
    if not isinstance(status, dict):
        return None
    appearance = _text(status, "appearance")
    return Lozenge(_text(status, "label"), appearance, COLOURS.get(appearance, COLOURS["default"]))


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
