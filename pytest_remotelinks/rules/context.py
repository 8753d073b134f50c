"""What a request meets: the time, who asks for its credentials, and what its sender did before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.descriptor import Action
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.rules.authorization import check_well_formed
from pytest_remotelinks.rules.history import History
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.request import Request

#: Judges the credentials of a request to an operation (None where it leads to none), and returns the key of the
#: app that sent it, empty where that is unknown.
Authorize = Callable[[Violations, Request, "Operation | None", Document], str]


def anybody(violations: Violations, request: Request, operation: Operation | None, document: Document) -> str:
    """Ask only for well-formed credentials: there is no app whose they could be."""
    check_well_formed(violations, request.headers, document.accepts_basic)
    return ""


@dataclass(frozen=True)
class Circumstances:
    """What is known when a request comes.

    ``began`` is when the request did, and ``now`` the time, in seconds since
    the epoch on the site's clock; ``histories``
    has the past of each app, ``actions`` those of each installed one by their ids.
    """

    began: float = 0.0
    now: float = 0.0
    histories: Mapping[str, History] = field(default_factory=dict)
    authorize: Authorize = anybody
    actions: Mapping[str, Mapping[str, Action]] = field(default_factory=dict)
