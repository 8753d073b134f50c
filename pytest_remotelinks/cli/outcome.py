"""What a command prints, and its exit status."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

#: Exit statuses.
CLEAN, FOUND, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class Outcome:
    """The exit status of a command, and its output."""

    status: int
    output: str


def as_json(value: Any) -> str:
    """A value as the JSON that commands print."""
    return json.dumps(value, indent=2) + "\n"


def as_lines(*lines: str) -> str:
    """Lines as the text that commands print."""
    return "".join(f"{line}\n" for line in lines)


def complain(text: str) -> None:
    """Print a problem to standard error, if that is open."""
    if sys.stderr is not None:
        print(f"remotelinks: {text}", file=sys.stderr)
