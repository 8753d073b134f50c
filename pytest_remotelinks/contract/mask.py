"""What stands where a credential stood."""

from __future__ import annotations

MASK = "***"


def masked_credential(value: str) -> str:
    """The value as it may be shown: only its scheme stays."""
    scheme, space, _ = str(value).partition(" ")
    # Without a space the whole value may be the credential itself.
    return f"{scheme} {MASK}" if space and scheme.isalpha() and len(scheme) <= 12 else MASK
