"""The links that Jira has stored, and the one rule of their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_remotelinks.site.write import Write


class LinkStore:
    """By id, the write that a link was last stored by."""

    def __init__(self) -> None:
        self._links: dict[str, Write] = {}

    def apply(self, write: Write) -> None:
        """Let a write take effect."""
        if write.kind == "submit":
            stored = self._links.get(write.id)
            if stored is None or _is_newer(write.data, stored.data):
                self._links[write.id] = write
        elif write.kind == "delete":
            self._links.pop(write.id, None)
        else:
            for link_id in [link_id for link_id, link in self._links.items() if link.has(write.criteria)]:
                del self._links[link_id]

    def get(self, link_id: str) -> Write | None:
        return self._links.get(link_id)

    def items(self) -> Iterator[tuple[str, Write]]:
        return iter(self._links.items())

    def clear(self) -> None:
        self._links.clear()


def _is_newer(incoming: dict[str, Any], stored: dict[str, Any]) -> bool:
    # Without the schema's rule a number may be missing or be none; then the last one wins.
    new, old = incoming.get("updateSequenceNumber"), stored.get("updateSequenceNumber")
    if not isinstance(new, (int, float)) or not isinstance(old, (int, float)):
        return True
    return old < new
