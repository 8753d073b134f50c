"""What an entry of the catalogue is: one rule of the contract, where it is published, and two examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_remotelinks.rules.examples import Example

Severity = Literal["error", "warning"]

#: Jira answers 202 and lists the link among the rejected ones.
REJECTS_LINK = 202

#: The sources that entries name.
REFERENCE = "REST reference, Remote Links"
DOCUMENT = "OpenAPI document of Jira Software Cloud"
ASSUMPTION = "not published; one of this project's assumptions"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of the contract.

    ``refusal`` is the HTTP status with which Jira refuses the whole request,
    ``REJECTS_LINK`` if it rejects one link, and None if it accepts the request.
    ``outcome`` says it in words where the status alone does not. ``source``
    says where the rule is published. The example ``broken`` violates it,
    ``fixed`` is the same example without the violation.
    """

    code: str
    name: str
    severity: Severity
    refusal: int | None
    summary: str
    why: str
    source: str
    broken: Example
    fixed: Example
    outcome: str = ""

    @property
    def answer(self) -> str:
        """What Jira does with a violation, in words."""
        if self.outcome:
            return self.outcome
        if self.broken.descriptor is not None:
            return "does not install the app"
        if self.refusal is None:
            return "accepts the request"
        return "rejects the link" if self.refusal == REJECTS_LINK else f"answers {self.refusal}"
