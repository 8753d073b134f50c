"""Which deletions could touch a link: its accepted writes, replayed in the order of their acceptance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_remotelinks.apis.api import Api, Id
from pytest_remotelinks.jira.store import Store
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.recording.exchange import Exchange, api_of, data_of, properties_of, target_id
from pytest_remotelinks.view.compare import differences
from pytest_remotelinks.wire.redact import is_secret_name, redact_value

Criteria = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Deletion:
    """An accepted deletion, as seen from one link."""

    request: Exchange
    #: The submission that the link was stored by when the deletion's turn came, None where it was not stored.
    stored: AcceptedWrite | None
    #: Whether the deletion names the link, or properties that the stored one had.
    touches: bool
    #: The properties that it names, if it is a deletion by properties.
    criteria: Criteria = ()


def replay(api: Api, exchanges: Iterable[Exchange], id: Id, app: str = "") -> tuple[list[Deletion], AcceptedWrite | None]:
    """The app's accepted deletions in their order, and the submission that the link is stored by after all of it, if it is."""
    store = Store()
    deletions: list[Deletion] = []
    key = api.name, app, id
    for exchange in exchanges:
        if exchange.status != 202 or exchange.app != app or api_of(exchange) is not api:
            continue
        if exchange.operation == "submit":
            for submission in exchange.submissions:
                if submission.id == id and submission.accepted:
                    store.apply(AcceptedWrite(api, "submit", app, id, data_of(submission), properties_of(submission)))
        elif exchange.operation == "delete":
            deletions.append(Deletion(exchange, store.get(key), target_id(exchange) == id))
            if (named := target_id(exchange)) is not None:
                store.apply(AcceptedWrite(api, "delete", app, named))
        elif exchange.operation == "delete-by-properties":
            stored, pairs = store.get(key), criteria(api, exchange)
            deletions.append(Deletion(exchange, stored, stored is not None and stored.has(pairs), pairs))
            store.apply(AcceptedWrite(api, "delete-by-properties", app, criteria=pairs))
    return deletions, store.get(key)


def not_accepted(exchanges: Iterable[Exchange], *operations: str) -> list[Exchange]:
    """Attempts at a deletion that had no effect, also those that missed the path."""
    return [
        exchange
        for exchange in exchanges
        if exchange.status != 202
        and (exchange.operation in operations or (exchange.operation is None and exchange.request.method == "DELETE"))
    ]


def criteria(api: Api, exchange: Exchange) -> Criteria:
    """The properties that a deletion names; one that was sent twice counts once."""
    return tuple(dict.fromkeys(pair for pair in exchange.request.query_pairs if pair[0] != api.sequence_parameter))


def criteria_differences(properties: Mapping[str, Any], sent: Criteria) -> list[str]:
    """Where a deletion does not name exactly these properties."""
    found = []
    by_key = _by_key(sent)
    for key, wanted in properties.items():
        values = by_key.get(key, [])
        if len(values) > 1 and not isinstance(wanted, (list, tuple)):
            # A matcher for one value may well match the list of them.
            found.append(f"{key}: expected {wanted!a}, it has {len(values)} values: {', '.join(map(ascii, values))}")
        else:
            found += map(str, differences({key: wanted}, {name: inner if len(inner) > 1 else inner[0] for name, inner in by_key.items()}))
    return found + [f"{key}: not expected, it is {' and '.join(map(ascii, by_key[key]))}" for key in by_key if key not in properties]


def misses(deletion: Deletion, id: Id) -> list[str]:
    """Why a deletion could not touch the link."""
    if deletion.touches or deletion.request.operation == "delete":
        return []
    if deletion.stored is None:
        return [f"no submission of {id!a} was accepted before it"]
    properties = deletion.stored.properties
    found = []
    for key, values in _by_key(deletion.criteria).items():
        actual = ascii(redact_value(properties[key], is_secret_name(key))) if key in properties else "nothing"
        if len(values) > 1:
            found.append(f"{key}: the deletion has {' and '.join(map(ascii, values))} at once, {id!a} had {actual}")
        elif properties.get(key) != values[0]:
            found.append(f"{key}: the deletion has {values[0]!a}, {id!a} had {actual}")
    return found


def _by_key(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return values
