"""Text that is not shown."""

from __future__ import annotations

from pytest_remotelinks.contract.headers import MASK, masked_header


class Secret(str):
    """A string that its repr masks, so that no failing test prints it with its local variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(masked_header("Authorization", self) if self.startswith(("JWT ", "Bearer ")) else MASK)
