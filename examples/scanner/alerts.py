"""What the scanner finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["open", "fixed", "dismissed"]


@dataclass(frozen=True)
class Alert:
    """One finding in one repository.

    ``changed`` is when the alert last changed, with its time zone; ``context``
    is the text that names issues: a branch, a commit message.
    """

    number: int
    repository: str
    title: str
    explanation: str
    state: State
    changed: datetime
    context: str

    def __post_init__(self) -> None:
        if self.changed.tzinfo is None:
            raise ValueError("an alert needs a time with a time zone; Jira accepts no other")

    @property
    def id(self) -> str:
        return f"{self.repository}#{self.number}"
