"""What Jira displays on an issue or a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pytest_remotelinks.apis.api import Api, Id
from pytest_remotelinks.contract.descriptor import Action
from pytest_remotelinks.jira.apps import AppRegistry
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.wire.redact import secret_text
from pytest_remotelinks.wire.times import FIRST, read_time

#: What links are displayed on.
Kind = Literal["issue", "service"]

#: The colours of a lozenge, by the appearance that a link's status names; any other is that of the default.
COLOURS = {
    "default": "grey",
    "inprogress": "blue",
    "moved": "yellow",
    "new": "purple",
    "removed": "red",
    "success": "green",
}


@dataclass(frozen=True)
class Lozenge:
    """A link's status as it is displayed: a label on a colour."""

    label: str
    appearance: str
    colour: str


@dataclass(frozen=True)
class ShownAction:
    """An entry of a link's menu: its label and its URL."""

    action_id: str
    label: str
    url: str


@dataclass(frozen=True)
class ShownLink:
    """A link as it is displayed. ``app`` is the key of the app that sent it, empty while no app was installed."""

    id: Id
    display_name: str
    description: str
    type: str
    url: str
    lozenge: Lozenge | None
    actions: tuple[ShownAction, ...]
    last_updated: str
    app: str


def shown_on(site: Site, registry: AppRegistry, api: Api, kind: Kind, key: str) -> list[ShownLink]:
    """The links of an API that are displayed on an issue or a service, the latest first.

    Not displayed are links of an app without a remote link module, and links
    that were accepted when the site did not know the issue or the service.
    """
    links = [link for link in site.store if link.api is api and _is_shown(link, registry) and key in linked_keys(link, kind)]
    # Of links with the same time, the id decides, and then the app.
    links.sort(key=lambda link: (link.id, link.app))
    links.sort(key=lambda link: read_time(link.data.get("lastUpdated")) or FIRST, reverse=True)
    actions = registry.actions
    return [_shown(link, actions.get(link.app, {})) for link in links]


def shown_actions(link: Mapping[str, Any], actions: Mapping[str, Action]) -> tuple[ShownAction, ...]:
    """The actions that a link offers, in its order, without those that the module lacks and those whose URL is not filled."""
    named = link.get("actionIds")
    found = []
    for action_id in named if isinstance(named, list) else ():
        action = actions.get(action_id) if isinstance(action_id, str) else None
        url = action.url(link.get("attributeMap")) if action is not None else None
        if action is not None and url is not None:
            found.append(ShownAction(action.id, action.label, secret_text(url)))
    return tuple(found)


def _is_shown(link: AcceptedWrite, registry: AppRegistry) -> bool:
    app = registry.get(link.app)
    return bool(app.modules) if app is not None else not registry.verifies


def linked_keys(link: AcceptedWrite, kind: Kind, *, with_unknown: bool = False) -> list[str]:
    """The issues or services that a link is associated with, without what the site did not know when it accepted the link."""
    return [value for name, value in named_keys(link.api, link.data, kind) if with_unknown or (name, value) not in link.unknown]


def named_keys(api: Api, data: Any, kind: Kind) -> list[tuple[str, str]]:
    """The association types and values that name issues or services in a link."""
    associations = api.associations_of(data)
    return [(name, value) for name, values in associations if (name in api.service_types) == (kind == "service") for value in values]


def _shown(link: AcceptedWrite, actions: Mapping[str, Action]) -> ShownLink:
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
    return secret_text(value) if isinstance(value, str) else ""
