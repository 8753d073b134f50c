"""One Jira site: what it has stored, what is under way, which issues and services it knows."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from pytest_remotelinks.site.associations import SERVICE_TYPES, associations
from pytest_remotelinks.site.consistency import Consistency
from pytest_remotelinks.site.pending import PendingWrites
from pytest_remotelinks.site.store import LinkStore
from pytest_remotelinks.site.write import Write


@dataclass(frozen=True)
class Outcome:
    """What a site made of a submission's links, in their order.

    ``rejected`` gives, by index, the reason why the site rejects a link.
    """

    accepted: tuple[int, ...] = ()
    rejected: dict[int, str] = field(default_factory=dict)
    unknown: tuple[dict[str, Any], ...] = ()


class Site:
    """The state of one site. Not safe for several threads at once: the owner holds a lock."""

    def __init__(self, consistency: Consistency) -> None:
        #: Issue keys and ids that exist; while empty, every well-formed one does.
        self.known_issues: set[str] = set()
        #: Services that exist; while empty, every one does.
        self.known_services: set[str] = set()
        #: Keys of all properties that were ever submitted.
        self.submitted_keys: set[str] = set()
        self._store = LinkStore()
        self._pending = PendingWrites(self._store, consistency)
        self._count = 0

    @property
    def consistency(self) -> Consistency:
        return self._pending.consistency

    def submit(self, links: list[Any], properties: dict[str, Any], refused: Container[int], impossible: frozenset[str]) -> Outcome:
        """Take the links that are not refused already; ``impossible`` values are no keys at all."""
        accepted: list[int] = []
        rejected: dict[int, str] = {}
        unknown: dict[str, list[str]] = {}
        self.submitted_keys.update(properties)
        everything_known = not (self.known_issues or self.known_services or impossible)
        for index, link in enumerate(links):
            if index in refused:
                continue
            if not isinstance(link, dict) or not isinstance(link.get("id"), str):
                rejected[index] = "the link has no id to be stored under"
                continue
            if not everything_known and self._is_unknown(link, impossible, unknown):
                rejected[index] = "none of the link's associations is known to this site"
                continue
            accepted.append(index)
            self._accept(Write(self._count, "submit", link["id"], link, properties))
        return Outcome(
            tuple(accepted),
            rejected,
            tuple({"associationType": name, "values": values} for name, values in unknown.items()),
        )

    def delete(self, link_id: str) -> None:
        self._accept(Write(self._count, "delete", link_id))

    def delete_by(self, properties: tuple[tuple[str, str], ...]) -> None:
        self._accept(Write(self._count, "delete-by-properties", properties=dict(properties), criteria=properties))

    def read(self, link_id: str) -> dict[str, Any] | None:
        """The link as it is stored now; pending writes come closer by this read."""
        stored = self._store.get(link_id)
        self._pending.read(link_id)
        return stored.data if stored else None

    def settle(self) -> None:
        self._pending.settle()

    @property
    def links(self) -> dict[str, Write]:
        return dict(self._store.items())

    def link(self, link_id: str) -> Write | None:
        return self._store.get(link_id)

    def settled_link(self, link_id: str) -> Write | None:
        """The link as it would be stored once every pending write had arrived."""
        settled = LinkStore()
        stored = self._store.get(link_id)
        if stored is not None:
            settled.apply(stored)
        for write in self._pending:
            if write.may_concern(link_id):
                settled.apply(write)
        return settled.get(link_id)

    @property
    def pending(self) -> tuple[Write, ...]:
        return tuple(self._pending)

    def forget(self) -> None:
        """Go back to an empty site; known issues and services are forgotten too."""
        self._pending.clear()
        self._store.clear()
        self.known_issues.clear()
        self.known_services.clear()
        self.submitted_keys.clear()

    def _accept(self, write: Write) -> None:
        self._count += 1
        self._pending.accept(write)

    def _is_unknown(self, link: dict[str, Any], impossible: frozenset[str], unknown: dict[str, list[str]]) -> bool:
        """Gather the link's unknown associations; True if it has some and none is known."""
        some_known = some_unknown = False
        for name, values in associations(link):
            is_service = name in SERVICE_TYPES
            known = self.known_services if is_service else self.known_issues
            for value in values:
                if (is_service or value not in impossible) and (not known or value in known):
                    some_known = True
                else:
                    some_unknown = True
                    listed = unknown.setdefault(name, [])
                    if value not in listed:
                        listed.append(value)
        return some_unknown and not some_known
