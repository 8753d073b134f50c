"""One Jira site: what it has stored, what is under way, which issues and services it knows."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.associations import SERVICE_TYPES, associations
from pytest_remotelinks.jira.clock import Clock
from pytest_remotelinks.jira.consistency import Policy
from pytest_remotelinks.jira.pending import PendingWrites
from pytest_remotelinks.jira.store import LinkStore
from pytest_remotelinks.jira.write import Write
from pytest_remotelinks.recording.record import Record


@dataclass(frozen=True)
class Outcome:
    """What a site made of a submission's links, in their order.

    ``rejected`` gives, by index, the reason why the site rejects a link.
    """

    accepted: tuple[int, ...] = ()
    rejected: dict[int, str] = field(default_factory=dict)
    unknown: tuple[dict[str, Any], ...] = ()


class Site:
    """The state of one site, and the record of what happened there.

    Whatever uses it does so within ``present()``. ``app`` is always the key of
    the app that asks; apps do not see each other's links.
    """

    def __init__(self, consistency: Policy) -> None:
        #: Issue keys and ids that exist; while empty, every well-formed one does.
        self.known_issues: set[str] = set()
        #: Services that exist; while empty, every one does.
        self.known_services: set[str] = set()
        self.record = Record()
        self.clock = Clock()
        self.store = LinkStore()
        self.pending = PendingWrites(self.store, consistency, self.clock)

    @contextmanager
    def present(self) -> Iterator[float]:
        """Hold the site's lock, with every write applied that is due; gives the time on the site's clock.

        One thread may hold the lock several times.
        """
        with self.record.changed:
            self.pending.arrive()
            yield self.clock.now()

    def submit(
        self,
        links: list[Any],
        properties: dict[str, Any],
        refused: Container[int],
        impossible: frozenset[str],
        app: str = "",
        unwanted: Mapping[Id, str] | None = None,
    ) -> Outcome:
        """Take the links that are not refused already.

        ``impossible`` values are no keys at all; ``unwanted`` gives, by id, the
        reason why a link is rejected in any case.
        """
        accepted: list[int] = []
        writes: list[Write] = []
        rejected: dict[int, str] = {}
        unknown: dict[str, list[str]] = {}
        everything_known = not (self.known_issues or self.known_services or impossible)
        for index, link in enumerate(links):
            if index in refused:
                continue
            if not isinstance(link, dict) or not isinstance(link.get("id"), str):
                rejected[index] = "the link has no id to be stored under"
                continue
            if unwanted and link["id"] in unwanted:
                rejected[index] = unwanted[link["id"]]
                continue
            not_known: tuple[tuple[str, str], ...] = ()
            if not everything_known:
                not_known, some_known = self._unknown_of(link, impossible)
                for name, value in not_known:
                    listed = unknown.setdefault(name, [])
                    if value not in listed:
                        listed.append(value)
                if not_known and not some_known:
                    named = ", ".join(f"{name} {value}" for name, value in not_known[:5])
                    more = f" and {len(not_known) - 5} more" if len(not_known) > 5 else ""
                    rejected[index] = f"none of the link's associations is known to this site: {named}{more}"
                    continue
            accepted.append(index)
            writes.append(Write(0, "submit", link["id"], link, properties, unknown=not_known, app=app))
        self.pending.accept(writes)
        return Outcome(
            tuple(accepted),
            rejected,
            tuple({"associationType": name, "values": values} for name, values in unknown.items()),
        )

    def delete(self, link_id: Id, app: str = "") -> None:
        self.pending.accept([Write(0, "delete", link_id, app=app)])

    def delete_by(self, properties: tuple[tuple[str, str], ...], app: str = "") -> None:
        self.pending.accept([Write(0, "delete-by-properties", properties=dict(properties), criteria=properties, app=app)])

    def read(self, link_id: Id, app: str = "") -> dict[str, Any] | None:
        """The link as it is stored now; pending writes come closer by this read."""
        stored = self.store.get(link_id, app)
        self.pending.read(link_id, app)
        return stored.data if stored else None

    def settled_link(self, link_id: Id, app: str = "") -> Write | None:
        """The link as it would be stored once every pending write had arrived."""
        settled = LinkStore()
        stored = self.store.get(link_id, app)
        if stored is not None:
            settled.apply(stored)
        for write in self.pending.in_turn():
            if write.may_concern(link_id, app):
                settled.apply(write)
        return settled.get(link_id, app)

    def remove_app(self, app: str) -> None:
        """Delete all that the app sent, at once; what is under way never arrives."""
        self.pending.remove_app(app)
        self.store.remove_app(app)

    def forget(self) -> None:
        """Go back to a site without links and writes; what it knows stays, and the clock."""
        self.pending.clear()
        self.store.clear()

    def forget_known(self) -> None:
        """Know every issue and service again."""
        self.known_issues.clear()
        self.known_services.clear()

    def _unknown_of(self, link: dict[str, Any], impossible: frozenset[str]) -> tuple[tuple[tuple[str, str], ...], bool]:
        """The types and values of the link's unknown associations, and whether it has a known one."""
        not_known: list[tuple[str, str]] = []
        some_known = False
        for name, values in associations(link):
            is_service = name in SERVICE_TYPES
            known = self.known_services if is_service else self.known_issues
            for value in values:
                if (is_service or value not in impossible) and (not known or value in known):
                    some_known = True
                else:
                    not_known.append((name, value))
        return tuple(not_known), some_known
