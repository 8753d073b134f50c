"""Which published version a document states, and which one follows it."""

from __future__ import annotations

from pytest_remotelinks.contract.diff.facts import asks_the_same, fingerprint
from pytest_remotelinks.contract.document import NEWEST, PUBLISHED, VERSIONS, Document, load_document


def successor(document: Document) -> Document | None:
    """The newest bundled contract, if the document asks for the same as an older one; otherwise None.

    Only the operations that the document has are compared.
    """
    older = VERSIONS[:-1]
    if document.name in PUBLISHED:
        return load_document(NEWEST) if document.name in older else None
    newest = load_document(NEWEST)
    if asks_the_same(document, newest):
        return None
    return newest if any(asks_the_same(document, load_document(version)) for version in older) else None


def published_on(document: Document) -> str:
    """The day on which the document's content was published, empty if that is unknown."""
    if document.name in PUBLISHED:
        return PUBLISHED[document.name]
    facts = fingerprint(document)
    return next((day for version, day in PUBLISHED.items() if fingerprint(load_document(version)) == facts), "")
