"""Showing text that somebody else wrote."""

from __future__ import annotations


def printable(text: str, keep: str = "\n") -> str:
    """The text with escapes for all characters that a terminal interprets or cannot show, but those to ``keep``."""
    return "".join(character if character.isprintable() or character in keep else ascii(character)[1:-1] for character in text)
