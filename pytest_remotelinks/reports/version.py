"""The version of this package, as reports name it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """The installed version; ``unknown`` if the package is not installed."""
    try:
        return installed("pytest-remotelinks")
    except PackageNotFoundError:
        return "unknown"
