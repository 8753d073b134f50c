"""RL513: whether an app has the scope of an operation. Which scope that is, only the document says."""

from __future__ import annotations

from collections.abc import Collection

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.scopes import lacking_connect_scope, lacking_oauth_scopes, oauth_scopes
from pytest_remotelinks.rules.examples import installed, signed_submission
from pytest_remotelinks.rules.rule import DOCUMENT, Rule
from pytest_remotelinks.rules.violation import Violations

RL513 = Rule(
    code="RL513",
    name="scope-lacking",
    severity="error",
    refusal=403,
    summary="An app uses only the operations that its scopes allow.",
    why="Jira refuses the others. A Connect app's WRITE includes READ, and DELETE includes both; OAuth scopes include nothing.",
    source=f"{DOCUMENT}: x-atlassian-connect-scope and security of each operation; Connect reference, Scopes: implied scopes",
    broken=installed(signed_submission(), scopes=["READ"]),
    fixed=installed(signed_submission(), scopes=["READ", "WRITE"]),
)


_PLACE = "#header/Authorization"


def check_connect_scope(violations: Violations, document: Document, operation: Operation, granted: Collection[str]) -> None:
    """Check a request against the scopes of a Connect app's descriptor."""
    needed = lacking_connect_scope(document, operation, granted)
    if needed:
        violations.add(
            RL513,
            f"the app has {_listed(granted)}, and {operation.id} needs {needed}",
            _PLACE,
            f"add {needed!a} to the descriptor's scopes",
            sorted(granted),
        )


def check_oauth_scope(violations: Violations, document: Document, operation: Operation, granted: Collection[str]) -> None:
    """Check a request against the scopes of its bearer token."""
    if lacking_oauth_scopes(document, operation, granted):
        needed = " or ".join(" and ".join(sorted(choice)) for choice in oauth_scopes(document, operation))
        violations.add(
            RL513,
            f"the token has {_listed(granted)}, and {operation.id} needs {needed}",
            _PLACE,
            f"ask for {needed} when the token is issued; a Forge app names it under permissions.scopes",
            sorted(granted),
        )


def _listed(granted: Collection[str]) -> str:
    return f"the scopes {', '.join(map(ascii, sorted(granted)))}" if granted else "no scope"
