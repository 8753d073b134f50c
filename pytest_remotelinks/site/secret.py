"""Text that is not shown."""

from __future__ import annotations

from pytest_remotelinks.contract.secret import Secret

__all__ = ["Secret"]
