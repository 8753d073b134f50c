"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterable


def pointer_to(path: Iterable[str | int]) -> str:
    """The pointer of a path of member names and indexes; the whole document's is empty."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
