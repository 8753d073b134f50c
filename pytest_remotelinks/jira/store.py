"""What Jira has stored, and the one rule of its order."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_remotelinks.jira.write import AcceptedWrite, Key


class Store:
    """By API, app and id, the write that an entity was last stored by."""

    def __init__(self) -> None:
        self._entities: dict[Key, AcceptedWrite] = {}

    def apply(self, write: AcceptedWrite) -> tuple[AcceptedWrite, ...]:
        """Let a write take effect. Return the submissions that therefore are not stored: the write itself if it is ignored."""
        if write.kind == "submit":
            stored = self._entities.get(write.key)
            if stored is not None and not _is_newer(write, stored):
                return (write,)
            self._entities[write.key] = write
            return (stored,) if stored is not None else ()
        if write.kind == "delete":
            deleted = self._entities.pop(write.key, None)
            return (deleted,) if deleted is not None else ()
        return self._remove(stored for stored in self if stored.owner == write.owner and stored.has(write.criteria))

    def get(self, key: Key) -> AcceptedWrite | None:
        return self._entities.get(key)

    def __iter__(self) -> Iterator[AcceptedWrite]:
        return iter(tuple(self._entities.values()))

    def remove_app(self, app: str) -> None:
        """Delete everything that the app sent."""
        self._remove(stored for stored in self if stored.app == app)

    def clear(self) -> None:
        self._entities.clear()

    def _remove(self, writes: Iterator[AcceptedWrite]) -> tuple[AcceptedWrite, ...]:
        removed = tuple(writes)
        for write in removed:
            del self._entities[write.key]
        return removed


def _is_newer(incoming: AcceptedWrite, stored: AcceptedWrite) -> bool:
    # With the schema's rule ignored, a number may be missing or something else; then the last write wins.
    new, old = incoming.sequence, stored.sequence
    if not isinstance(new, (int, float)) or not isinstance(old, (int, float)):
        return True
    return old < new
