"""Showing what a client sent: secrets masked, control characters made visible."""

from __future__ import annotations

from pytest_remotelinks.contract.secret_parameters import masked_body, masked_json, masked_target

__all__ = ["masked_body", "masked_json", "masked_target", "printable"]


def printable(text: str) -> str:
    """The text with everything escaped that a terminal would act on or could not show."""
    return "".join(character if character.isprintable() or character == "\n" else _escape(character) for character in text)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
