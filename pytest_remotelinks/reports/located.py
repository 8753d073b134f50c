"""A violation with its place in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.wire.redact import Secret


@dataclass(frozen=True)
class LocatedViolation:
    """A violation, and its line and column in a file, from 1."""

    file: str
    line: int
    column: int
    violation: Violation

    @property
    def at(self) -> str:
        """The violation's JSON pointer and a colon, if it has one."""
        return f"{self.violation.pointer}: " if self.violation.pointer.startswith("/") else ""

    @property
    def message(self) -> str:
        """The violation's message, after its JSON pointer if it has one."""
        return f"{self.at}{self.violation.message}"

    @property
    def fix(self) -> dict[str, Any] | None:
        """The violation's fix as an object, None where a person must decide, and where the new value contains a secret."""
        fix = self.violation.fix
        if fix is None or isinstance(fix.value, Secret):
            return None
        return {"action": fix.action, "pointer": fix.pointer, "value": fix.value, "safe": fix.safe}
