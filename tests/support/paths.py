"""Where the repository and the published documents are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
OPENAPI = ROOT / "openapi"
#: Atlassian's own documents; absent from a clone on its own.
PUBLISHED = ROOT.parent / "shared" / "contract" / "published"
