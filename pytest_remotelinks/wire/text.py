"""Words for messages: what a client sent, made safe to show, and counts."""

from __future__ import annotations


def printable(text: str, keep: str = "\n") -> str:
    """The text with escapes for all characters that a terminal interprets or cannot show, but those to ``keep``."""
    return "".join(character if character.isprintable() or character in keep else ascii(character)[1:-1] for character in text)


def counted(count: int, noun: str) -> str:
    """``1 request``, ``2 requests``"""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
