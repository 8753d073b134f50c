"""The scopes that a document asks for: of a Connect app, and of an OAuth token."""

from __future__ import annotations

from collections.abc import Collection

from pytest_remotelinks.apis.api import Operation, OperationName
from pytest_remotelinks.contract.document import Document, security

#: Connect scopes of which each includes those before it, as Atlassian publishes.
_INCLUDING = ("READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN")
#: The scopes that a Connect descriptor can name.
CONNECT_SCOPES = frozenset({*_INCLUDING, "ACT_AS_USER", "ACCESS_EMAIL_ADDRESSES"})
#: What the prose of the reference names for each operation of a provider API.
_OF_PROSE: dict[OperationName, str] = {"submit": "WRITE", "read": "READ", "delete": "DELETE", "delete-by-properties": "DELETE"}


def connect_scope(document: Document, operation: Operation) -> str:
    """The scope of a Connect app that the operation needs, empty if the document names none.

    Some older documents have a placeholder there; then that of the prose counts.
    """
    stated = stated_connect_scope(document, operation)
    return prose_scope(operation.name, stated) or stated.upper()


def stated_connect_scope(document: Document, operation: Operation) -> str:
    """What the document itself has as the operation's scope of a Connect app, empty if that is nothing."""
    return str(document.operation_object(operation).get("x-atlassian-connect-scope") or "")


def prose_scope(name: OperationName, stated: str) -> str:
    """The scope that counts in place of a stated one that no descriptor can name; empty if a descriptor can."""
    return _OF_PROSE[name] if stated and stated.upper() not in CONNECT_SCOPES else ""


def names_oauth(document: Document) -> bool:
    """Whether the document has a security scheme for OAuth tokens."""
    return bool(_oauth_schemes(document))


def oauth_scopes(document: Document, operation: Operation) -> tuple[frozenset[str], ...]:
    """The sets of OAuth scopes of which a token needs one whole set; empty if the document names none."""
    schemes = _oauth_schemes(document)
    return tuple(
        frozenset(scope for name in schemes.intersection(requirement) for scope in requirement[name])
        for requirement in security(document.operation_object(operation))
        if schemes.intersection(requirement)
    )


def lacking_connect_scope(document: Document, operation: Operation, granted: Collection[str]) -> str:
    """The scope that a Connect app with these scopes lacks for the operation; empty if it lacks none."""
    needed = connect_scope(document, operation)
    enough = _INCLUDING[_INCLUDING.index(needed) :] if needed in _INCLUDING else (needed,)
    return "" if any(scope in granted for scope in enough) else needed


def lacking_oauth_scopes(document: Document, operation: Operation, granted: Collection[str]) -> frozenset[str]:
    """The scopes that a token with these scopes lacks for the operation: the fewest that would do."""
    return min((choice.difference(granted) for choice in oauth_scopes(document, operation)), key=len, default=frozenset())


def _oauth_schemes(document: Document) -> set[str]:
    return {name for name, scheme in document.security_schemes.items() if isinstance(scheme, dict) and scheme.get("type") == "oauth2"}
