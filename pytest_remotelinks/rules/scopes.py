"""RL513: whether an app has the scope of an operation. Which scope that is, only the document says."""

from __future__ import annotations

from collections.abc import Collection

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.document import Document, security
from pytest_remotelinks.rules.examples import installed, signed_submission
from pytest_remotelinks.rules.rule import DOCUMENT, Rule
from pytest_remotelinks.rules.violation import Violations

RL513 = Rule(
    code="RL513",
    name="scope-lacking",
    severity="error",
    refusal=403,
    summary="An app uses only the operations that its scopes allow.",
    why="Reading, writing and deleting are three scopes, and none of them includes another.",
    source=f"{DOCUMENT}: x-atlassian-connect-scope and security of each operation",
    broken=installed(signed_submission(), scopes=["READ"]),
    fixed=installed(signed_submission(), scopes=["READ", "WRITE"]),
)


_PLACE = "#header/Authorization"


def connect_scope(document: Document, operation: Operation) -> str:
    """The scope of a Connect app that the operation needs, empty if it names none."""
    return str(document.operation_object(operation).get("x-atlassian-connect-scope") or "")


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


def check_connect_scope(violations: Violations, document: Document, operation: Operation, granted: Collection[str]) -> None:
    """Check a request against the scopes of a Connect app's descriptor."""
    needed = connect_scope(document, operation)
    if needed and needed not in granted:
        violations.add(
            RL513,
            f"the app has {_listed(granted)}, and {operation.id} needs {needed}",
            _PLACE,
            f"add {needed!a} to the descriptor's scopes",
            sorted(granted),
        )


def check_oauth_scope(violations: Violations, document: Document, operation: Operation, granted: Collection[str]) -> None:
    """Check a request against the scopes of its bearer token."""
    choices = oauth_scopes(document, operation)
    if choices and not any(choice <= set(granted) for choice in choices):
        needed = " or ".join(" and ".join(sorted(choice)) for choice in choices)
        violations.add(
            RL513,
            f"the token has {_listed(granted)}, and {operation.id} needs {needed}",
            _PLACE,
            f"ask for {needed} when the token is issued; a Forge app names it under permissions.scopes",
            sorted(granted),
        )


def _oauth_schemes(document: Document) -> set[str]:
    return {name for name, scheme in document.security_schemes.items() if isinstance(scheme, dict) and scheme.get("type") == "oauth2"}


def _listed(granted: Collection[str]) -> str:
    return f"the scopes {', '.join(map(ascii, sorted(granted)))}" if granted else "no scope"
