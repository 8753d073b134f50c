"""The links that Jira has stored, and the one rule of their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.write import Write


class LinkStore:
    """By app and id, the write that a link was last stored by. Ids are unique only within an app."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, Id], Write] = {}

    def apply(self, write: Write) -> None:
        """Let a write take effect."""
        key = write.app, write.id
        if write.kind == "submit":
            stored = self._links.get(key)
            if stored is None or _is_newer(write.data, stored.data):
                self._links[key] = write
        elif write.kind == "delete":
            self._links.pop(key, None)
        else:
            self._remove(link for link in self if link.app == write.app and link.has(write.criteria))

    def get(self, link_id: Id, app: str = "") -> Write | None:
        return self._links.get((app, link_id))

    def __iter__(self) -> Iterator[Write]:
        return iter(tuple(self._links.values()))

    def remove_app(self, app: str) -> None:
        """Delete all that the app sent."""
        self._remove(link for link in self if link.app == app)

    def clear(self) -> None:
        self._links.clear()

    def _remove(self, links: Iterator[Write]) -> None:
        for link in links:
            del self._links[link.app, link.id]


def _is_newer(incoming: dict[str, Any], stored: dict[str, Any]) -> bool:
    # Without the schema's rule a number may be missing or be none; then the last one wins.
    new, old = incoming.get("updateSequenceNumber"), stored.get("updateSequenceNumber")
    if not isinstance(new, (int, float)) or not isinstance(old, (int, float)):
        return True
    return old < new
