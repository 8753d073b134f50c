"""The links that Jira has stored, and the one rule of their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StoredLink:
    """A link as it was sent, and the properties of its submission."""

    data: dict[str, Any]
    properties: dict[str, Any]

    def has(self, properties: tuple[tuple[str, str], ...]) -> bool:
        """Whether the link has all of the properties."""
        return all(self.properties.get(key) == value for key, value in properties)


class LinkStore:
    """Stored links by id."""

    def __init__(self) -> None:
        self._links: dict[str, StoredLink] = {}

    def put(self, link_id: str, link: StoredLink) -> None:
        """Store the link, unless what is stored has the same or a higher sequence number."""
        stored = self._links.get(link_id)
        if stored is None or _is_newer(link.data, stored.data):
            self._links[link_id] = link

    def get(self, link_id: str) -> StoredLink | None:
        return self._links.get(link_id)

    def delete(self, link_id: str) -> None:
        self._links.pop(link_id, None)

    def delete_by(self, properties: tuple[tuple[str, str], ...]) -> None:
        """Delete every link that has all of the properties."""
        for link_id in [link_id for link_id, link in self._links.items() if link.has(properties)]:
            del self._links[link_id]

    def items(self) -> Iterator[tuple[str, StoredLink]]:
        return iter(self._links.items())


def _is_newer(incoming: dict[str, Any], stored: dict[str, Any]) -> bool:
    # Without the schema's rule a number may be missing or be none; then the last one wins.
    new, old = incoming.get("updateSequenceNumber"), stored.get("updateSequenceNumber")
    if not isinstance(new, (int, float)) or not isinstance(old, (int, float)):
        return True
    return old < new
