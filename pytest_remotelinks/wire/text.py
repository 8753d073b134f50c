"""Words for messages: what a client sent, made safe to show, and counts."""

from __future__ import annotations

import json
from typing import Any


def printable(text: str, keep: str = "\n") -> str:
    """The text with escapes for all characters that a terminal interprets or cannot show, but those to ``keep``."""
    return "".join(character if character.isprintable() or character in keep else ascii(character)[1:-1] for character in text)


def preview(value: Any, limit: int = 80) -> str:
    """The value as JSON in ASCII, cut to a length in characters."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = ascii(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def counted(count: int, noun: str) -> str:
    """``1 request``, ``2 requests``"""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
