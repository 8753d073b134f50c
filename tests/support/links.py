"""A well-formed link."""

from __future__ import annotations

from typing import Any


def a_link(id: str = "1", sequence: int = 1, **members: Any) -> dict[str, Any]:
    return {
        "id": id,
        "updateSequenceNumber": sequence,
        "displayName": "Link " + str(id)[:200],
        "url": "https://scanner.example/alerts/1",
        "type": "security",
        "lastUpdated": "2026-01-31T12:00:00Z",
        "associations": [{"associationType": "issueKeys", "values": ["ABC-1"]}],
        **members,
    }
