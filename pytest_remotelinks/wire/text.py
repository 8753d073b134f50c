"""Showing text that a client sent."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with every character escaped that a terminal would interpret or could not show."""
    return "".join(character if character.isprintable() or character == "\n" else _escape(character) for character in text)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
