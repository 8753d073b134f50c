"""Turn an alert into a remote link."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from alerts import Alert

DESCRIPTION_LIMIT = 255
NAME_LIMIT = 255
ISSUES_LIMIT = 500
SCANNER = "https://scanner.example"

# Not part of something longer: CVE-2026-1234 is not an issue key.
_ISSUE_KEY = re.compile(r"(?<![\w-])[A-Z][A-Z0-9_]+-\d+(?!\w|-\d)")
_APPEARANCES = {"open": "removed", "fixed": "success", "dismissed": "default"}


def issue_keys(text: str) -> list[str]:
    """The issue keys that a text names, each once."""
    return list(dict.fromkeys(_ISSUE_KEY.findall(text)))


def remote_link(alert: Alert) -> dict[str, Any]:
    """The link that shows the alert on its issues."""
    link: dict[str, Any] = {
        "id": alert.id,
        # Milliseconds grow with every change, so a late update never replaces a newer one.
        "updateSequenceNumber": int(alert.changed.timestamp() * 1000),
        "displayName": _cut(alert.title, NAME_LIMIT),
        "description": _cut(alert.explanation, DESCRIPTION_LIMIT),
        "url": f"{SCANNER}/{quote(alert.repository)}/alerts/{alert.number}",
        "type": "security",
        "lastUpdated": alert.changed.isoformat(),
        "status": {"appearance": _APPEARANCES[alert.state], "label": alert.state.upper()},
        "actionIds": ["dismiss", "assign"] if alert.state == "open" else [],
        # The values of the placeholders in the action URLs of the app's descriptor.
        "attributeMap": {"repository": alert.repository, "alert": str(alert.number)},
    }
    if keys := issue_keys(alert.context):
        link["associations"] = [{"associationType": "issueKeys", "values": keys[:ISSUES_LIMIT]}]
    return link


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
