"""A pytest plugin with a contract-testing fake of Jira's Remote Links API."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any


# pytest loads this package at every start, even if no test uses it: a name is imported when it is first used.
@cache
def _homes() -> dict[str, str]:
    """By public name, the module that has it; the only table of them is ``__init__.pyi``."""
    import ast
    from pathlib import Path

    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text())
    return {name.name: str(line.module) for line in stub.body if isinstance(line, ast.ImportFrom) for name in line.names}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted(_homes())
    if name.startswith("_") or name not in _homes():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_homes()[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_homes()})
