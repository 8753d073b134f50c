"""Fix a file: apply the safe fixes of its violations until none is left."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_remotelinks.check.diff import Kept, unified_diff
from pytest_remotelinks.check.edits import edited
from pytest_remotelinks.check.files import check_file
from pytest_remotelinks.contract.loading import Unreadable, decoded, looks_like_json
from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.text import printable

#: How often a file is changed and checked again. A change seldom lets another one apply.
_ROUNDS = 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class FixedFile:
    """A file before and after its fixes, and the violations before and after."""

    name: str
    before: bytes
    after: bytes
    found: list[LocatedViolation]
    left: list[LocatedViolation]
    #: Which lines stayed.
    kept: Kept
    #: Whether the file can be rewritten. YAML would lose its comments.
    is_json: bool

    @property
    def diff(self) -> str:
        """The changes as a unified diff."""
        return unified_diff(printable(self.name, keep=""), self.before.decode(), self.after.decode(), self.kept)


def fix_file(name: str, content: bytes, contract: str, ignore: tuple[str, ...], next_contract: str | None) -> FixedFile:
    """The file after the safe fixes of its violations. Raises what ``check_file`` raises."""
    found = left = check_file(name, content, contract, ignore, next_contract)
    after = content
    text = decoded(content)
    kept: Kept = range(text.count("\n") + 1)
    is_json = _is_json(text)
    for _ in range(_ROUNDS if is_json else 0):
        fixed, stayed = edited(text, _safe_fixes(left))
        if fixed == text:
            break
        kept = [None if line is None else kept[line] for line in stayed]
        text = fixed
        after = (_BYTE_ORDER_MARK if content.startswith(_BYTE_ORDER_MARK) else b"") + text.encode()
        left = check_file(name, after, contract, ignore, next_contract)
    return FixedFile(name, content, after, found, left, kept, is_json)


def _safe_fixes(found: list[LocatedViolation]) -> Iterator[Fix]:
    """The fixes of violations that neither guess nor lose anything that matters."""
    return (fix for located in found if (fix := located.violation.fix) is not None and fix.safe)


def write_file(path: Path, content: bytes) -> None:
    """Replace a file's content, or leave the file as it is. Raises Unreadable."""
    path = path.resolve()
    try:
        if not os.access(path, os.W_OK):
            raise PermissionError(13, os.strerror(13))
        descriptor, new = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            shutil.copymode(path, new)
            os.replace(new, path)
        except BaseException:
            os.unlink(new)
            raise
    except OSError as error:
        raise Unreadable(f"it cannot be written: {error.strerror}") from None


def _is_json(text: str) -> bool:
    if not looks_like_json(text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
