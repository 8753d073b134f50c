"""One Jira site: what it has stored, what is pending, which issues and services it knows."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_remotelinks.apis.api import Api, Id
from pytest_remotelinks.jira.consistency import Policy
from pytest_remotelinks.jira.pending import Clock, PendingWrites
from pytest_remotelinks.jira.store import Store
from pytest_remotelinks.jira.write import AcceptedWrite, Key
from pytest_remotelinks.recording.record import Record


@dataclass(frozen=True)
class Outcome:
    """What a site did with the entities of a submission, in their order.

    ``rejected`` gives, by index, the reason why the site rejects an entity.
    """

    accepted: tuple[int, ...] = ()
    rejected: dict[int, str] = field(default_factory=dict)
    #: By association type, the values that the site does not know.
    unknown: dict[str, list[str]] = field(default_factory=dict)


class Site:
    """The state of one site, and the record of what happened there.

    It is used within ``present()``. ``app`` is always the key of the app that
    sent the request; apps do not see each other's entities.
    """

    def __init__(self, consistency: Policy) -> None:
        #: The base URL under which clients reach it; None before it was served.
        self.url: str | None = None
        #: The other sites that are served beside it.
        self.neighbours: Callable[[], tuple[Site, ...]] = tuple
        #: The issue keys and ids that exist, and the services; None for all.
        self.known_issues: set[str] | None = None
        self.known_services: set[str] | None = None
        self.record = Record()
        #: How often the thread that holds the lock does.
        self._held = 0
        self.clock = Clock()
        self.store = Store()
        self.pending = PendingWrites(self.store, consistency, self.clock)

    @contextmanager
    def present(self) -> Iterator[float]:
        """Hold the site's lock, with every write applied that is due; gives the time on the site's clock.

        One thread may hold the lock several times; nothing arrives between.
        """
        with self.record.changed:
            if not self._held:
                self.pending.arrive()
            self._held += 1
            try:
                yield self.clock.now()
            finally:
                self._held -= 1

    def submit(
        self,
        api: Api,
        entities: list[Any],
        properties: dict[str, Any],
        refused: Container[int] = (),
        impossible: frozenset[str] = frozenset(),
        app: str = "",
        unwanted: Mapping[Id, str] | None = None,
    ) -> Outcome:
        """Accept the entities, but for those that are ``refused`` already.

        ``impossible`` values are not keys at all; ``unwanted`` gives, by id, the
        reason why an entity is rejected in any case.
        """
        accepted: list[int] = []
        writes: list[AcceptedWrite] = []
        rejected: dict[int, str] = {}
        #: By association type; the values are keys, since there may be tens of thousands.
        unknown: dict[str, dict[str, None]] = {}
        everything_known = self.known_issues is None and self.known_services is None and not impossible
        for index, entity in enumerate(entities):
            if index in refused:
                continue
            id = api.id_of(entity)
            if id is None:
                rejected[index] = f"the {api.noun} has no id to be stored under"
                continue
            if unwanted and id in unwanted:
                rejected[index] = unwanted[id]
                continue
            not_known: tuple[tuple[str, str], ...] = ()
            if not everything_known:
                not_known, some_known = self._unknown_of(api, entity, impossible)
                for name, value in not_known:
                    unknown.setdefault(name, {})[value] = None
                if not_known and not some_known:
                    named = ", ".join(f"{name} {value}" for name, value in not_known[:5])
                    more = f" and {len(not_known) - 5} more" if len(not_known) > 5 else ""
                    rejected[index] = f"none of its associations is known to this site: {named}{more}"
                    continue
            accepted.append(index)
            writes.append(AcceptedWrite(api, "submit", app, id, entity, properties, unknown=not_known))
        self._accept(writes)
        return Outcome(tuple(accepted), rejected, {name: list(values) for name, values in unknown.items()})

    def delete(self, api: Api, id: Id, app: str = "") -> None:
        self._accept([AcceptedWrite(api, "delete", app, id)])

    def delete_by(self, api: Api, properties: tuple[tuple[str, str], ...], app: str = "") -> None:
        self._accept([AcceptedWrite(api, "delete-by-properties", app, properties=dict(properties), criteria=properties)])

    def read(self, api: Api, id: Id, app: str = "") -> dict[str, Any] | None:
        """The entity as it is stored now; the read counts for the pending writes that it could have shown."""
        key = api.name, app, id
        stored = self.store.get(key)
        self.pending.read(key)
        return stored.data if stored else None

    def settle(self) -> None:
        """Let every pending write arrive, and wake all that wait."""
        with self.present():
            self.pending.settle()
            self.record.wake()

    def settled(self, key: Key) -> AcceptedWrite | None:
        """The entity as it would be stored once every pending write had arrived."""
        settled = Store()
        stored = self.store.get(key)
        if stored is not None:
            settled.apply(stored)
        for write in self.pending.in_order():
            if write.may_concern(key):
                settled.apply(write)
        return settled.get(key)

    def remove_app(self, app: str) -> None:
        """Delete everything that the app sent, at once; its pending writes never arrive."""
        self.pending.remove_app(app)
        self.store.remove_app(app)

    def forget(self) -> None:
        """Drop everything stored and pending; what the site knows stays, and the clock."""
        self.pending.clear()
        self.store.clear()

    def forget_known(self) -> None:
        """Know every issue and service again."""
        self.known_issues = self.known_services = None

    def _accept(self, writes: list[AcceptedWrite]) -> None:
        for write in writes:
            write.request = self.record.count + 1
        self.pending.accept(writes)

    def _unknown_of(self, api: Api, entity: dict[str, Any], impossible: frozenset[str]) -> tuple[tuple[tuple[str, str], ...], bool]:
        """The types and values of the entity's unknown associations, and whether it has a known one."""
        not_known: list[tuple[str, str]] = []
        some_known = False
        for name, values in api.associations_of(entity):
            is_service = name in api.service_types
            known = self.known_services if is_service else self.known_issues
            for value in values:
                if (is_service or value not in impossible) and (known is None or value in known):
                    some_known = True
                else:
                    not_known.append((name, value))
        return tuple(not_known), some_known
